"""Two events as one document: what differs in words, then the aligned answers and requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from tessen.format import plural
from tessen.sanitise import one_line
from widgets.cells import clip, fit
from widgets.diff_lines import Stretch, diff_items, stretches
from widgets.differences import Difference, Side, differences
from widgets.event_talk import BODY, section
from widgets.exchange_text import answer_lines, request_lines
from widgets.lines import Fold, Item, line

SIDE_BY_SIDE_WIDTH = 100
"""Cells from which two sides have room beside each other."""

NAME_WIDTH = 24
"""Cells that the name of a difference may take."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two events aligned: made once, drawn in either layout."""

    found: list[Difference]
    answer: list[Stretch]
    request: list[Stretch]


def compare(left: Side, right: Side) -> Comparison:
    """Align two events; takes time for big ones, so it is run in a thread."""
    return Comparison(
        differences(left, right),
        stretches(answer_lines(left.exchange), answer_lines(right.exchange)),
        stretches(request_lines(left.exchange), request_lines(right.exchange)),
    )


def compare_items(comparison: Comparison, *, side_by_side: bool) -> list[Item]:
    """The comparison as sections."""
    return [
        _summary(comparison.found),
        _diff("Response", comparison.answer, side_by_side),
        _diff("Request", comparison.request, side_by_side),
    ]


def _summary(found: Sequence[Difference]) -> Fold:
    """What differs, in words."""
    found = [d._replace(name=clip(one_line(d.name), NAME_WIDTH)) for d in found]
    width = max((cell_len(d.name) for d in found), default=0)
    body: list[Item] = [
        line((fit(d.name, width) + "  ", "dim"), *_arrowed(d.words), indent=BODY)._replace(hang=width + 2)
        for d in found
    ] or [line("nothing worth a word: the same request, answer and course", indent=BODY)]
    return section("Summary", body, "left → right")


def _arrowed(words: str) -> list[tuple[str, str]]:
    """Words around an arrow: what was is quiet, what is stands out."""
    before, arrow, after = words.partition(" → ")
    return [(before, "dim"), (arrow, "dim"), (after, "strong")] if arrow else [(words, "")]


def _diff(name: str, found: Sequence[Stretch], side_by_side: bool) -> Fold:
    """One aligned text."""
    changed = sum(not s.equal for s in found)
    if not found:
        return section(name, [line(("nothing on either side", "dim"), indent=BODY)])
    words = plural(changed, "difference") if changed else "the same on both sides"
    return section(name, diff_items(found, side_by_side=side_by_side, indent=BODY), words)
