"""The findings pane of a log's session: patterns over several events that its calls are part of, and signals.

What belongs here is how they read from a session; the sentences come from the pass that found them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from capture.log.states import in_words
from tessen.format import plural
from widgets.event_talk import BODY, section
from widgets.glyphs import ARROW, FINDING
from widgets.lines import Fold, Item, Line, Span, line
from widgets.log_look import FindingHere, LogLook

SHOWN = 12
"""So many calls are named; the rest is counted."""


def findings_items(look: LogLook) -> list[Item]:
    """Each finding with what to do about it, then the signals of the calls."""
    items: list[Item] = [_finding(each) for each in look.findings]
    if not items:
        items.append(line(("no pattern over several calls was found in this session", "dim")))
    signals: dict[str, list[int]] = {}
    for call in look.log.calls:
        for signal in call.signals:
            signals.setdefault(signal, []).append(call.number)
    body: list[Item] = [
        line((signal, "warn"), (f"  {_calls(numbers)}", "dim"), indent=BODY)
        for signal, numbers in signals.items()
    ]
    return [*items, Line(()), section("Signals", body or list(_no_signal()), plural(len(signals), "kind"))]


def _finding(each: FindingHere) -> Fold:
    finding = each.finding
    body: list[Item] = [
        line(in_words(finding), indent=BODY),
        Line((Span(finding.advice, "strong"),), BODY, lead=Span(f"{ARROW} ", "good")),
        line((_calls(each.calls), "accent"), (_elsewhere(each), "dim"), indent=BODY),
    ]
    fold = section(finding.kind, body)
    fold.header = line((f"{FINDING} ", "warn"), (finding.kind, "warn"))
    fold.marks = frozenset({"file"})
    return fold


def _elsewhere(each: FindingHere) -> str:
    more = len(each.finding.rows) - len(each.calls)
    return f"  and {plural(more, 'call')} of other sessions" if more > 0 else ""


def _calls(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:SHOWN]))
    more = f" and {len(numbers) - SHOWN} more" if len(numbers) > SHOWN else ""
    return f"call{'' if len(numbers) == 1 else 's'} {shown}{more} of this session"


def _no_signal() -> Iterator[Item]:
    yield line(("none of its calls was flagged", "dim"), indent=BODY)
