"""A line whose look is found out only when it comes near the screen, such as code and its colours.

What belongs here is one more kind of line beside `widgets.lines`; its text is known at once, so that it can
be measured and searched without its look.
"""

from __future__ import annotations

from collections.abc import Callable

from widgets.lines import NO_LEAD, Extent, Line, Row, Span


class LateLine:
    """One logical line.

    Args:
        text: raw.
        look: gives the same text as styled spans.
        indent: cells left blank before the marker column.
        lead: what stands in the marker column on the first row.
    """

    __slots__ = ("_indent", "_lead", "_look", "text")

    stop = False

    def __init__(
        self, text: str, look: Callable[[], tuple[Span, ...]], indent: int = 0, lead: Span = NO_LEAD
    ) -> None:
        self.text = text
        self._look = look
        self._indent = indent
        self._lead = lead

    def rows(self, width: int, needle: str = "") -> list[Row]:
        """Rows of at most `width` cells, as a `Line` has them."""
        return Line(self._look(), self._indent, self._lead).rows(width, needle)

    @property
    def extent(self) -> Extent:
        """As of a `Line` with this text."""
        return Line((Span(self.text),), self._indent).extent
