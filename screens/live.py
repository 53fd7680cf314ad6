"""Live: the event stream, newest at the bottom, followed until the cursor moves up."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.timer import Timer

from capture.log.query import Query, parse_query
from capture.log.source import Change, LoadedEvent, RowId, View
from screens.empty_log import why_empty
from screens.event_file import clipboard_text, write_event
from screens.filter_values import FilterValues
from screens.host import host
from screens.live_facts import live_facts
from screens.place import Place
from widgets import format as show
from widgets.column_titles import ColumnTitles
from widgets.empty import EmptyState
from widgets.event_list import EventList
from widgets.filter_bar import FilterBar
from widgets.sanitise import one_line
from widgets.search_bar import SearchBar
from widgets.status_line import StatusLine, Tone

SEARCHING_POLL_S = 0.1
"""How often the view is asked for rows while a text term is being looked for on disk."""


class LiveScreen(Place):
    """Every call as it lands.

    Args:
        query: the filter to start with.
        folding: whether identical consecutive failures start folded.
        hidden: columns never shown.
    """

    PLACE = "live"
    DEFAULT_CSS = """
    LiveScreen {
        & EventList.-empty, & ColumnTitles.-empty { display: none; }
        & EmptyState { display: none; }
        & EmptyState.-shown { display: block; }
        &.-zoomed { & TopBar, & KeyBar, & ColumnTitles { display: none; } }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "inspect", "Inspect", id="live.inspect", tooltip="Inspect the event"),
        Binding("f", "filter", "Filter", id="live.filter", tooltip="Filter the list"),
        Binding(
            "slash", "search", "Search", id="live.search", key_display="/", tooltip="Search whole events"
        ),
        Binding("space", "pause", "Pause", id="live.pause", tooltip="Pause, or follow again"),
        Binding("e", "jump('error', 1)", "Error", id="live.next-error", tooltip="Next error"),
        Binding("E", "jump('error', -1)", "Previous error", show=False, id="live.previous-error"),
        Binding("a", "jump('anomaly', 1)", "Anomaly", id="live.next-anomaly", tooltip="Next anomaly"),
        Binding("A", "jump('anomaly', -1)", "Previous anomaly", show=False, id="live.previous-anomaly"),
        Binding("n", "search_again(1)", "Next match", show=False, id="live.next-match"),
        Binding("N", "search_again(-1)", "Previous match", show=False, id="live.previous-match"),
        Binding("s", "session", "Session", id="live.session", tooltip="Only this event's session"),
        Binding("m", "mark", "Mark", id="live.mark", tooltip="Mark, to compare with"),
        Binding(
            "equals_sign",
            "compare",
            "Compare",
            id="live.compare",
            key_display="=",
            tooltip="Compare with the marked",
        ),
        Binding("u", "toggle_folding", "Fold or unfold all", show=False, id="live.folding"),
        Binding("right,l", "fold(True)", "Expand the fold", show=False, id="live.expand"),
        Binding("left,h", "fold(False)", "Collapse the fold", show=False, id="live.collapse"),
        Binding("y", "copy", "Copy", show=False, id="live.copy", tooltip="Copy the event (OSC 52)"),
        Binding("w", "write", "Write to a file", show=False, id="live.write"),
        Binding("z", "zoom", "Zoom", show=False, id="live.zoom"),
        Binding("escape", "back", "Back", show=False, id="live.back", tooltip="Back: search, filter, place"),
    ]

    def __init__(self, query: str = "", folding: bool = True, hidden: frozenset[str] = frozenset()) -> None:
        super().__init__()
        self._first_query = query
        self._folding = folding
        self._hidden = hidden
        self._view: View | None = None
        self._wanted = ""
        self._came_from = ""
        self._poll: Timer | None = None

    def compose_body(self) -> ComposeResult:
        """Filter, titles, list or the reason why it is empty, search, facts."""
        source = host(self).source
        yield FilterBar(FilterValues(lambda: host(self).summaries))
        yield ColumnTitles()
        yield EventList(source, self._hidden)
        yield EmptyState()
        yield SearchBar()
        yield StatusLine()

    def on_mount(self) -> None:
        """Show the first view."""
        self._show(parse_query(""))
        self.query_one(EventList).focus()
        if self._first_query:
            self.apply_filter(self._first_query)

    def on_unmount(self) -> None:
        """Stop the view's work."""
        if self._view is not None:
            self._view.close()

    @property
    def events(self) -> EventList:
        """The list."""
        return self.query_one(EventList)

    # Keeping up

    def log_changed(self, change: Change) -> None:
        """Take new rows into the view and draw them."""
        if self._view is None:
            return
        self._view.refresh()
        self.events.rows_changed(redraw=change.backlog or change.reset)
        self._describe()

    def tick(self, now: float) -> None:
        """Bring the clauses and the agents' column up to date."""
        super().tick(now)
        names = [summary.name for summary in host(self).summaries]
        self.events.set_agent_width(max((cell_len(one_line(name, 200)) for name in names), default=8))
        self._describe()

    def apply_filter(self, text: str, came_from: str = "") -> None:
        """Show only what matches.

        Args:
            text: a filter.
            came_from: the place that `escape` goes back to.
        """
        self._came_from = came_from
        self.query_one(FilterBar).set_text(text)

    def _show(self, query: Query) -> None:
        """Replace the view."""
        before, self._view = self._view, host(self).source.view(query, folding=self._folding)
        self._view.refresh()
        self.events.show_view(self._view)
        if before is not None:
            before.close()
        self._describe()
        if self._view.searching and self._poll is None:
            self._poll = self.set_interval(SEARCHING_POLL_S, self._poll_search)

    def _poll_search(self) -> None:
        assert self._view is not None
        self._view.refresh()
        self.events.rows_changed()
        self._describe()
        if not self._view.searching and self._poll is not None:
            self._poll.stop()
            self._poll = None

    def _describe(self) -> None:
        """Say how things are, or why there is nothing."""
        if self._view is None:
            return
        source = host(self).source
        empty = not len(self._view.rows)
        for widget in (self.events, self.query_one(ColumnTitles)):
            widget.set_class(empty, "-empty")
        self.query_one(EmptyState).set_class(empty, "-shown")
        if empty:
            self.query_one(EmptyState).say(*why_empty(source, self._view))
        self.query_one(ColumnTitles).show(self.events.header_text())
        left, right = live_facts(source, self._view, self.events, host(self).marked)
        self.query_one(StatusLine).say(left, right)

    @on(EventList.Moved)
    def _moved(self) -> None:
        self._describe()

    # Filter and search

    @on(FilterBar.Changed)
    def _filter_changed(self, event: FilterBar.Changed) -> None:
        self._show(event.query)

    @on(FilterBar.Closed)
    @on(SearchBar.Closed)
    def _bar_closed(self) -> None:
        self.events.focus()

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one(FilterBar).open()

    def action_search(self) -> None:
        """Type a text to look for."""
        self.query_one(SearchBar).open()

    @on(SearchBar.Wanted)
    def _search_wanted(self, event: SearchBar.Wanted) -> None:
        self._wanted = event.text
        self.events.set_search(event.text)
        if event.text:
            self._search(-1 if self.events.following else 1, or_turn=True)

    def action_search_again(self, step: int) -> None:
        """Go to the next match below, or the previous one above."""
        if self._wanted:
            self._search(step)
        else:
            self._flash("nothing searched for yet: / searches")

    @work(exclusive=True, group="search")
    async def _search(self, step: int, *, or_turn: bool = False) -> None:
        """Look through the bodies on disk; `or_turn` looks the other way when there is nothing."""
        position = self.events.position
        if self._view is None or position is None:
            return
        self._flash(f"searching for {one_line(self._wanted, 40)} …")
        found = await self._view.search(self._wanted, position + (0 if or_turn else step), step)
        if found is None and or_turn:
            found = await self._view.search(self._wanted, position, -step)
        self._go_or_say(found, f"“{one_line(self._wanted, 40)}”", step)

    def action_jump(self, what: str, step: int) -> None:
        """Go to the next or previous error or anomaly; while following, to the newest one."""
        position = self.events.position
        if self._view is None or position is None:
            return
        newest = self.events.following
        found = self._view.find(position + 1 if newest else position, what, -1 if newest else step)
        self._go_or_say(found, what, -1 if newest else step)

    def _go_or_say(self, found: int | None, what: str, step: int) -> None:
        if found is not None:
            self._flash(f"{what}: line {found + 1:,} of {self.events.line_count:,}")
            self.events.go_to(found)
        else:
            self._flash(f"no {what} {'below' if step > 0 else 'above'}", "warning")

    # Following and folding

    def action_pause(self) -> None:
        """Stop following, or follow again."""
        if self.events.following:
            self.events.following = False
        else:
            self.events.action_follow()

    def action_toggle_folding(self) -> None:
        """Fold identical consecutive failures, or show each."""
        self._folding = not self._folding
        if self._view is not None:
            self._show(self._view.query)
        self._flash("identical failures are folded" if self._folding else "every failure has its own line")

    def action_fold(self, expand: bool) -> None:
        """Expand or collapse the fold under the cursor."""
        row = self.events.cursor
        if self._view is None or row is None:
            return
        self.events.toggle_fold(row, expand=expand)

    # One event

    def action_inspect(self) -> None:
        """Open the event under the cursor."""
        if (row := self.events.cursor) is not None:
            self._inspect(row)

    @on(EventList.Opened)
    def _opened(self, event: EventList.Opened) -> None:
        self._inspect(event.row)

    def _inspect(self, row: RowId) -> None:
        from screens.inspector import InspectorScreen

        self.events.following = False
        self.app.push_screen(InspectorScreen(host(self).source, row, self._view))

    def action_mark(self) -> None:
        """Mark the event under the cursor, or take its mark away."""
        row = self.events.cursor
        host(self).marked = None if row == host(self).marked else row
        self.events.set_marked(host(self).marked)
        self._flash(
            "marked: = on another event compares" if host(self).marked is not None else "mark removed"
        )
        self._describe()

    def action_compare(self) -> None:
        """Compare the event under the cursor with the marked one."""
        from screens.compare import CompareScreen

        marked, row = host(self).marked, self.events.cursor
        if marked is None or row is None:
            self._flash("nothing marked yet: m marks the event under the cursor", "warning")
        elif marked == row:
            self._flash("this is the marked event: move to another one", "warning")
        else:
            self.app.push_screen(CompareScreen(host(self).source, marked, row))

    @work(exclusive=True, group="event")
    async def action_session(self) -> None:
        """Show only the session of the event under the cursor."""
        if (loaded := await self._load()) is None:
            return
        session = loaded.event.get("session_id")
        if isinstance(session, str) and session:
            self.apply_filter(f"session:{session}", came_from=self._came_from)
        else:
            self._flash("this event has no session id", "warning")

    @work(exclusive=True, group="event")
    async def action_copy(self) -> None:
        """Copy the event's line to the clipboard, also over SSH."""
        if (loaded := await self._load()) is None:
            return
        if (text := clipboard_text(loaded)) is None:
            self._flash(
                f"{show.size(len(loaded.raw))} is too much for a clipboard: w writes a file", "warning"
            )
        else:
            self.app.copy_to_clipboard(text)
            self._flash(f"copied {show.size(len(loaded.raw))}", "good")

    @work(exclusive=True, group="event")
    async def action_write(self) -> None:
        """Write the event's line to a file in the current folder."""
        if (loaded := await self._load()) is None:
            return
        try:
            path = write_event(loaded, Path.cwd())
        except OSError as error:
            self._flash(one_line(f"not written: {error.strerror or error}"), "error")
        else:
            self._flash(one_line(f"written to {path}"), "good")

    async def _load(self) -> LoadedEvent | None:
        row = self.events.cursor
        if row is None:
            return None
        try:
            return await host(self).source.load(row)
        except LookupError as error:
            self._flash(one_line(str(error.args[0] if error.args else error)), "error")
            return None

    # The rest

    def action_zoom(self) -> None:
        """Give the list the whole terminal, or give it back."""
        self.toggle_class("-zoomed")

    def action_back(self) -> None:
        """Undo one layer: the zoom, the search, the filter; then go to where this was opened from."""
        bar = self.query_one(FilterBar)
        if self.has_class("-zoomed"):
            self.action_zoom()
        elif self._wanted:
            self._wanted = ""
            self.events.set_search("")
            self._flash("search ended")
        elif bar.text.strip() and not self._came_from:
            bar.set_text("")
        elif self._came_from:
            place, self._came_from = self._came_from, ""
            bar.set_text("")
            host(self).show_place(place)

    def _flash(self, text: str, tone: Tone = "plain") -> None:
        self.query_one(StatusLine).flash(text, tone)
