"""The patterns that an event is part of, as a section of a document: what to do, and what else shows them.

What belongs here is how a finding reads in the inspector. Its sentences come from the pass that found it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from capture.log.source import PlacedFinding, Row
from capture.log.states import in_words
from tessen.format import clock, duration, plural
from widgets.event_line import status_word
from widgets.event_talk import BODY, section
from widgets.glyphs import ARROW, CURSOR, FINDING
from widgets.lines import Fold, Item, Line, Span, line

SHOWN = 12
"""So many events of a finding are listed, around the one that is looked at."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A finding as seen from one of its events."""

    finding: PlacedFinding
    here: int
    """Which of the finding's events this one is, from 0."""
    first: int
    """Which one the first of `rows` is."""
    rows: Sequence[Row]
    """The events around this one."""


def around(finding: PlacedFinding, row: int) -> range:
    """Which of a finding's events to list for one of its rows."""
    here = finding.rows.index(row)
    first = max(0, min(here - SHOWN // 2, len(finding.rows) - SHOWN))
    return range(first, min(first + SHOWN, len(finding.rows)))


def findings_section(evidence: Sequence[Evidence]) -> Fold | None:
    """Each finding that the event is part of; None where it is part of none."""
    body: list[Item] = [item for each in evidence for item in _finding(each)]
    return section("Finding", body, "part of a pattern over several events") if body else None


def _finding(evidence: Evidence) -> list[Item]:
    finding = evidence.finding
    items: list[Item] = [
        Line((Span(finding.kind, "warn"),), BODY, lead=Span(f"{FINDING} ", "warn")),
        line(in_words(finding), indent=BODY),
        Line((Span(finding.advice, "strong"),), BODY, lead=Span(f"{ARROW} ", "good")),
    ]
    total = len(finding.rows)
    if total > 1:
        words = f"event {evidence.here + 1} of {total}; p and P go to the next and the previous"
        items.append(line((words, "dim"), indent=BODY))
        items += [_event(evidence, number, row) for number, row in enumerate(evidence.rows, evidence.first)]
        if more := total - len(evidence.rows):
            items.append(line((f"⋯ {plural(more, 'more event')}", "faint"), indent=BODY))
    return items


def _event(evidence: Evidence, number: int, row: Row) -> Line:
    """One event of a finding; a bar stands before the one that is looked at."""
    here = number == evidence.here
    words = f"{number + 1:>4}  {clock(row.ts)}  {status_word(row):<16} {duration(row.duration_ms):>6}"
    lead = Span(f"{CURSOR} ", "accent") if here else Span("  ")
    return Line((Span(words, "strong" if here else "dim"),), BODY, lead=lead, clipped=True)
