"""A list of lines in columns, under a cursor.

What belongs here is how a line is made of its cells; which columns there are and what a cell says and looks
like is its subclass's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar

from rich.segment import Segment
from rich.style import Style

from widgets.cells import fit, fit_right
from widgets.cursor_lines import CursorLines, LineT

GUTTER = 1
"""Cells before the first column, where the cursor's mark stands."""
GAP = 2
"""Cells behind each column."""


class Column(Protocol):
    """What a list has to know of a column."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def title(self) -> str:
        """What stands above it."""

    @property
    def right(self) -> bool:
        """Whether its cells stand at its right edge."""


ColumnT = TypeVar("ColumnT", bound=Column)


class CursorList(CursorLines[LineT], Generic[LineT, ColumnT]):
    """Lines in columns, one of them under the cursor."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._now = 0.0
        self._columns: tuple[tuple[ColumnT, int], ...] = ()

    # What its subclass says

    def columns_for(self, width: int) -> tuple[tuple[ColumnT, int], ...]:
        """The columns that fit, and the cells that each takes."""
        raise NotImplementedError

    def title_of(self, column: ColumnT) -> str:
        """What stands above a column."""
        return column.title

    def text_of(self, column: ColumnT, width: int, line: LineT) -> str:
        """What stands in a cell; safe to draw."""
        raise NotImplementedError

    def style_of(self, column: str, line: LineT) -> Style:
        """How a cell looks."""
        raise NotImplementedError

    # What it shows

    def tick(self, now: float) -> None:
        """Bring ages up to a moment, in seconds since the epoch."""
        if int(now) != int(self._now):
            self._now = now
            self.refresh()

    def lay_out(self) -> None:
        """Choose the columns that fit."""
        self._columns = self.columns_for(self.scrollable_content_region.width)
        super().lay_out()

    def header_text(self) -> str:
        """The columns' titles in their places."""
        titles = (_cell(self.title_of(column), column, width) for column, width in self._columns)
        return " " * GUTTER + (" " * GAP).join(titles)

    def segments(self, line: LineT) -> Iterable[Segment]:
        """A line's cells."""
        for column, width in self._columns:
            cell = _cell(self.text_of(column, width, line), column, width) + " " * GAP
            yield Segment(cell, self.style_of(column.name, line))


def _cell(text: str, column: Column, width: int) -> str:
    return (fit_right if column.right else fit)(text, width)
