"""Runs: every run folder as it is now, replays under their source; filtered, sorted, searched."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Set
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.worker import Worker

from capture.runs.catalogue import RunRow
from capture.runs.filtering import RUN_FIELDS, run_test
from capture.runs.folder import RunFolder
from capture.runs.searching import SEARCH_FIELDS, Hit, search_run
from screens.filtered import FilteredList
from screens.host import FollowsRuns, host
from screens.place import Place
from screens.run import RunScreen
from screens.run_marks import RunMarks
from screens.run_place import RunPlace
from screens.runs_empty import nothing_here, nothing_matches
from tessen.format import money, plural
from tessen.query import Query, parse_query
from tessen.sanitise import one_line
from widgets.column_titles import ColumnTitles
from widgets.empty import EmptyState
from widgets.filter_bar import FilterBar, Language
from widgets.run_compare import Side
from widgets.run_table import RunTable
from widgets.search_bar import SearchBar
from widgets.status_line import Fact, StatusLine, Tone

RUNS = Language(
    RUN_FIELDS,
    "state:failed model:*haiku* cost>0.50 …",
    "state:running,failed  engine:codex  model:*haiku*  tag:baseline  cost>0.50  flagged:yes  since:1d",
)
SEARCH = Language(SEARCH_FIELDS, "", "")
PROGRESS_EVERY = 8
"""Runs searched between two redraws."""


class RunsScreen(FilteredList, Place, RunMarks):
    """The list of runs.

    Args:
        first: a run to open at once, and where in it.
    """

    PLACE = "runs"
    AUTO_FOCUS = "RunTable"
    DEFAULT_CSS = """
    RunsScreen {
        & EmptyState { display: none; }
        &.-empty EmptyState { display: block; }
        &.-empty { & ColumnTitles { display: none; } & RunTable { height: 0; } }
        &.-zoomed { & TopBar, & KeyBar, & StatusLine { display: none; } }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", id="runs.open", tooltip="Open the run"),
        Binding("f", "filter", "Filter", id="runs.filter", tooltip="Filter the list", priority=True),
        Binding(
            "slash",
            "search",
            "Search",
            id="runs.search",
            tooltip="Search in all runs: tool:, file:, any text",
            key_display="/",
            priority=True,
        ),
        Binding(
            "greater_than_sign",
            "sort(1)",
            "Sort",
            id="runs.sort-next",
            key_display=">",
            tooltip="Sort by the next column",
        ),
        Binding(
            "less_than_sign", "sort(-1)", "Sort left", show=False, id="runs.sort-previous", key_display="<"
        ),
        Binding("t", "newest_first", "Newest first", show=False, id="runs.newest"),
        Binding("z", "zoom", "Zoom", show=False, id="runs.zoom"),
        Binding("escape", "back", "Back", show=False, id="runs.back"),
    ]

    def __init__(self, first: tuple[Path, RunPlace] | None = None) -> None:
        super().__init__()
        self._first = first
        self._needle = ""
        self._hits: dict[Path, list[Hit]] = {}
        self._searched = 0
        self._search: Worker[None] | None = None
        self._read = False

    def compose_body(self) -> ComposeResult:
        """The titles, the list or why it is empty, the filter, the search, and how things are."""
        yield ColumnTitles()
        yield RunTable()
        yield EmptyState()
        yield FilterBar(self._values, RUNS)
        yield SearchBar()
        yield StatusLine()

    def on_mount(self) -> None:
        """Read the folder, then keep up with it."""
        self._follow()
        if self._first is not None:
            self.app.push_screen(RunScreen(*self._first))

    @property
    def subject(self) -> str:
        """The folder of runs."""
        return host(self).runs.name

    @property
    def table(self) -> RunTable:
        """The list."""
        return self.query_one(RunTable)

    @property
    def rows(self) -> list[RunRow]:
        """Every run, filtered or not, newest first."""
        return host(self).runs.rows

    @property
    def comparable(self) -> Side | None:
        """The run under the cursor, whole."""
        row = self.table.selected
        return Side(RunFolder(row.path), None, None) if row and not row.problem else None

    # Keeping up

    @work(exclusive=True, group="follow")
    async def _follow(self) -> None:
        """Show every change of the folder, and tell the run that is open."""
        async for changed in host(self).runs.changes():
            self._read = True
            self.draw()
            self._tell(changed)

    def _tell(self, changed: Set[Path]) -> None:
        """Tell the screens on top of this one which runs have changed."""
        for screen in self.app.screen_stack:
            if isinstance(screen, FollowsRuns) and screen.is_mounted:
                screen.runs_changed(changed)

    def tick(self, now: float) -> None:
        """Move the ages."""
        super().tick(now)
        self.table.tick(now)

    def draw(self) -> None:
        """Show the runs that are to be shown."""
        matches = run_test(self.query_wanted, host(self).clock())
        shown = [row for row in self.rows if matches(row) and (not self._needle or row.path in self._hits)]
        self.set_class(not shown, "-empty")
        if not self.rows:
            self.query_one(EmptyState).say(*nothing_here(host(self).runs, reading=not self._read))
        elif not shown:
            self.query_one(EmptyState).say(*nothing_matches(len(self.rows), self._needle, self._searching))
        hits = {path: len(found) for path, found in self._hits.items()} if self._needle else None
        self.table.show_rows(shown, hits)
        self._describe()

    @on(RunTable.Moved)
    def _describe(self) -> None:
        """The titles, and what there is to say of the list."""
        self.query_one(ColumnTitles).show(self.table.header_text())
        self.query_one(StatusLine).say(list(self._facts()), list(self._searching_facts()))

    def _facts(self) -> Iterable[Fact]:
        rows, shown = self.rows, self.table.lines
        if self.table.lines:
            yield Fact(f"line {self.table.position + 1} of {len(shown):,}", "plain")
        if len(shown) != len(rows):
            yield Fact(f"{len(rows):,} in all")
        for state, tone in _NOTED:
            if number := sum(row.state == state for row in rows):
                yield Fact(f"{number} {state}", tone)
        costs = [line.row.meta.total_cost_usd for line in shown if line.row.meta.total_cost_usd is not None]
        if costs:
            yield Fact(money(sum(costs)))
        if host(self).runs.problem:
            yield Fact(one_line(host(self).runs.problem), "error")

    def _searching_facts(self) -> Iterable[Fact]:
        if self._needle:
            what = one_line(f"/{self._needle}", 30)
            how = f"searching {self._searched:,}/{len(self.rows):,}" if self._searching else "esc ends it"
            yield Fact(f"{what}: {plural(len(self._hits), 'run')}, {how}", "plain")

    def flash(self, words: str, tone: Tone = "plain") -> None:
        """Say one thing for a few seconds; raw text is welcome."""
        self.query_one(StatusLine).flash(one_line(words, 300), tone)

    # Filter

    def _values(self, field: str) -> Iterable[str]:
        """What the filter's completion offers."""
        rows = self.rows
        match field:
            case "run":
                found = [row.name for row in rows]
            case "engine":
                found = [row.engine for row in rows]
            case "model":
                found = [row.meta.model or "" for row in rows]
            case "provider":
                found = [row.meta.provider or "" for row in rows]
            case "tag":
                found = [tag for row in rows for tag in row.meta.tags]
            case _:
                found = list(RUNS.by_name[field].allowed) if field in RUNS.by_name else []
        return dict.fromkeys(filter(None, found))

    # Search

    @property
    def _searching(self) -> bool:
        return self._search is not None and self._search.is_running

    def action_search(self) -> None:
        """Open the search line."""
        self.query_one(SearchBar).open()

    @on(SearchBar.Closed)
    def _search_closed(self) -> None:
        self.table.focus()

    @on(SearchBar.Wanted)
    def _search_wanted(self, message: SearchBar.Wanted) -> None:
        query = parse_query(message.text, SEARCH.by_name)
        if query.errors:
            error = query.errors[0]
            self.flash(f"{error.message}{f'; {error.hint}' if error.hint else ''}", "warning")
            return
        self._end_search()
        self._needle = message.text.strip()
        if self._needle:
            self._search = self._look_into(query)
        self.draw()

    @work(exclusive=True, group="search")
    async def _look_into(self, query: Query) -> None:
        """Search one run after another, newest first; what is found shows at once."""
        for number, row in enumerate(self.rows, 1):
            if found := await asyncio.to_thread(search_run, row.path, query):
                self._hits[row.path] = found
            self._searched = number
            if found or number % PROGRESS_EVERY == 0:
                self.draw()
        self._search = None
        self.draw()

    def _end_search(self) -> None:
        """Stop searching, and show every run again."""
        if self._search is not None:
            self._search.cancel()
        self._search, self._needle, self._hits, self._searched = None, "", {}, 0

    # Keys

    async def action_open(self) -> None:
        """Open the run under the cursor."""
        if (row := self.table.selected) is not None:
            await self._open(row)

    @on(RunTable.Opened)
    async def _opened(self, message: RunTable.Opened) -> None:
        await self._open(message.row)

    async def _open(self, row: RunRow) -> None:
        """Open a run, at the first place that the search found in it."""
        if row.problem:
            self.flash(f"{row.name} cannot be opened: {row.problem}", "error")
            return
        hits = self._hits.get(row.path)
        place = RunPlace(hits[0].session, hits[0].replicate, hits[0].step) if hits else None
        screen = RunScreen(row.path, place)
        await screen.prepare(row)
        self.app.push_screen(screen)

    def action_sort(self, step: int) -> None:
        """Sort by the next column, or the one before."""
        self.table.sort_next(step)

    def action_newest_first(self) -> None:
        """Sort by age again."""
        self.table.sort_by("age")

    def action_zoom(self) -> None:
        """Give the list the whole terminal, or give it back."""
        self.toggle_class("-zoomed")

    def action_back(self) -> None:
        """Undo one layer: the zoom, the search, the filter, the order."""
        if self.has_class("-zoomed"):
            self.action_zoom()
        elif self._needle:
            self._end_search()
            self.draw()
        elif not self.undo_filter():
            self.action_newest_first()


_NOTED: tuple[tuple[str, Tone], ...] = (("running", "good"), ("failed", "error"), ("broken", "error"))
