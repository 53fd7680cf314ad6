"""The list of jobs: one line each, a cursor that stays on its job, only the lines on screen ever drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Click, Resize
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from capture.jobs import JobRow
from widgets import glyphs
from widgets.cells import fit, fit_right
from widgets.ink import ink
from widgets.job_columns import GAP, GUTTER, JobColumn, job_columns_for
from widgets.moving import MOVING

STATE_GLYPHS = {
    "queued": glyphs.STALLED,
    "running": glyphs.RUNNING,
    "finished": glyphs.OK,
    "failed": glyphs.ERROR,
    "cancelled": glyphs.ANOMALY,
    "lost": glyphs.ERROR,
}
_STATE_STYLES = {
    "queued": "spark",
    "running": "good",
    "finished": "muted",
    "failed": "error",
    "cancelled": "anomaly",
    "lost": "error",
}
_QUIET = frozenset({"kind", "age", "job"})


class JobTable(ScrollView, can_focus=True, inherit_bindings=False):
    """The jobs, newest first."""

    DEFAULT_CSS = """
    JobTable {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        color: $foreground;
        & > .job-table--muted { color: $text-muted; }
        & > .job-table--good { color: $text-success; }
        & > .job-table--error { color: $text-error; text-style: bold; }
        & > .job-table--anomaly { color: $text-warning; }
        & > .job-table--spark { color: $primary; }
        & > .job-table--cursor { background: $cursor-row-blurred; }
        &:focus > .job-table--cursor { background: $cursor-row; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "job-table--muted",
        "job-table--good",
        "job-table--error",
        "job-table--anomaly",
        "job-table--spark",
        "job-table--cursor",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVING,
        Binding("g,home", "edge(-1)", "First", show=False, id="list.first"),
        Binding("G,end", "edge(1)", "Last", show=False, id="list.last", key_display="G"),
    ]

    class Moved(Message):
        """Another job is under the cursor, or the list is another; only the newest matters."""

        def can_replace(self, message: Message) -> bool:
            """Collapse with an earlier one."""
            return isinstance(message, JobTable.Moved)

    class Opened(Message):
        """A job was chosen."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: Sequence[JobRow] = ()
        self._now = 0.0
        self._cursor = 0
        self._columns: tuple[tuple[JobColumn, int], ...] = ()
        self._styles: dict[str, Style] = {}

    @property
    def rows(self) -> Sequence[JobRow]:
        """All jobs, top to bottom."""
        return self._rows

    @property
    def selected(self) -> JobRow | None:
        """The job under the cursor."""
        return self._rows[self._cursor] if self._rows else None

    @property
    def position(self) -> int:
        """The line of the cursor, from 0."""
        return self._cursor

    def show_rows(self, rows: Sequence[JobRow]) -> None:
        """Show these jobs, newest first; the cursor stays on its job."""
        before = self.selected
        self._rows = rows
        same = (n for n, row in enumerate(rows) if before and row.folder == before.folder)
        self._cursor = next(same, min(self._cursor, max(0, len(rows) - 1)))
        self._lay_out()
        self.post_message(self.Moved())

    def tick(self, now: float) -> None:
        """Bring ages up to a moment, in seconds since the epoch."""
        if int(now) != int(self._now):
            self._now = now
            self.refresh()

    def go_to(self, identity: str) -> bool:
        """Put the cursor on a job; whether it is in the list."""
        for position, row in enumerate(self._rows):
            if row.job.id == identity:
                self._go(position)
                return True
        return False

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        self._columns = job_columns_for(width)
        self.virtual_size = Size(width, len(self._rows))
        self._into_view()
        self.refresh()

    # Moving

    def action_move(self, step: int) -> None:
        """Move the cursor by lines."""
        self._go(self._cursor + step)

    def action_page(self, pages: float) -> None:
        """Move the cursor by pages."""
        self._go(self._cursor + int(pages * max(2, self.size.height - 1)))

    def action_edge(self, side: int) -> None:
        """Go to the first (-1) or last line."""
        self._go(0 if side < 0 else len(self._rows) - 1)

    def _go(self, position: int) -> None:
        position = max(0, min(position, len(self._rows) - 1))
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
        """Put the cursor on a line; a second click opens what came of the job."""
        position = self.scroll_offset.y + event.y
        if position < len(self._rows):
            self._go(position)
            if event.chain == 2:
                self.post_message(self.Opened())

    def on_resize(self, _event: Resize) -> None:
        """Choose the columns that fit."""
        self._lay_out()
        self.post_message(self.Moved())

    # Drawing

    def notify_style_update(self) -> None:
        """Forget the looks of the theme that was."""
        self._styles.clear()
        super().notify_style_update()

    def header_text(self) -> str:
        """The columns' titles in their places."""
        titles = (
            (fit_right if column.right else fit)(column.title, width) for column, width in self._columns
        )
        return " " * GUTTER + (" " * GAP).join(titles)

    def render_line(self, y: int) -> Strip:
        """Draw the line at a height within the list."""
        position = self.scroll_offset.y + y
        width = self.scrollable_content_region.width
        if position >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        here = position == self._cursor
        style = self.get_component_rich_style("job-table--cursor") if here else self.rich_style
        strip = self._draw(self._rows[position], here)
        if here and self.app.current_theme.ansi:  # sixteen colours on a coloured row: some cannot be read
            strip = Strip([Segment(segment.text) for segment in strip])
        return strip.apply_style(style).adjust_cell_length(width, style)

    def _draw(self, row: JobRow, here: bool) -> Strip:
        segments = [Segment(glyphs.CURSOR, self._style("spark")) if here else Segment(" " * GUTTER, Style())]
        for column, width in self._columns:
            text = column.text(row, self._now)
            if column.name == "state":
                text = f"{STATE_GLYPHS[row.job.state]} {text}"
            cell = (fit_right if column.right else fit)(text, width) + " " * GAP
            segments.append(Segment(cell, self._style_of(column.name, row)))
        return Strip(segments)

    def _style_of(self, column: str, row: JobRow) -> Style:
        if column == "state":
            return self._style(_STATE_STYLES[row.job.state])
        if column == "what" and row.job.error and row.job.state in ("failed", "lost"):
            return self._style("error")
        if column == "progress" and row.job.state == "running":
            return self._style("spark")
        return self._style("muted") if column in _QUIET else Style()

    def _style(self, name: str) -> Style:
        if name not in self._styles:
            self._styles[name] = ink(self, f"job-table--{name}")
        return self._styles[name]
