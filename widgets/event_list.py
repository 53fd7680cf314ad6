"""The live list: one line an event, newest at the bottom, only the visible ones ever drawn.

It draws from a `View` (row ids in time order) and an `EventSource` (a row's columns), at any size of the log.
The cursor and the top line are remembered as events, not as positions, so that what a person looks at stays
where it is while rows arrive above and below.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.events import Click, Resize
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip

from capture.log.source import EventSource, RowId, View
from widgets import glyphs
from widgets.cells import fit, fit_right
from widgets.columns import GAP, GUTTER, Column, columns_for
from widgets.event_line import LineState, LineStyles, draw_line, finding_word
from widgets.ink import cursor_row, cursor_row_css, ink
from widgets.moving import MOVING

CACHED_LINES = 2_000


class _Drawn(NamedTuple):
    """What a cached line was drawn from."""

    row: RowId
    state: LineState


class EventList(ScrollView, can_focus=True, inherit_bindings=False):
    """The rows of a view, with a cursor.

    While `following`, the cursor stays on the newest row. Moving it up stops that; `G` resumes it.

    Args:
        source: where rows and previews come from.
        hidden: names of columns never shown.
    """

    DEFAULT_CSS = """
    EventList {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        color: $foreground;
        & > .event-list--muted { color: $text-muted; }
        & > .event-list--agent { color: $foreground; }
        & > .event-list--error { color: $text-error; text-style: bold; }
        & > .event-list--anomaly { color: $text-warning; }
        & > .event-list--info { color: $text-primary; }
        & > .event-list--mark { color: $text-accent; text-style: bold; }
        & > .event-list--finding { color: $text-warning; text-style: bold; }
        & > .event-list--match { background: $warning; color: $background; }
        &:ansi > .event-list--match { background: ansi_default; color: $warning; text-style: reverse; }
    }
    """ + cursor_row_css("EventList", "event-list--cursor")
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "event-list--muted",
        "event-list--agent",
        "event-list--error",
        "event-list--anomaly",
        "event-list--info",
        "event-list--mark",
        "event-list--finding",
        "event-list--match",
        "event-list--cursor",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVING,
        Binding("g,home", "first", "Oldest", show=False, id="list.first"),
        Binding("G,end", "follow", "Newest, and follow", show=False, id="list.last", key_display="G"),
    ]

    following: var[bool] = var(True)
    """Whether the cursor stays on the newest row."""
    unseen: var[int] = var(0)
    """Lines below the last one that was on screen while not following."""
    cursor: var[RowId | None] = var(None)
    """The event under the cursor."""

    class Moved(Message):
        """The cursor, `following` or `unseen` changed; only the newest matters."""

        def can_replace(self, message: Message) -> bool:
            """Collapse with an earlier one."""
            return isinstance(message, EventList.Moved)

    class Opened(Message):
        """An event was chosen."""

        def __init__(self, row: RowId) -> None:
            super().__init__()
            self.row = row

    def __init__(
        self, source: EventSource, hidden: frozenset[str] = frozenset(), id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._source = source
        self._hidden = hidden
        self._view: View | None = None
        self._agent_width = 8
        self._search = ""
        self._marked: RowId | None = None
        self._columns: tuple[Column, ...] = ()
        self._strips: LRUCache[_Drawn, Strip] = LRUCache(CACHED_LINES)
        self._styles: LineStyles | None = None
        self._seen_last: RowId | None = None
        self._top: RowId | None = None

    # What it shows

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns drawn now, left to right."""
        return self._columns

    @property
    def position(self) -> int | None:
        """Where the cursor stands in the view's rows; None when there are none."""
        if self._view is None or self.cursor is None or not len(self._view.rows):
            return None
        found = self._view.position(self.cursor)
        return found if found is not None else len(self._view.rows) - 1

    @property
    def line_count(self) -> int:
        """Lines in the list, on screen or not."""
        return 0 if self._view is None else len(self._view.rows)

    def show_view(self, view: View) -> None:
        """Show another view; the cursor stays on its event if that is in it."""
        self._view = view
        self._strips.clear()
        self._top = None
        if self.cursor is not None and view.position(self.cursor) is None:
            self.cursor = None
        self._seen_last = None
        self.rows_changed(redraw=True)

    def rows_changed(self, *, redraw: bool = False) -> None:
        """Take in that the view's rows changed.

        Args:
            redraw: whether lines already drawn may look different, too (a price became known).
        """
        if self._view is None:
            return
        before = self._visible()
        if redraw:
            self._strips.clear()
        rows = self._view.rows
        self.virtual_size = Size(self.scrollable_content_region.width, len(rows))
        if not len(rows):
            self.cursor = self._top = None
        elif self.following or self.cursor is None:
            self._to_newest()
        else:
            self._keep_place()
        self._count_unseen()
        if redraw or self._visible() != before:
            self.refresh()
        self._remember_top()

    def set_agent_width(self, cells: int) -> None:
        """Make room for agent names so many cells wide."""
        if cells != self._agent_width:
            self._agent_width = cells
            self.refresh()

    def set_marked(self, row: RowId | None) -> None:
        """Show which event is marked."""
        if row != self._marked:
            changed = (self._marked, row)
            self._marked = row
            for each in changed:
                self._refresh_row(each)

    def set_search(self, text: str) -> None:
        """Light this text up in previews; empty for none."""
        if text != self._search:
            self._search = text
            self.refresh()

    def toggle_fold(self, *, expand: bool) -> bool:
        """Expand the fold under the cursor, or collapse the run it is in; False when there is nothing to do.

        A row that stands for itself alone is either part of an expanded run, which collapses, or of none.
        """
        if self._view is None or self.cursor is None:
            return False
        row, lines = self.cursor, self.line_count
        if (self._view.fold_count(row) > 1) == expand:
            self.following = False
            self._view.toggle_fold(row)
            self.rows_changed()
            if (position := self.position) is not None:
                self._set_cursor(int(self._view.rows[position]))
                self._scroll_into_view(position)
        return self.line_count != lines

    def go_to(self, position: int) -> None:
        """Put the cursor on a position, and stop following unless it is the last one already followed."""
        if self._view is None or not len(self._view.rows):
            return
        last = len(self._view.rows) - 1
        position = max(0, min(position, last))
        if position != last:
            self.following = False
        self._set_cursor(int(self._view.rows[position]))
        self._scroll_into_view(position)

    # Actions

    def action_move(self, step: int) -> None:
        """Move the cursor by lines."""
        if (position := self.position) is not None:
            self.go_to(position + step)

    def action_page(self, pages: float) -> None:
        """Move the cursor by pages."""
        if (position := self.position) is not None:
            self.go_to(position + int(pages * max(2, self.size.height - 1)))

    def action_first(self) -> None:
        """Go to the oldest event."""
        self.go_to(0)

    def action_follow(self) -> None:
        """Go to the newest event and stay on it."""
        self.following = True
        self.rows_changed()

    def on_click(self, event: Click) -> None:
        """Put the cursor on a line; a second click opens it."""
        position = self.scroll_offset.y + event.y
        if self._view is None or position >= len(self._view.rows):
            return
        self.go_to(position)
        if event.chain == 2:
            self.post_message(self.Opened(int(self._view.rows[position])))

    # Drawing

    def render_line(self, y: int) -> Strip:
        """Draw the line at a height within the list."""
        position = self.scroll_offset.y + y
        width = self.scrollable_content_region.width
        self._lay_out()
        if self._view is None or position >= len(self._view.rows):
            return Strip.blank(width, self.rich_style)
        strip = self._strip_of(int(self._view.rows[position]))
        if position == self.position:
            return cursor_row(self, self._with_cursor(strip), width, "event-list--cursor")
        return strip.apply_style(self.rich_style).adjust_cell_length(width, self.rich_style)

    def header_text(self) -> str:
        """The columns' titles in their places."""
        cells = ((fit_right if c.right else fit)(c.title, c.width) for c in self._columns)
        return " " * GUTTER + (" " * GAP).join(cells)

    def on_resize(self, _event: Resize) -> None:
        """Choose the columns that fit, and stay at the end when following."""
        self.refresh()
        self.rows_changed()

    def notify_style_update(self) -> None:
        """Draw anew in the new theme."""
        super().notify_style_update()
        self._styles = None
        self._strips.clear()

    def _lay_out(self) -> None:
        """Choose the columns for the width there is now: a list just shown is drawn before it is resized."""
        columns = columns_for(self.scrollable_content_region.width, self._agent_width, self._hidden)
        if columns != self._columns:
            self._columns = columns
            self._strips.clear()
            self.post_message(self.Moved())

    def _strip_of(self, row: RowId) -> Strip:
        assert self._view is not None
        finding = finding_word(self._source.findings_of(row))
        state = LineState(self._view.fold_count(row), row == self._marked, self._search, finding)
        key = _Drawn(row, state)
        if (strip := self._strips.get(key)) is None:
            preview = self._source.preview(row)
            strip = draw_line(self._source.row(row), preview, self._columns, state, self._line_styles())
            self._strips[key] = strip
        return strip

    def _with_cursor(self, strip: Strip) -> Strip:
        """The strip with the cursor's bar in its first cell."""
        return Strip([Segment(glyphs.CURSOR, self._line_styles().mark), *list(strip)[1:]])

    def _line_styles(self) -> LineStyles:
        if self._styles is None:
            names = ("muted", "error", "anomaly", "info", "agent", "mark", "finding")
            parts = {name: ink(self, f"event-list--{name}") for name in names}
            match = self.get_component_rich_style("event-list--match", partial=True)
            self._styles = LineStyles(plain=Style(), match=match, **parts)
        return self._styles

    def _visible(self) -> tuple[tuple[int, int], ...]:
        """What stands on screen: each row with how many events its line stands for."""
        if self._view is None:
            return ()
        top = self.scroll_offset.y
        shown = self._view.rows[top : top + self.size.height]
        return tuple((int(row), self._view.fold_count(int(row))) for row in shown)

    # Keeping the place

    def _to_newest(self) -> None:
        assert self._view is not None
        self._set_cursor(int(self._view.rows[-1]))
        self.scroll_to(y=self.max_scroll_y, animate=False, force=True)

    def _keep_place(self) -> None:
        """Scroll so that the top line's event stays the top line."""
        assert self._view is not None
        top = self._view.position(self._top) if self._top is not None else None
        if top is not None and top != self.scroll_offset.y:
            self.scroll_to(y=top, animate=False, force=True)

    def _remember_top(self) -> None:
        if self._view is not None and len(self._view.rows):
            top = min(self.scroll_offset.y, len(self._view.rows) - 1)
            self._top = int(self._view.rows[top])

    def _set_cursor(self, row: RowId) -> None:
        if row != self.cursor:
            before, self.cursor = self.cursor, row
            self._refresh_row(before)
            self._refresh_row(row)

    def _refresh_row(self, row: RowId | None) -> None:
        """Draw one event's line anew, if it is on screen."""
        if row is None or self._view is None:
            return
        position = self._view.position(row)
        if position is not None and 0 <= position - self.scroll_offset.y < self.size.height:
            self.refresh_line(position)

    def _scroll_into_view(self, position: int) -> None:
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if position < top:
            self.scroll_to(y=position, animate=False, force=True)
        elif position >= top + height:
            self.scroll_to(y=position - height + 1, animate=False, force=True)

    def _count_unseen(self) -> None:
        """Count the lines below the last one that has been on screen."""
        assert self._view is not None
        rows = self._view.rows
        if self.following or not len(rows):
            self._seen_last = int(rows[-1]) if len(rows) else None
            self.unseen = 0
            return
        bottom = min(self.scroll_offset.y + self.size.height, len(rows)) - 1
        seen = self._view.position(self._seen_last) if self._seen_last is not None else None
        if seen is None or bottom > seen:
            seen = bottom
            self._seen_last = int(rows[bottom])
        self.unseen = len(rows) - 1 - seen

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Remember what is on top now, and what has been seen."""
        super().watch_scroll_y(old_value, new_value)
        self._remember_top()
        if self._view is not None:
            self._count_unseen()

    def watch_following(self) -> None:
        """Tell the screen."""
        self.post_message(self.Moved())

    def watch_unseen(self) -> None:
        """Tell the screen."""
        self.post_message(self.Moved())

    def watch_cursor(self) -> None:
        """Tell the screen."""
        self.post_message(self.Moved())
