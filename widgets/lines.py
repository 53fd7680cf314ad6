"""What a document is made of: styled lines, pairs of lines side by side, and folds that hold more of them.

What belongs here is the material, with no knowledge of screens or scrolling. Text in spans is raw; it is made
safe here, when a line is laid out at a width, which happens only for lines that come near the screen.
A style is a name that the document widget gives a look: see `widgets.document_looks`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from rich.cells import cell_len

from tessen.sanitise import one_line
from widgets.wrapping import fitting, wrap

if TYPE_CHECKING:
    from widgets.late_line import LateLine

MARKER_WIDTH = 2
"""Cells before every line's text, where a fold's marker, a rule or a sign stands."""

DIVIDER = " │ "
SPAN_LIMIT = 8_000
"""Characters of one span that are drawn; text is broken into shorter lines long before (see `text_lines`)."""


class Span(NamedTuple):
    """A stretch of text in one style."""

    text: str
    style: str = ""


NO_LEAD = Span(" " * MARKER_WIDTH)
RULE = Span("│ ", "faint")
"""A thin rule beside text that belongs together."""
BAD_RULE = Span("│ ", "bad")

Row = list[Span]
"""One row of cells: safe text, ready to be drawn."""


class Extent(NamedTuple):
    """What the number of rows of a line can be guessed from."""

    length: int
    """Characters."""
    plain: bool
    """Whether every character is known to take one cell."""
    margin: int
    """Cells that text cannot use, in each column."""
    columns: int
    """1, or 2 for a pair."""


class Line(NamedTuple):
    """One logical line."""

    spans: tuple[Span, ...]
    indent: int = 0
    """Cells left blank before the marker column, on every row."""
    lead: Span = NO_LEAD
    """What stands in the marker column, two cells: a sign on the first row, or a rule on every row."""
    clipped: bool = False
    """Whether it is one row, cut where it does not fit: for headers that show how what they hold begins."""
    stop: bool = False
    """Whether going to the next or previous stop halts here."""
    hang: int = 0
    """Characters of a label that the text begins with: rows after the first stand beside it, not under it."""

    @property
    def text(self) -> str:
        """The raw text."""
        return self.spans[0].text if len(self.spans) == 1 else "".join(s.text for s in self.spans)

    def rows(self, width: int, needle: str = "") -> list[Row]:
        """Rows of at most `width` cells, broken at spaces where possible, each behind its margin and lead.

        A line that begins with blanks, as code does, goes on under its first word.
        """
        spans = [Span(one_line(s.text, SPAN_LIMIT), s.style) for s in self.spans if s.text]
        text = "".join(s.text for s in spans)
        if needle:
            spans = _marked(spans, text, needle)
        margin = Span(" " * min(self.indent, width // 2))
        room = max(1, width - len(margin.text) - MARKER_WIDTH)
        if self.clipped and (end := fitting(text, room)) < len(text):
            return [[margin, self.lead, *_cut(spans, [(0, max(0, end - 1))])[0], Span("…", "dim")]]
        hang = _hang(text, self.hang, room)
        breaks = [(start + hang, end + hang) for start, end in wrap(text[hang:], room - hang)]
        first, *rest = _cut(spans, [(0, breaks[0][1]), *breaks[1:]])
        under = Span(" " * hang)
        again = self.lead if self.lead in (RULE, BAD_RULE) else NO_LEAD
        return [[margin, self.lead, *first], *([margin, again, under, *row] for row in rest)]

    @property
    def extent(self) -> Extent:
        """One column as wide as the document."""
        if self.clipped:
            return Extent(0, True, 0, 1)
        text = self.text
        return Extent(len(text), text.isascii() and text.isprintable(), self.indent + MARKER_WIDTH, 1)


class Pair(NamedTuple):
    """Two lines side by side, each in half of the width; a side may be empty."""

    left: Line | LateLine | None
    right: Line | LateLine | None
    stop: bool = False
    """Whether going to the next or previous stop halts here."""

    @property
    def text(self) -> str:
        """Both sides' raw text."""
        return "\n".join(side.text for side in (self.left, self.right) if side)

    def rows(self, width: int, needle: str = "") -> list[Row]:
        """Rows of both sides joined, the shorter side filled up."""
        left_width, right_width = _halves(width)
        left = self.left.rows(left_width, needle) if self.left else []
        right = self.right.rows(right_width, needle) if self.right else []
        count = max(len(left), len(right), 1)
        divider = Span(DIVIDER, "faint")
        return [
            [
                *_padded(left[i] if i < len(left) else [], left_width),
                divider,
                *(right[i] if i < len(right) else []),
            ]
            for i in range(count)
        ]

    @property
    def extent(self) -> Extent:
        """Two columns, of which the longer text counts."""
        sides = [side.extent for side in (self.left, self.right) if side]
        return Extent(
            max((e.length for e in sides), default=0),
            all(e.plain for e in sides),
            max((e.margin for e in sides), default=0),
            2,
        )


