"""The table of agents: one line each, a cursor, an order; only lines that look different are drawn again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from capture.log.source import AgentSummary
from tessen.sanitise import one_line
from widgets import glyphs
from widgets.agent_columns import GAP, GUTTER, AgentColumn, agent_columns_for, sortable, sorted_by
from widgets.cells import fit, fit_right
from widgets.ink import cursor_row, cursor_row_css, ink
from widgets.moving import MOVING

STATE_GLYPHS = {
    "failing": glyphs.ERROR,
    "looping": glyphs.FINDING,
    "stalled": glyphs.ANOMALY,
    "active": glyphs.RUNNING,
    "idle": glyphs.OK,
}
_STATE_STYLES = {
    **{"failing": "error", "looping": "error", "stalled": "anomaly"},
    **{"active": "good", "idle": "muted"},
}
_LOUD = {"errors": "error", "anomalies": "anomaly"}
"""Columns whose number is coloured when it is not zero."""
_QUIET = frozenset({"rate", "p50", "tokens", "models", "last"})


class AgentTable(ScrollView, can_focus=True, inherit_bindings=False):
    """One line an agent, in the order of a chosen column."""

    DEFAULT_CSS = """
    AgentTable {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        color: $foreground;
        & > .agent-table--muted { color: $text-muted; }
        & > .agent-table--good { color: $text-success; }
        & > .agent-table--error { color: $text-error; text-style: bold; }
        & > .agent-table--anomaly { color: $text-warning; }
        & > .agent-table--spark { color: $primary 80%; }
        & > .agent-table--name { color: $foreground; text-style: bold; }
    }
    """ + cursor_row_css("AgentTable", "agent-table--cursor")
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "agent-table--muted",
        "agent-table--good",
        "agent-table--error",
        "agent-table--anomaly",
        "agent-table--spark",
        "agent-table--name",
        "agent-table--cursor",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVING,
        Binding("g,home", "move(-1000000)", "First", show=False, id="list.first"),
        Binding("G,end", "move(1000000)", "Last", show=False, id="list.last", key_display="G"),
    ]

    class Moved(Message):
        """The cursor, the columns or the order changed."""

    class Opened(Message):
        """An agent was chosen."""

        def __init__(self, agent: str) -> None:
            super().__init__()
            self.agent = agent

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._summaries: list[AgentSummary] = []
        self._given: Sequence[AgentSummary] = ()
        self._now = 0.0
        self._order = "state"
        self._cursor: str | None = None
        self._columns: tuple[tuple[AgentColumn, int], ...] = ()
        self._drawn: list[Strip] = []

    @property
    def selected(self) -> AgentSummary | None:
        """The agent under the cursor."""
        return self._summaries[self._position] if self._summaries else None

    @property
    def order(self) -> str:
        """The name of the column that the lines are sorted by."""
        return self._order

    def show_summaries(self, summaries: Sequence[AgentSummary], now: float) -> None:
        """Show these agents as of a moment (seconds since the epoch); the cursor stays on its agent."""
        self._given = summaries
        self._now = now
        self._rebuild()

    def sort_next(self, step: int) -> None:
        """Sort by the next column to the right (1) or left (-1)."""
        names = sortable(self._columns)
        if names:
            at = names.index(self._order) if self._order in names else 0
            self.sort_by(names[(at + step) % len(names)])

    def sort_by(self, name: str) -> None:
        """Sort by a column."""
        self._order = name
        self._rebuild()
        self.post_message(self.Moved())

    def action_move(self, step: int) -> None:
        """Move the cursor by lines."""
        if self._summaries:
            self._go_to(self._position + step)

    def action_page(self, pages: float) -> None:
        """Move the cursor by pages."""
        self.action_move(int(pages * max(2, self.size.height - 1)))

    def on_click(self, event: Click) -> None:
        """Put the cursor on a line; a second click opens the agent."""
        position = self.scroll_offset.y + event.y
        if position < len(self._summaries):
            self._go_to(position)
            if event.chain == 2:
                self.post_message(self.Opened(self._summaries[position].name))

    def on_resize(self, _event: Resize) -> None:
        """Choose the columns that fit."""
        self._rebuild()

    def notify_style_update(self) -> None:
        """Draw anew in the new theme."""
        super().notify_style_update()
        if self.is_attached:
            self._rebuild()

    def header_text(self) -> str:
        """The columns' titles in their places; the one sorted by has an arrow."""
        titles = []
        for column, width in self._columns:
            title = column.title.rstrip() + glyphs.DOWN if column.name == self._order else column.title
            titles.append((fit_right if column.right else fit)(title, width))
        return " " * GUTTER + (" " * GAP).join(titles)

    def render_line(self, y: int) -> Strip:
        """Draw the line at a height within the table."""
        position = self.scroll_offset.y + y
        width = self.scrollable_content_region.width
        if position >= len(self._drawn):
            return Strip.blank(width, self.rich_style)
        strip = self._drawn[position]
        if position == self._position:
            strip = Strip([Segment(glyphs.CURSOR, self._style("spark")), *list(strip)[1:]])
            return cursor_row(self, strip, width, "agent-table--cursor")
        return strip.apply_style(self.rich_style).adjust_cell_length(width, self.rich_style)

    @property
    def _position(self) -> int:
        for position, summary in enumerate(self._summaries):
            if summary.name == self._cursor:
                return position
        return 0

    def _rebuild(self) -> None:
        """Sort, draw every line's strip, and refresh those that are different."""
        at = self._position
        self._summaries = sorted_by(self._order, self._given)
        names = max((cell_len(one_line(each.name, 200)) for each in self._summaries), default=0)
        columns = agent_columns_for(self.scrollable_content_region.width, names)
        if columns != self._columns:
            self._columns = columns
            self.post_message(self.Moved())
        before, self._drawn = self._drawn, [self._draw(each) for each in self._summaries]
        if len(before) != len(self._drawn):
            self.virtual_size = Size(self.scrollable_content_region.width, len(self._drawn))
            self.refresh()
            self.post_message(self.Moved())
            return
        for position, (old, new) in enumerate(zip(before, self._drawn, strict=True)):
            if at != self._position and position in (at, self._position):
                self.refresh_line(position)
            elif (span := _difference(old, new)) is not None:
                start, end = span
                self.refresh(Region(start, position - self.scroll_offset.y, end - start, 1))

    def _draw(self, summary: AgentSummary) -> Strip:
        segments = [Segment(" " * GUTTER, Style())]
        for column, width in self._columns:
            text = column.text(summary, self._now, width)
            if column.name == "state":
                text = f"{STATE_GLYPHS.get(summary.state, '?')} {text}"
            cell = (fit_right if column.right else fit)(text, width) + " " * GAP
            segments.append(Segment(cell, self._style_of(column.name, summary)))
        return Strip(segments)

    def _style_of(self, column: str, summary: AgentSummary) -> Style:
        if column == "state":
            return self._style(_STATE_STYLES.get(summary.state, "muted"))
        if column == "agent":
            return self._style("name")
        if column == "spark":
            return self._style("spark")
        loud = _LOUD.get(column)
        if loud and getattr(summary, column):
            return self._style(loud)
        return self._style("muted") if loud or column in _QUIET else Style()

    def _style(self, name: str) -> Style:
        return ink(self, f"agent-table--{name}")

    def _go_to(self, position: int) -> None:
        position = max(0, min(position, len(self._summaries) - 1))
        before = self._position
        self._cursor = self._summaries[position].name
        if position != before:
            self.refresh_line(before)
            self.refresh_line(position)
            self.post_message(self.Moved())
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if not top <= position < top + height:
            self.scroll_to(y=position if position < top else position - height + 1, animate=False, force=True)


def _difference(old: Strip, new: Strip) -> tuple[int, int] | None:
    """The first cell and the cell after the last that look different; None if nothing does.

    Both strips hold one segment a column, so that only the columns that changed are drawn again.
    """
    before, after = list(old), list(new)
    if [segment.cell_length for segment in before] != [segment.cell_length for segment in after]:
        return 0, max(old.cell_length, new.cell_length)
    changed = [number for number, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]]
    if not changed:
        return None
    start = sum(segment.cell_length for segment in before[: changed[0]])
    end = sum(segment.cell_length for segment in before[: changed[-1] + 1])
    return start, end
