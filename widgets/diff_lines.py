"""Two lists of text lines as one aligned document, side by side or not, equal stretches folded.

What belongs here is any diff of lines; what the lines say is the caller's. What differs carries a sign as
well as a colour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import NamedTuple

from tessen.format import plural
from widgets.lines import Fold, Item, Line, Pair, Span

CONTEXT = 2
"""Equal lines shown on each side of a difference."""

ALIGNED_LINES = 3_000
"""Lines between first and last difference up to which they are aligned; beyond, they stand as one block."""

_ALIKE = 0.3
"""Share of a line that both sides must begin or end with for only the rest to be marked."""


class Stretch(NamedTuple):
    """A stretch of lines, equal on both sides or not."""

    equal: bool
    left: Sequence[str]
    right: Sequence[str]


def stretches(left: Sequence[str], right: Sequence[str]) -> list[Stretch]:
    """Two texts aligned: stretches that are equal and stretches that differ, in order.

    The common beginning and end are taken off first, so that a conversation that went on by a few messages is
    aligned in no time, however long it is.
    """
    head = _common(left, right)
    tail = _common(left[head:][::-1], right[head:][::-1])
    left_end, right_end = len(left) - tail, len(right) - tail
    found = [
        Stretch(True, left[:head], right[:head]),
        *_aligned(left[head:left_end], right[head:right_end]),
        Stretch(True, left[left_end:], right[right_end:]),
    ]
    return [s for s in found if s.left or s.right]


def diff_items(found: Sequence[Stretch], *, side_by_side: bool, indent: int = 0) -> list[Item]:
    """Stretches as lines of a document; the first line of each difference is a stop.

    Args:
        found: from `stretches`.
        side_by_side: pairs of lines, else removed lines above added ones.
        indent: cells before the marker column.
    """
    items: list[Item] = []
    for number, stretch in enumerate(found):
        if stretch.equal:
            first, last = number == 0, number == len(found) - 1
            items += _equal(
                stretch.left, side_by_side, indent, 0 if first else CONTEXT, 0 if last else CONTEXT
            )
        elif side_by_side:
            items += _pairs(stretch, indent)
        else:
            items += _unified(stretch, indent)
    return items


def _common(left: Sequence[str], right: Sequence[str]) -> int:
    """How many lines (or characters) two texts have in common at their beginning."""
    return next(
        (i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right))
    )


def _aligned(left: Sequence[str], right: Sequence[str]) -> Iterator[Stretch]:
    """The middle of two texts, aligned unless it is too big."""
    if not left and not right:
        return
    if len(left) > ALIGNED_LINES or len(right) > ALIGNED_LINES:
        yield Stretch(False, left, right)
        return
    for tag, a, b, c, d in SequenceMatcher(None, left, right).get_opcodes():
        yield Stretch(tag == "equal", left[a:b], right[c:d])


def _equal(lines: Sequence[str], paired: bool, indent: int, before: int, after: int) -> list[Item]:
    """Equal lines: a few beside each difference, the rest in a fold."""
    shown = [_same(text, paired, indent) for text in lines]
    if len(lines) <= before + after + 1:
        return list(shown)
    end = len(lines) - after
    count = plural(end - before, "equal line")
    fold = Fold(
        Line((Span(f"⋯ {count}", "faint"),), indent),
        shown[before:end],
        copy=lambda: "\n".join(lines[before:end]),
        noun=count,
    )
    return [*shown[:before], fold, *shown[end:]]


def _same(text: str, paired: bool, indent: int) -> Line | Pair:
    """A line that is the same on both sides."""
    same = Line((Span(text, "dim"),), indent)
    return Pair(same, same) if paired else same


def _unified(stretch: Stretch, indent: int) -> list[Item]:
    """Removed lines, then added ones."""
    pairs = list(zip_longest(stretch.left, stretch.right))
    removed = [_changed(a, b, "-", "removed", indent) for a, b in pairs if a is not None]
    added = [_changed(b, a, "+", "added", indent) for a, b in pairs if b is not None]
    lines = [*removed, *added]
    return [lines[0]._replace(stop=True), *lines[1:]]


def _pairs(stretch: Stretch, indent: int) -> list[Item]:
    """Removed lines beside added ones."""
    pairs = [
        Pair(
            _changed(a, b, "-", "removed", indent) if a is not None else None,
            _changed(b, a, "+", "added", indent) if b is not None else None,
        )
        for a, b in zip_longest(stretch.left, stretch.right)
    ]
    return [pairs[0]._replace(stop=True), *pairs[1:]]


def _changed(text: str, other: str | None, sign: str, style: str, indent: int) -> Line:
    """A line of one side; where the other side's is much alike, only what differs is coloured."""
    begin, end = _differing(text, other) if other is not None else (0, len(text))
    spans = (Span(text[:begin]), Span(text[begin:end], style), Span(text[end:]))
    return Line(tuple(s for s in spans if s.text), indent, Span(f"{sign} ", style))


def _differing(text: str, other: str) -> tuple[int, int]:
    """The part of a line between what both begin and both end with; all of it if they are not alike."""
    begin = _common(text, other)
    tail = _common(text[begin:][::-1], other[begin:][::-1])
    if begin + tail < _ALIKE * max(len(text), len(other)):
        return 0, len(text)
    return begin, len(text) - tail