@dataclass(slots=True, eq=False)
class Fold:
    """A header with more lines behind it, shown or hidden; they may be made only when first shown."""

    header: Line
    body: Sequence[Item] | Callable[[], Sequence[Item]]
    open: bool = False
    closed_header: Line | None = None
    """Stands in the header's place while closed, where given."""
    section: str = ""
    """The short name of a document's section; empty for any other fold."""
    copy: str | Callable[[], str] | None = None
    """What copying here means: raw text; None leaves it to the fold around."""
    noun: str = "text"
    """What is copied, in a word or two."""
    haystack: str | Callable[[], str] | None = None
    """Raw text that says whether a search can hit inside, so that a big body is not made in vain."""
    laborious: bool = False
    """Whether "unfold all" leaves it closed, because a great deal is behind it."""
    self_opening: bool = False
    """Whether it opens, the first time, as soon as the cursor comes to it: for parts of a very long whole."""
    of: object = None
    """What it stands for, to whoever made it."""
    marks: frozenset[str] = frozenset()
    """The names under which one goes from one fold to the next, such as "call"."""
    holds: frozenset[str] = frozenset()
    """The marks of the folds inside, so that going to one opens what is around it."""
    _items: Sequence[Item] | None = None

    @property
    def items(self) -> Sequence[Item]:
        """What is behind the header, made at the first look."""
        if self._items is None:
            self._items = self.body() if callable(self.body) else self.body
        return self._items

    @property
    def shown_header(self) -> Line:
        """The header for the present state."""
        return self.header if self.open or self.closed_header is None else self.closed_header

    def copied(self) -> str:
        """The raw text that copying means; empty where that is left to the fold around."""
        return self.copy() if callable(self.copy) else self.copy or ""

    def contains(self, needle: str) -> bool:
        """Whether anything behind the header holds `needle` (lower case)."""
        if self.haystack is not None:
            text = self.haystack() if callable(self.haystack) else self.haystack
            return needle in text.lower()
        return any(needle in line.text.lower() for line in all_lines(self.items))


Drawn: TypeAlias = "Line | LateLine | Pair"
"""Anything that takes rows of its own."""

Item: TypeAlias = "Drawn | Fold"
"""Anything a document can hold."""


def line(*parts: str | tuple[str, str], indent: int = 0, clipped: bool = False) -> Line:
    """A line of parts, each a plain text or a (text, style)."""
    spans = tuple(Span(p) if isinstance(p, str) else Span(*p) for p in parts)
    return Line(spans, indent, clipped=clipped)


def all_lines(items: Sequence[Item]) -> Iterator[Drawn]:
    """Every line of the items in order, folded ones included; makes what was not made yet."""
    stack = [iter(items)]
    while stack:
        item = next(stack[-1], None)
        if item is None:
            stack.pop()
        elif isinstance(item, Fold):
            yield item.header
            stack.append(iter(item.items))
        else:
            yield item


def _hang(text: str, label: int, room: int) -> int:
    """Blanks before the rows after the first: the width of the text's label or own blanks, where sensible."""
    blanks = label or len(text) - len(text.lstrip(" "))
    return blanks if blanks <= room // 2 and text[:blanks].isascii() else 0


def _halves(width: int) -> tuple[int, int]:
    """The widths of the two sides of a pair."""
    left = (width - len(DIVIDER)) // 2
    return max(1, left), max(1, width - len(DIVIDER) - left)


def tint_of(style: str) -> str:
    """The part of a style that colours the whole row, such as "added:" of "added:keyword"; mostly empty."""
    tint, colon, _ = style.partition(":")
    return tint + colon if colon else ""


def _padded(row: Row, width: int) -> Row:
    """A row filled with blanks to a width in cells, in the row's tint."""
    missing = width - sum(cell_len(s.text) for s in row)
    return [*row, Span(" " * missing, tint_of(row[-1].style) if row else "")] if missing > 0 else row


def _marked(spans: list[Span], text: str, needle: str) -> list[Span]:
    """The spans with every place where `needle` stands cut out and marked."""
    lowered = text.lower()
    if len(lowered) != len(text) or needle not in lowered:  # a few letters change length when lowered
        return spans
    places, at = [], lowered.find(needle)
    while at >= 0:
        places.append((at, at + len(needle)))
        at = lowered.find(needle, at + len(needle))
    return [Span(s.text, "match" if inside else s.style) for s, inside in _split(spans, places)]


def _split(spans: list[Span], places: list[tuple[int, int]]) -> Iterator[tuple[Span, bool]]:
    """The spans cut at the edges of the places, with whether each piece lies inside one."""
    edges = [edge for place in places for edge in place]
    offset, k = 0, 0
    for span in spans:
        start, end = 0, len(span.text)
        while k < len(edges) and edges[k] < offset + end:
            cut = edges[k] - offset
            if cut > start:
                yield Span(span.text[start:cut], span.style), k % 2 == 1
            start, k = max(start, cut), k + 1
        if start < end:
            yield Span(span.text[start:end], span.style), k % 2 == 1
        offset += end


def _cut(spans: list[Span], breaks: list[tuple[int, int]]) -> list[Row]:
    """The spans divided into rows given as (start, end) of the joined text."""
    rows: list[Row] = []
    k, offset = 0, 0
    for start, end in breaks:
        row: Row = []
        while k < len(spans) and offset < end:
            text, style = spans[k]
            piece = text[max(0, start - offset) : end - offset]
            if piece:
                row.append(Span(piece, style))
            if offset + len(text) > end:
                break
            offset, k = offset + len(text), k + 1
        rows.append(row)
    return rows
