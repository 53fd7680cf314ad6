"""Jobs: every resample, replay and judge job, whoever started it, how far it is, and what came of it."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from capture.jobs import Board, Follower, JobError, JobFolder, JobRow, cancel, jobs_dir
from screens.job_results import result_screen
from screens.place import Place
from tessen.format import money, plural
from tessen.sanitise import one_line
from widgets.column_titles import ColumnTitles
from widgets.document import Document
from widgets.empty import EmptyState
from widgets.job_document import OUTPUT_KEPT, job_items
from widgets.job_table import JobTable
from widgets.status_line import Fact, StatusLine, Tone

LOOK_S = 1.0
"""How often to look, while the screen is in front."""


class JobsScreen(Place):
    """The list of jobs, and below it the one under the cursor with its output."""

    PLACE = "jobs"
    AUTO_FOCUS = "JobTable"
    DEFAULT_CSS = """
    JobsScreen {
        & Document { height: 1fr; border-top: hkey $panel; }
        & JobTable { height: 1fr; min-height: 3; }
        & EmptyState { display: none; }
        &.-empty EmptyState { display: block; }
        &.-empty { & ColumnTitles, & Document { display: none; } & JobTable { height: 0; min-height: 0; } }
        &.-zoomed { & TopBar, & KeyBar, & StatusLine, & JobTable, & ColumnTitles { display: none; } }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", id="jobs.open", tooltip="Open what came of the job", priority=True),
        Binding("x", "cancel", "Cancel", id="jobs.cancel", tooltip="Cancel the job; asks once"),
        Binding("tab", "cycle", "Output", id="jobs.other-part", tooltip="List or output", priority=True),
        Binding("z", "zoom", "Zoom", id="jobs.zoom", tooltip="The output takes the whole terminal"),
        Binding("escape", "back", "Back", show=False, id="jobs.back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._board = Board()
        self._problem = ""
        self._read = False
        self._asked = ""
        self._followed: JobFolder | None = None
        self._follower: Follower | None = None
        self._output = ""
        self._cut = False
        self._drawn: tuple[JobRow, str] | None = None

    def compose_body(self) -> ComposeResult:
        """The titles, the list or why it is empty, the job under the cursor, and how things are."""
        yield ColumnTitles()
        yield JobTable()
        yield EmptyState()
        yield Document()
        yield StatusLine()

    @property
    def subject(self) -> str:
        """The folder of jobs."""
        return str(jobs_dir())

    @property
    def table(self) -> JobTable:
        """The list."""
        return self.query_one(JobTable)

    @property
    def document(self) -> Document:
        """The job under the cursor."""
        return self.query_one(Document)

    def on_mount(self) -> None:
        """Look, and go on looking while somebody does."""
        self.set_interval(LOOK_S, self._look_if_seen)

    def on_screen_resume(self) -> None:
        """Look at once."""
        super().on_screen_resume()
        self._look()

    def tick(self, now: float) -> None:
        """Move the ages."""
        super().tick(now)
        self.table.tick(now)

    # Keeping up

    def _look_if_seen(self) -> None:
        if self.is_current:
            self._look()

    @work(exclusive=True, group="look")
    async def _look(self) -> None:
        """Read what has changed of the jobs, and what the one under the cursor has printed since."""
        try:
            rows, self._problem = await asyncio.to_thread(self._board.read), ""
        except OSError as error:
            rows, self._problem = [], f"{error.filename}: {error.strerror}"
        self._read = True
        if list(self.table.rows) != rows:
            self.table.show_rows(rows)
        self.set_class(not rows, "-empty")
        if not rows:
            self.query_one(EmptyState).say(*self._nothing())
        await self._follow()
        self._describe()

    async def _follow(self) -> None:
        """Take in what the selected job has printed."""
        row = self.table.selected
        if row is None:
            return
        if row.folder != self._followed or self._follower is None:
            self._followed, self._follower = row.folder, Follower(row.folder)
            self._output, self._cut = "", False
        try:
            more = (await asyncio.to_thread(self._follower.news)).output
        except JobError:
            return  # cleared away since the list was read
        self._cut = self._cut or len(self._output) + len(more) > OUTPUT_KEPT
        self._output = (self._output + more)[-OUTPUT_KEPT:]
        self._draw_job(row)

    def _draw_job(self, row: JobRow) -> None:
        """Show a job; the end of its output stays in view where it was."""
        if self._drawn == (row, self._output):
            return
        same = self._drawn is not None and self._drawn[0].folder == row.folder
        self._drawn = row, self._output
        items = job_items(row, self._output, cut=self._cut)
        at_end = self.document.scroll_offset.y >= self.document.max_scroll_y
        if not same:
            self.document.show(items)
            return
        self.document.renew(items)
        if at_end and self.focused is not self.document:
            self.document.scroll_end(animate=False)

    def _nothing(self) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        if self._problem:
            return "The jobs cannot be read", (self._problem,), ()
        return (
            "No jobs",
            (
                "Work that asks models again is listed here, whoever starts it.",
                "On an event: r asks it again, i edits it first, J judges its session.",
                "In a run: r i R J, on the turn under the cursor. On a terminal:",
            ),
            ("harness resample RUN --request 5 --count 10 --detach",),
        )

    @on(JobTable.Moved)
    def _moved(self) -> None:
        row = self.table.selected
        if row is None or row.job.id != self._asked:
            self._asked = ""
        self._describe()
        if row is not None and row.folder != self._followed:
            self._look()

    def _describe(self) -> None:
        """The titles, and what there is to say."""
        self.query_one(ColumnTitles).show(self.table.header_text())
        self.query_one(StatusLine).say(self._facts())

    def _facts(self) -> list[Fact]:
        if self._asked:
            return [Fact(f"cancel job {self._asked}? x again does, esc does not", "warning")]
        rows = self.table.rows
        facts = [Fact(f"line {self.table.position + 1} of {len(rows):,}", "plain")] if rows else []
        if running := sum(not row.job.ended for row in rows):
            facts.append(Fact(f"{running} under way", "good"))
        if failed := sum(row.job.state in ("failed", "lost") for row in rows):
            facts.append(Fact(f"{failed} failed", "error"))
        costs = [row.progress.cost_usd for row in rows if row.progress and row.progress.cost_usd is not None]
        if costs:
            facts.append(Fact(f"{money(sum(costs))} in all"))
        if self._board.unreadable:
            words = f"{plural(len(self._board.unreadable), 'job')} unreadable: {self._board.unreadable[0]}"
            facts.append(Fact(one_line(words, 300), "error"))
        return facts

    def flash(self, words: str, tone: Tone = "plain") -> None:
        """Say one thing for a few seconds; raw text is welcome."""
        self.query_one(StatusLine).flash(one_line(words, 300), tone)

    # Keys

    def action_open(self) -> None:
        """Open what came of the job under the cursor."""
        if (row := self.table.selected) is None:
            return
        found = result_screen(row.job)
        if isinstance(found, str):
            self.flash(found, "warning")
        else:
            self.app.push_screen(found)

    @on(JobTable.Opened)
    def _opened(self) -> None:
        self.action_open()

    def action_cancel(self) -> None:
        """Ask, and the second time cancel the job under the cursor."""
        row = self.table.selected
        if row is None or row.job.ended:
            self.flash("this job has ended already" if row else "there is no job")
        elif self._asked == row.job.id:
            self._asked = ""
            self.flash(f"job {row.job.id} is told to stop; what it has is kept")
            self._cancel(row.folder)
        else:
            self._asked = row.job.id
            self._describe()

    @work(group="cancel")
    async def _cancel(self, folder: JobFolder) -> None:
        """End a job, which takes up to half a minute."""
        try:
            job = await asyncio.to_thread(cancel, folder)
        except (JobError, OSError) as error:
            self.flash(f"not cancelled: {error}", "error")
        else:
            self.flash(f"job {job.id}: {job.state}")
        self._look()

    def action_cycle(self) -> None:
        """Give the keys to the output, or back to the list."""
        other = self.table if self.focused is self.document else self.document
        if not self.has_class("-empty"):
            self.set_focus(other, scroll_visible=False)

    def action_zoom(self) -> None:
        """Give the output the whole terminal, or give it back."""
        self.toggle_class("-zoomed")
        self.set_focus(self.document if self.has_class("-zoomed") else self.table, scroll_visible=False)

    def action_back(self) -> None:
        """Undo one layer: the question, the zoom, the keys of the output."""
        if self._asked:
            self._asked = ""
            self._describe()
        elif self.has_class("-zoomed"):
            self.action_zoom()
        else:
            self.set_focus(self.table, scroll_visible=False)
