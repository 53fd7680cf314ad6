"""The list of runs: replays under their source, in the order of a column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.cells import cell_len
from rich.style import Style
from textual.message import Message

from capture.runs.catalogue import RunRow, under_their_sources
from tessen.sanitise import one_line
from widgets import glyphs
from widgets.cells import clip_middle
from widgets.cursor_list import CursorList
from widgets.run_columns import Listed, RunColumn, run_columns_for, sortable, sorted_by

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
_LOUD = {"errors": "error", "flags": "anomaly", "hits": "mark"}
"""Columns whose number is coloured when it is not zero."""
_QUIET = frozenset({"engine", "mode", "tags", "took", "sessions", "age", "about"})


class RunTable(CursorList[Listed, RunColumn]):
    """The runs in an order, replays under their source."""

    class Opened(Message):
        """A run was chosen."""

        def __init__(self, row: RunRow) -> None:
            super().__init__()
            self.row = row

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._given: Sequence[RunRow] = ()
        self._hits: Mapping[Path, int] | None = None
        self._order = "age"
        self._name_width = 0

    @property
    def selected(self) -> RunRow | None:
        """The run under the cursor."""
        return self.under_cursor.row if self.under_cursor else None

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
        return self.go_where(lambda line: line.row.path == path)

    def _arrange(self) -> None:
        """Sort and nest."""
        arranged = under_their_sources(sorted_by(self._order, self._given))
        hits = self._hits or {}
        self._name_width = max(
            (cell_len(one_line(row.name, 200)) + 2 * depth for row, depth in arranged), default=0
        )
        self.show_lines([Listed(row, depth, hits.get(row.path, 0)) for row, depth in arranged])

    # How it looks

    def identity(self, line: Listed) -> object:
        """A run's folder."""
        return line.row.path

    def columns_for(self, width: int) -> tuple[tuple[RunColumn, int], ...]:
        """The columns that fit, and the cells that each takes."""
        hidden = frozenset({"hits"}) if self._hits is None else frozenset()
        return run_columns_for(width, self._name_width, hidden)

    def title_of(self, column: RunColumn) -> str:
        """What stands above a column; the one sorted by has an arrow."""
        return column.title + glyphs.DOWN if column.name == self._order else column.title

    def text_of(self, column: RunColumn, width: int, line: Listed) -> str:
        """What stands in a cell: the state with its glyph, a long name cut in the middle."""
        text = column.text(line, self._now)
        if column.name == "state":
            return f"{STATE_GLYPHS[line.row.state]} {text}"
        return clip_middle(text, width) if column.name == "run" else text

    def style_of(self, column: str, line: Listed) -> Style:
        """How a cell looks: a state by its colour, numbers of concern loud where they are not zero."""
        row = line.row
        if column == "state":
            return self.look(_STATE_STYLES[row.state])
        if column == "run":
            return self.look("name")
        if column == "about" and row.problem:
            return self.look("error")
        if column in _LOUD:
            number = line.hits if column == "hits" else getattr(row, column)
            return self.look(_LOUD[column] if number else "muted")
        return self.look("muted") if column in _QUIET else Style()

    def open(self, line: Listed) -> None:
        """Say which run was chosen."""
        self.post_message(self.Opened(line.row))
