"""A list of lines in columns: a cursor that stays on what it is on, only the lines on screen ever drawn.

What belongs here is the cursor, the view and the drawing of a line; what the lines are, which columns they
have and what a cell says and looks like is its subclass's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Generic, Protocol, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Click, Resize
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from widgets import glyphs
from widgets.cells import fit, fit_right
from widgets.ink import ink
from widgets.moving import MOVING

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


LineT = TypeVar("LineT")
ColumnT = TypeVar("ColumnT", bound=Column)


class CursorList(ScrollView, Generic[LineT, ColumnT], can_focus=True, inherit_bindings=False):
    """Lines in columns, one of them under the cursor."""

    DEFAULT_CSS = """
    CursorList {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        color: $foreground;
        & > .cursor-list--muted { color: $text-muted; }
        & > .cursor-list--good { color: $text-success; }
        & > .cursor-list--error { color: $text-error; text-style: bold; }
        & > .cursor-list--anomaly { color: $text-warning; }
        & > .cursor-list--spark { color: $primary; }
        & > .cursor-list--name { color: $foreground; text-style: bold; }
        & > .cursor-list--cursor { background: $cursor-row-blurred; }
        &:focus > .cursor-list--cursor { background: $cursor-row; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"cursor-list--{name}" for name in ("muted", "good", "error", "anomaly", "spark", "name", "cursor")
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVING,
        Binding("g,home", "edge(-1)", "First", show=False, id="list.first"),
        Binding("G,end", "edge(1)", "Last", show=False, id="list.last", key_display="G"),
    ]

    class Moved(Message):
        """The cursor, the columns or the lines are others; only the newest matters."""

        def can_replace(self, message: Message) -> bool:
            """Collapse with an earlier one."""
            return isinstance(message, CursorList.Moved)

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: Sequence[LineT] = ()
        self._now = 0.0
        self._cursor = 0
        self._columns: tuple[tuple[ColumnT, int], ...] = ()
        self._styles: dict[str, Style] = {}

    # What its subclass says

    def identity(self, line: LineT) -> object:
        """What stays the same of a line when the list is another."""
        raise NotImplementedError

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

    def open(self, line: LineT) -> None:
        """A line was clicked twice."""
        raise NotImplementedError

    # What it shows

    @property
    def position(self) -> int:
        """The line of the cursor, from 0."""
        return self._cursor

    @property
    def under_cursor(self) -> LineT | None:
        """The line of the cursor; None where there is none."""
        return self._lines[self._cursor] if self._lines else None

    def show_lines(self, lines: Sequence[LineT]) -> None:
        """Show these lines; the cursor stays on its line, or near where that was."""
        before = self.under_cursor
        same = (
            n
            for n, line in enumerate(lines)
            if before is not None and self.identity(line) == self.identity(before)
        )
        self._lines, self._cursor = lines, next(same, min(self._cursor, max(0, len(lines) - 1)))
        self._lay_out()

    def tick(self, now: float) -> None:
        """Bring ages up to a moment, in seconds since the epoch."""
        if int(now) != int(self._now):
            self._now = now
            self.refresh()

    def go_where(self, holds: Callable[[LineT], bool]) -> bool:
        """Put the cursor on the first line of which something holds; whether there is one."""
        for position, line in enumerate(self._lines):
            if holds(line):
                self._go(position)
                return True
        return False

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        self._columns = self.columns_for(width)
        self.virtual_size = Size(width, len(self._lines))
        self._into_view()
        self.refresh()
        self.post_message(self.Moved())

    # Moving

    def action_move(self, step: int) -> None:
        """Move the cursor by lines."""
        self._go(self._cursor + step)

    def action_page(self, pages: float) -> None:
        """Move the cursor by pages."""
        self._go(self._cursor + int(pages * max(2, self.size.height - 1)))

    def action_edge(self, side: int) -> None:
        """Go to the first (-1) or last line."""
        self._go(0 if side < 0 else len(self._lines) - 1)

    def _go(self, position: int) -> None:
        position = max(0, min(position, len(self._lines) - 1))
        if position != self._cursor:
            self.refresh_line(self._cursor)
            self._cursor = position
            self.refresh_line(position)
            self.post_message(self.Moved())
        self._into_view()

    def _into_view(self) -> None:
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if not top <= self._cursor < top + height:
            at = self._cursor if self._cursor < top else self._cursor - height + 1
            self.scroll_to(y=at, animate=False, force=True)

    def on_click(self, event: Click) -> None:
        """Put the cursor on a line; a second click opens it."""
        position = self.scroll_offset.y + event.y
        if position < len(self._lines):
            self._go(position)
            if event.chain == 2:
                self.open(self._lines[position])

    def on_resize(self, _event: Resize) -> None:
        """Choose the columns that fit."""
        self._lay_out()

    # Drawing

    def notify_style_update(self) -> None:
        """Forget the looks of the theme that was."""
        self._styles.clear()
        super().notify_style_update()

    def header_text(self) -> str:
        """The columns' titles in their places."""
        titles = (_cell(self.title_of(column), column, width) for column, width in self._columns)
        return " " * GUTTER + (" " * GAP).join(titles)

    def render_line(self, y: int) -> Strip:
        """Draw the line at a height within the list."""
        position = self.scroll_offset.y + y
        width = self.scrollable_content_region.width
        if position >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        here = position == self._cursor
        style = self.get_component_rich_style("cursor-list--cursor") if here else self.rich_style
        strip = self._draw(self._lines[position], here)
        if here and self.app.current_theme.ansi:  # sixteen colours on a coloured row: some cannot be read
            strip = Strip([Segment(segment.text) for segment in strip])
        return strip.apply_style(style).adjust_cell_length(width, style)

    def _draw(self, line: LineT, here: bool) -> Strip:
        segments = [Segment(glyphs.CURSOR, self.look("spark")) if here else Segment(" " * GUTTER, Style())]
        for column, width in self._columns:
            cell = _cell(self.text_of(column, width, line), column, width) + " " * GAP
            segments.append(Segment(cell, self.style_of(column.name, line)))
        return Strip(segments)

    def look(self, name: str) -> Style:
        """The style of one of the component classes, such as `muted`."""
        if name not in self._styles:
            self._styles[name] = ink(self, f"cursor-list--{name}")
        return self._styles[name]


def _cell(text: str, column: Column, width: int) -> str:
    return (fit_right if column.right else fit)(text, width)
