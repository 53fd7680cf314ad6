"""The list of jobs."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from textual.message import Message

from capture.jobs import JobRow
from widgets import glyphs
from widgets.cursor_list import CursorList
from widgets.job_columns import JobColumn, job_columns_for

STATE_GLYPHS = {
    "queued": glyphs.STALLED,
    "running": glyphs.RUNNING,
    "finished": glyphs.OK,
    "failed": glyphs.ERROR,
    "cancelled": glyphs.ANOMALY,
    "lost": glyphs.ERROR,
}
_STATE_STYLES = {
    "queued": "mark",
    "running": "good",
    "finished": "muted",
    "failed": "error",
    "cancelled": "anomaly",
    "lost": "error",
}
_QUIET = frozenset({"kind", "age", "job"})


class JobTable(CursorList[JobRow, JobColumn]):
    """The jobs, newest first."""

    class Opened(Message):
        """A job was chosen."""

    @property
    def rows(self) -> Sequence[JobRow]:
        """All jobs, top to bottom."""
        return self._lines

    @property
    def selected(self) -> JobRow | None:
        """The job under the cursor."""
        return self.under_cursor

    def show_rows(self, rows: Sequence[JobRow]) -> None:
        """Show these jobs, newest first; the cursor stays on its job."""
        self.show_lines(rows)

    def go_to(self, identity: str) -> bool:
        """Put the cursor on a job; whether it is in the list."""
        return self.go_where(lambda row: row.job.id == identity)

    def identity(self, line: JobRow) -> object:
        """A job's folder."""
        return line.folder

    def columns_for(self, width: int) -> tuple[tuple[JobColumn, int], ...]:
        """The columns that fit, and the cells that each takes."""
        return job_columns_for(width)

    def text_of(self, column: JobColumn, width: int, line: JobRow) -> str:
        """What stands in a cell, the state with its glyph."""
        text = column.text(line, self._now)
        return f"{STATE_GLYPHS[line.job.state]} {text}" if column.name == "state" else text

    def style_of(self, column: str, line: JobRow) -> Style:
        """How a cell looks: a state by its colour, an error as one."""
        if column == "state":
            return self.look(_STATE_STYLES[line.job.state])
        if column == "what" and line.job.error and line.job.state in ("failed", "lost"):
            return self.look("error")
        if column == "progress" and line.job.state == "running":
            return self.look("mark")
        return self.look("muted") if column in _QUIET else Style()

    def open(self, line: JobRow) -> None:
        """Say that a job was chosen."""
        self.post_message(self.Opened())
