"""Lines with a cursor that stays on what it is on, of which only those on screen are ever drawn.

What belongs here is the cursor, the view and how the line under the cursor looks; what the lines are and how
one is drawn is its subclass's. Lines in columns are `widgets.cursor_list`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Click, Resize
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from widgets import glyphs
from widgets.ink import cursor_row, cursor_row_css, ink
from widgets.moving import MOVING

LineT = TypeVar("LineT")


class CursorLines(ScrollView, Generic[LineT], can_focus=True, inherit_bindings=False):
    """Lines, one of them under the cursor."""

    DEFAULT_CSS = """
    CursorLines {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        color: $foreground;
        & > .cursor-lines--muted { color: $text-muted; }
        & > .cursor-lines--good { color: $text-success; }
        & > .cursor-lines--error { color: $text-error; text-style: bold; }
        & > .cursor-lines--anomaly { color: $text-warning; }
        & > .cursor-lines--mark { color: $primary; }
        & > .cursor-lines--name { color: $foreground; text-style: bold; }
    }
    """ + cursor_row_css("CursorLines", "cursor-lines--cursor")
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"cursor-lines--{name}" for name in ("muted", "good", "error", "anomaly", "mark", "name", "cursor")
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
            return isinstance(message, CursorLines.Moved)

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: Sequence[LineT] = ()
        self._cursor = 0
        self._styles: dict[str, Style] = {}

    # What its subclass says

    def identity(self, line: LineT) -> object:
        """What stays the same of a line when the list is another."""
        raise NotImplementedError

    def segments(self, line: LineT) -> Iterable[Segment]:
        """A line as it is drawn, behind the cell of the cursor's mark."""
        raise NotImplementedError

    def open(self, line: LineT) -> None:
        """A line was clicked twice."""

    # What it shows

    @property
    def lines(self) -> Sequence[LineT]:
        """All lines, top to bottom."""
        return self._lines

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
        self.lay_out()

    def go_where(self, holds: Callable[[LineT], bool]) -> bool:
        """Put the cursor on the first line of which something holds; whether there is one."""
        for position, line in enumerate(self._lines):
            if holds(line):
                self._go(position)
                return True
        return False

    def lay_out(self) -> None:
        """Take in that the lines or the room for them are others."""
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._lines))
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
        """Use the room there is now."""
        self.lay_out()

    # Drawing

    def notify_style_update(self) -> None:
        """Forget the looks of the theme that was."""
        self._styles.clear()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        """Draw the line at a height within the list."""
        position = self.scroll_offset.y + y
        width = self.scrollable_content_region.width
        if position >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        drawn = self.segments(self._lines[position])
        if position == self._cursor:
            strip = Strip([Segment(glyphs.CURSOR, self.look("mark")), *drawn])
            return cursor_row(self, strip, width, "cursor-lines--cursor")
        strip = Strip([Segment(" ", Style()), *drawn])
        return strip.apply_style(self.rich_style).adjust_cell_length(width, self.rich_style)

    def look(self, name: str) -> Style:
        """The style of one of the component classes, such as `muted`."""
        if name not in self._styles:
            self._styles[name] = ink(self, f"cursor-lines--{name}")
        return self._styles[name]
