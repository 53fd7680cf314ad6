"""Verdicts of one judge run as a document: how far the judges agree, then what each said."""

from __future__ import annotations

from collections.abc import Sequence

from capture.judge.agreement import Tally, tally
from capture.judge.kept import Kept
from tessen.format import money, plural
from widgets.event_talk import BODY, section
from widgets.lines import Item, Line, Span, line
from widgets.step_lines import verdict_fold


def verdicts_items(found: Sequence[tuple[str, Sequence[Kept]]], unreadable: int) -> list[Item]:
    """All verdicts.

    Args:
        found: what was judged, by name, each with its verdicts in order.
        unreadable: lines that could not be read.
    """
    items: list[Item] = [section(name, _judged(kept), _words(kept)) for name, kept in found if kept]
    if unreadable:
        items.append(line((f"{plural(unreadable, 'line')} could not be read", "warn")))
    return items or [line(("no verdict yet", "dim"))]


def _judged(kept: Sequence[Kept]) -> list[Item]:
    items: list[Item] = []
    together = tally([each.verdict for each in kept])
    if together.verdicts > 1:
        items.append(_agreement(together))
    for each in kept:
        fold = verdict_fold(each.row, indent=BODY)
        fold.header = fold.header._replace(
            spans=(Span(f"{each.verdict.model}  ", "accent"), *fold.header.spans), stop=True
        )
        items.append(fold)
    return items


def _agreement(together: Tally) -> Line:
    words = f"{together.flagged} of {together.verdicts} flag it"
    if together.agreement is not None:
        words += f", judges agree to {together.agreement:.0%}"
    return line((words, "strong"), indent=BODY)


def _words(kept: Sequence[Kept]) -> str:
    costs = [each.verdict.cost_usd for each in kept if each.verdict.cost_usd is not None]
    row = kept[0].row
    turns = f"turns {row.get('from_turn')} to {row.get('to_turn')}, " if "from_turn" in row else ""
    return turns + plural(len(kept), "verdict") + (f", {money(sum(costs))}" if costs else "")
