"""The list of runs: one line each, a cursor that stays on its run, only the lines on screen ever drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Click, Resize
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from capture.runs.catalogue import RunRow, under_their_sources
from tessen.sanitise import one_line
from widgets import glyphs
from widgets.cells import clip_middle, fit, fit_right
from widgets.ink import ink
from widgets.moving import MOVING
from widgets.run_columns import GAP, GUTTER, Listed, RunColumn, run_columns_for, sortable, sorted_by

STATE_GLYPHS = {
    "running": glyphs.RUNNING,
    "broken": glyphs.ERROR,
    "failed": glyphs.ERROR,
    "interrupted": glyphs.ANOMALY,
    "finished": glyphs.OK,
}
_STATE_STYLES = {
    "running": "good",
    "broken": "error",
    "failed": "error",
    "interrupted": "anomaly",
    "finished": "muted",
}
_LOUD = {"errors": "error", "flags": "anomaly", "hits": "spark"}
"""Columns whose number is coloured when it is not zero."""
_QUIET = frozenset({"engine", "mode", "tags", "took", "sessions", "age", "about"})


class RunTable(ScrollView, can_focus=True, inherit_bindings=False):
    """The runs in an order, replays under their source."""

    DEFAULT_CSS = """
    RunTable {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        color: $foreground;
        & > .run-table--muted { color: $text-muted; }
        & > .run-table--good { color: $text-success; }
        & > .run-table--error { color: $text-error; text-style: bold; }
        & > .run-table--anomaly { color: $text-warning; }
        & > .run-table--spark { color: $primary; }
        & > .run-table--name { color: $foreground; text-style: bold; }
        & > .run-table--cursor { background: $cursor-row-blurred; }
        &:focus > .run-table--cursor { background: $cursor-row; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "run-table--muted",
        "run-table--good",
        "run-table--error",
        "run-table--anomaly",
        "run-table--spark",
        "run-table--name",
        "run-table--cursor",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVING,
        Binding("g,home", "edge(-1)", "First", show=False, id="list.first"),
        Binding("G,end", "edge(1)", "Last", show=False, id="list.last", key_display="G"),
    ]

    class Moved(Message):
        """The cursor, the columns or the order changed; only the newest matters."""

        def can_replace(self, message: Message) -> bool:
            """Collapse with an earlier one."""
            return isinstance(message, RunTable.Moved)

    class Opened(Message):
        """A run was chosen."""

        def __init__(self, row: RunRow) -> None:
            super().__init__()
            self.row = row

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._given: Sequence[RunRow] = ()
        self._hits: Mapping[Path, int] | None = None
        self._lines: list[Listed] = []
        self._now = 0.0
        self._order = "age"
        self._cursor = 0
        self._name_width = 0
        self._columns: tuple[tuple[RunColumn, int], ...] = ()
        self._styles: dict[str, Style] = {}

    @property
    def lines(self) -> Sequence[Listed]:
        """All lines, top to bottom."""
        return self._lines

    @property
    def selected(self) -> RunRow | None:
        """The run under the cursor."""
        return self._lines[self._cursor].row if self._lines else None

    @property
    def position(self) -> int:
        """The line of the cursor, from 0."""
        return self._cursor

    @property
    def order(self) -> str:
        """The name of the column that the lines are sorted by."""
        return self._order

    # What it shows

    def show_rows(self, rows: Sequence[RunRow], hits: Mapping[Path, int] | None = None) -> None:
        """Show these runs; the cursor stays on its run.

        Args:
            rows: newest first.
            hits: places that a search found in each; None while nothing is searched for.
        """
        self._given, self._hits = rows, hits
        self._arrange()

    def tick(self, now: float) -> None:
        """Bring ages up to a moment, in seconds since the epoch."""
        if int(now) != int(self._now):
            self._now = now
            self.refresh()

    def sort_next(self, step: int) -> None:
        """Sort by the next column to the right (1) or left (-1)."""
        names = sortable(self._columns)
        if names:
            at = names.index(self._order) if self._order in names else -1
            self.sort_by(names[(at + step) % len(names)])

    def sort_by(self, name: str) -> None:
        """Sort by a column."""
        self._order = name
        self._arrange()

    def go_to(self, path: Path) -> bool:
        """Put the cursor on a run; whether it is in the list."""
        for position, line in enumerate(self._lines):
            if line.row.path == path:
                self._go(position)
                return True
        return False

    def _arrange(self) -> None:
        """Sort and nest, and keep the cursor on its run, or near where that was."""
        before = self.selected
        arranged = under_their_sources(sorted_by(self._order, self._given))
        hits = self._hits or {}
        self._lines = [Listed(row, depth, hits.get(row.path, 0)) for row, depth in arranged]
        self._name_width = max(
            (cell_len(one_line(row.name, 200)) + 2 * depth for row, depth in arranged), default=0
        )
        same = (n for n, line in enumerate(self._lines) if before and line.row.path == before.path)
        self._cursor = next(same, min(self._cursor, max(0, len(self._lines) - 1)))
        self._lay_out()
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._lines))
        self._into_view()
        self.refresh()
        self.post_message(self.Moved())

    def _lay_out(self) -> None:
        hidden = frozenset({"hits"}) if self._hits is None else frozenset()
        self._columns = run_columns_for(self.scrollable_content_region.width, self._name_width, hidden)

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
        """Put the cursor on a line; a second click opens the run."""
        position = self.scroll_offset.y + event.y
        if position < len(self._lines):
            self._go(position)
            if event.chain == 2:
                self.post_message(self.Opened(self._lines[position].row))

    def on_resize(self, _event: Resize) -> None:
        """Choose the columns that fit."""
        self._arrange()

    # Drawing

    def notify_style_update(self) -> None:
        """Forget the looks of the theme that was."""
        self._styles.clear()
        super().notify_style_update()

    def header_text(self) -> str:
        """The columns' titles in their places; the one sorted by has an arrow."""
        titles = []
        for column, width in self._columns:
            title = column.title + glyphs.DOWN if column.name == self._order else column.title
            titles.append((fit_right if column.right else fit)(title, width))
        return " " * GUTTER + (" " * GAP).join(titles)

    def render_line(self, y: int) -> Strip:
        """Draw the line at a height within the list."""
        position = self.scroll_offset.y + y
        width = self.scrollable_content_region.width
        if position >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        here = position == self._cursor
        style = self.get_component_rich_style("run-table--cursor") if here else self.rich_style
        strip = self._draw(self._lines[position], here)
        if here and self.app.current_theme.ansi:  # sixteen colours on a coloured row: some cannot be read
            strip = Strip([Segment(segment.text) for segment in strip])
        return strip.apply_style(style).adjust_cell_length(width, style)

    def _draw(self, line: Listed, here: bool) -> Strip:
        segments = [Segment(glyphs.CURSOR, self._style("spark")) if here else Segment(" " * GUTTER, Style())]
        for column, width in self._columns:
            text = column.text(line, self._now)
            if column.name == "state":
                text = f"{STATE_GLYPHS[line.row.state]} {text}"
            if column.name == "run":
                text = clip_middle(text, width)
            cell = (fit_right if column.right else fit)(text, width) + " " * GAP
            segments.append(Segment(cell, self._style_of(column.name, line)))
        return Strip(segments)

    def _style_of(self, column: str, line: Listed) -> Style:
        row = line.row
        if column == "state":
            return self._style(_STATE_STYLES[row.state])
        if column == "run":
            return self._style("name")
        if column == "about" and row.problem:
            return self._style("error")
        if column in _LOUD:
            number = line.hits if column == "hits" else getattr(row, column)
            return self._style(_LOUD[column] if number else "muted")
        return self._style("muted") if column in _QUIET else Style()

    def _style(self, name: str) -> Style:
        if name not in self._styles:
            self._styles[name] = ink(self, f"run-table--{name}")
        return self._styles[name]
