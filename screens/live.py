"""Live: the event stream, newest at the bottom, followed until the cursor moves up."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from capture.log.source import Change
from screens.empty_log import why_empty
from screens.event_keys import EventKeys
from screens.filter_values import FilterValues
from screens.host import host
from screens.live_facts import live_facts
from tessen.query import Query, parse_query
from tessen.sanitise import one_line
from widgets.column_titles import ColumnTitles
from widgets.empty import EmptyState
from widgets.event_list import EventList
from widgets.filter_bar import FilterBar
from widgets.search_bar import SearchBar
from widgets.status_line import StatusLine


class LiveScreen(EventKeys):
    """Every call as it lands.

    Args:
        query: the filter to start with.
        folding: whether identical consecutive failures start folded.
        hidden: columns never shown.
    """

    PLACE = "live"
    AUTO_FOCUS = "EventList"
    DEFAULT_CSS = """
    LiveScreen {
        & ColumnTitles.-empty { display: none; }
        & EventList.-empty { height: 0; }
        & EmptyState { display: none; }
        & EmptyState.-shown { display: block; }
        &.-zoomed { & TopBar, & KeyBar, & ColumnTitles { display: none; } }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "filter", "Filter", id="live.filter", tooltip="Filter the list", priority=True),
        Binding(
            "slash",
            "search",
            "Search",
            id="live.search",
            key_display="/",
            tooltip="Search whole events",
            priority=True,
        ),
        Binding("space", "pause", "Pause", id="live.pause", tooltip="Pause, or follow again"),
        Binding("e", "jump('error', 1)", "Error", id="live.next-error", tooltip="Next error"),
        Binding("E", "jump('error', -1)", "Previous error", show=False, id="live.previous-error"),
        Binding("a", "jump('anomaly', 1)", "Anomaly", id="live.next-anomaly", tooltip="Next anomaly"),
        Binding("A", "jump('anomaly', -1)", "Previous anomaly", show=False, id="live.previous-anomaly"),
        Binding("p", "jump('finding', 1)", "Next event of a finding", show=False, id="live.next-finding"),
        Binding(
            "P", "jump('finding', -1)", "Previous event of a finding", show=False, id="live.previous-finding"
        ),
        Binding("n", "search_again(1)", "Next match", show=False, id="live.next-match"),
        Binding("N", "search_again(-1)", "Previous match", show=False, id="live.previous-match"),
        Binding("u", "toggle_folding", "Fold or unfold all", show=False, id="live.folding"),
        Binding("right,l", "fold(True)", "Expand the fold", show=False, id="live.expand"),
        Binding("left,h", "fold(False)", "Collapse the fold", show=False, id="live.collapse"),
        Binding("z", "zoom", "Zoom", show=False, id="live.zoom"),
        Binding("escape", "back", "Back", show=False, id="live.back", tooltip="Back: search, filter, place"),
    ]

    def __init__(self, query: str = "", folding: bool = True, hidden: frozenset[str] = frozenset()) -> None:
        super().__init__()
        self._first_query = query
        self._folding = folding
        self._hidden = hidden
        self._wanted = ""

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
        if self._first_query:
            self.query_one(FilterBar).set_text(self._first_query)

    def on_unmount(self) -> None:
        """Stop the view's work."""
        if self.view is not None:
            self.view.close()

    # Keeping up

    def log_changed(self, change: Change) -> None:
        """Take new rows into the view and draw them."""
        if self.view is None:
            return
        self.view.refresh()
        self.events.rows_changed(redraw=change.backlog or change.reset)
        self.describe()

    def tick(self, now: float) -> None:
        """Bring the clauses and the agents' column up to date."""
        super().tick(now)
        names = [summary.name for summary in host(self).summaries]
        self.events.set_agent_width(max((cell_len(one_line(name, 200)) for name in names), default=8))
        self.describe()

    def apply_filter(self, text: str, came_from: str = "") -> None:
        """Show only what matches.

        Args:
            text: a filter.
            came_from: the place that `escape` goes back to.
        """
        self.came_from = came_from
        if self.is_mounted:
            self.query_one(FilterBar).set_text(text)
        else:
            self._first_query = text

    def _show(self, query: Query) -> None:
        """Replace the view."""
        before, self.view = self.view, host(self).source.view(query, folding=self._folding)
        self.view.refresh()
        self.events.show_view(self.view)
        if before is not None:
            before.close()
        self.describe()

    def describe(self) -> None:
        """Say how things are, or why there is nothing."""
        if self.view is None:
            return
        source = host(self).source
        empty = not len(self.view.rows)
        for widget in (self.events, self.query_one(ColumnTitles)):
            widget.set_class(empty, "-empty")
        self.query_one(EmptyState).set_class(empty, "-shown")
        if empty:
            self.query_one(EmptyState).say(*why_empty(source, self.view))
        self.query_one(ColumnTitles).show(self.events.header_text())
        left, right = live_facts(host(self), self.view, self.events)
        self.query_one(StatusLine).say(left, right)

    @on(EventList.Moved)
    def _moved(self) -> None:
        self.describe()

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
            self.flash("nothing searched for yet: / searches")

    @work(exclusive=True, group="search")
    async def _search(self, step: int, *, or_turn: bool = False) -> None:
        """Look through the bodies on disk; `or_turn` looks the other way when there is nothing."""
        position = self.events.position
        if self.view is None or position is None:
            return
        self.flash(f"searching for {one_line(self._wanted, 40)} …")
        found = await self.view.search(self._wanted, position + (0 if or_turn else step), step)
        if found is None and or_turn:
            found = await self.view.search(self._wanted, position, -step)
        self._go_or_say(found, f"“{one_line(self._wanted, 40)}”", step)

    def action_jump(self, what: str, step: int) -> None:
        """Go to the next or previous error, anomaly or event of a finding; while following, to the newest."""
        position = self.events.position
        if self.view is None or position is None:
            return
        newest = self.events.following
        found = self.view.find(position + 1 if newest else position, what, -1 if newest else step)
        self._go_or_say(found, what, -1 if newest else step)

    def _go_or_say(self, found: int | None, what: str, step: int) -> None:
        if found is not None:
            self.flash(f"{what}: line {found + 1:,} of {self.events.line_count:,}")
            self.events.go_to(found)
        else:
            self.flash(f"no {what} {'below' if step > 0 else 'above'}", "warning")

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
        if self.view is not None:
            self._show(self.view.query)
        self.flash("identical failures are folded" if self._folding else "every failure has its own line")

    def action_fold(self, expand: bool) -> None:
        """Expand or collapse the fold under the cursor."""
        if not self.events.toggle_fold(expand=expand):
            self.flash("this line is no fold" if expand else "this line is not part of an expanded fold")

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
            self.flash("search ended")
        elif bar.text.strip() and not self.came_from:
            bar.set_text("")
        elif self.came_from:
            place, self.came_from = self.came_from, ""
            bar.set_text("")
            host(self).show_place(place)
