"""Call sites: the calls in the code that made no event in a period, and the events that no map knows of.

What belongs here is the list, its period and its filter; the keys on one entry are `screens.site_keys`, and
what is matched with what is `capture.coverage`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from capture.callsites import MapEntry
from capture.coverage import Coverage, Look
from capture.log.source import Change
from screens.filtered import FilteredList
from screens.host import host
from screens.live_facts import percent
from screens.site_keys import SiteKeys
from screens.sites_words import (
    PERIODS,
    SITES,
    USUAL,
    counted,
    live_filter,
    nothing_here,
    offered,
    selected_facts,
)
from tessen.sanitise import one_line
from tessen.sites.filtering import site_test
from tessen.sites.mapped import Mapped
from tessen.sites.match import Found
from widgets.column_titles import ColumnTitles
from widgets.empty import EmptyState
from widgets.filter_bar import FilterBar
from widgets.key_bar import KeyBar
from widgets.site_columns import at_home
from widgets.site_table import SiteTable
from widgets.status_line import Fact, StatusLine
from widgets.title_line import TitleLine

BUSY_SHARE = 20
"""While calls arrive they are matched so seldom that it takes at most this part of the time."""


class SitesScreen(FilteredList, SiteKeys):
    """The calls in an agent's code, or in the code of all agents.

    Args:
        agent: whose, to begin with; None for all.
    """

    AUTO_FOCUS = "SiteTable"
    DEFAULT_CSS = """
    SitesScreen {
        & EmptyState { display: none; }
        &.-empty EmptyState { display: block; }
        &.-empty { & ColumnTitles, & #about { display: none; } & SiteTable { height: 0; } }
        &.-zoomed { & TitleLine, & KeyBar, & StatusLine { display: none; } }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "right_square_bracket",
            "period(1)",
            "Longer",
            id="sites.longer",
            key_display="]",
            tooltip="A longer period",
        ),
        Binding(
            "left_square_bracket",
            "period(-1)",
            "Shorter",
            id="sites.shorter",
            key_display="[",
            tooltip="A shorter period",
        ),
        Binding("v", "whose", "All agents", id="sites.whose", tooltip="The agent's calls, or all agents'"),
        Binding("f", "filter", "Filter", id="sites.filter", tooltip="Filter the list", priority=True),
        Binding("ctrl+r", "map", "Map again", show=False, id="sites.map"),
        Binding("z", "zoom", "Zoom", show=False, id="sites.zoom"),
        Binding("escape", "back", "Back", id="sites.back", key_display="esc"),
    ]

    def __init__(self, agent: str | None) -> None:
        super().__init__()
        self._chosen = agent
        self._agent = agent
        self._period = USUAL
        self._coverage: Coverage | None = None
        self._look: Look | None = None
        self._doing = "Reading the log …"
        self._behind = self._partial = False
        self._rests_until = 0.0

    def compose(self) -> ComposeResult:
        """The title, the list or why it is empty, what there is to say of the line, and of all."""
        yield TitleLine()
        yield ColumnTitles()
        yield SiteTable()
        yield EmptyState()
        yield FilterBar(self._values, SITES)
        yield StatusLine(id="about")
        yield StatusLine(id="facts")
        yield KeyBar()

    def on_mount(self) -> None:
        """Map, and look."""
        self.action_map()

    @property
    def table(self) -> SiteTable:
        """The list."""
        return self.query_one(SiteTable)

    @property
    def selected(self) -> Found | None:
        """The entry under the cursor."""
        return self.table.selected

    def entry_of(self, site: Mapped) -> MapEntry | None:
        """What the map says of a call; None while there is no map."""
        return self._coverage.entry(site) if self._coverage else None

    def filter_of(self, found: Found) -> str:
        """The filter of Live that shows an entry's events."""
        return live_filter(found, self._agent, self._period)

    @on(SiteTable.Opened)
    def _opened(self) -> None:
        self.action_open()

    # Keeping up

    def log_changed(self, change: Change) -> None:
        """Look again with the next second."""
        self._behind = True

    def tick(self, now: float) -> None:
        """Move the ages, and take in what is new."""
        self.table.tick(now)
        if self._partial and host(self).source.progress.done:
            self.action_map()
        elif self._behind and not self._is_reading and time.monotonic() >= self._rests_until:
            self._read()

    def on_screen_resume(self) -> None:
        """Take in what came while another screen was in front."""
        self._behind = True

    @work(exclusive=True, group="map")
    async def action_map(self) -> None:
        """Map the repositories of the calls, and match."""
        source = host(self).source
        coverage, self._partial = Coverage(source, self._agent), not source.progress.done
        await coverage.map(self._say_mapping)
        self._coverage = coverage
        self._read()

    def _say_mapping(self, root: str) -> None:
        self._doing = f"Mapping {root} …"
        self.draw()

    @property
    def _is_reading(self) -> bool:
        """Whether the log is being matched; on a long one that may take more than a second."""
        mine = (worker for worker in self.workers if worker.node is self and worker.group == "read")
        return not all(worker.is_finished for worker in mine)

    @work(exclusive=True, group="read")
    async def _read(self) -> None:
        """Match the maps with the log as it is now."""
        coverage, self._behind = self._coverage, False
        if coverage is None:
            return
        began = time.monotonic()
        look = await coverage.look(host(self).clock() - PERIODS[self._period][1])
        self._rests_until = time.monotonic() + BUSY_SHARE * (time.monotonic() - began)
        if coverage is self._coverage:
            self._look, self._doing = look, ""
            self.draw()

    def draw(self) -> None:
        """Show the entries that are to be shown, or why there are none."""
        found = self._look.found if self._look else ()
        holds = site_test(self.query_wanted)
        shown = [each for each in found if holds(each)]
        self.set_class(not shown, "-empty")
        if not shown:
            said = nothing_here(self._coverage, found, self._doing, str(self.query_wanted))
            self.query_one(EmptyState).say(*said)
        self.table.tick(host(self).clock())
        if shown != list(self.table.lines):
            self.table.show_lines(shown)
        name = "all agents" if self._agent is None else one_line(self._agent, 60)
        roots = ", ".join(at_home(each.root) for each in self._coverage.maps) if self._coverage else ""
        self.query_one(TitleLine).say(f"Call sites of {name} · {PERIODS[self._period][0]}", roots)
        self._describe()

    @on(SiteTable.Moved)
    def _describe(self) -> None:
        """The titles, what there is to say of the line under the cursor, and of all."""
        self.query_one(ColumnTitles).show(self.table.header_text())
        selected = self.table.selected
        self.query_one("#about", StatusLine).say(selected_facts(selected) if selected else ())
        self.query_one("#facts", StatusLine).say(self._facts(), self._warnings())

    def _facts(self) -> list[Fact]:
        shown = self.table.lines
        at = [Fact(f"line {self.table.position + 1} of {len(shown):,}", "plain")] if shown else []
        return [*at, *counted(shown, self._look.placeless if self._look else 0)]

    def _warnings(self) -> list[Fact]:
        problems = self._coverage.problems if self._coverage else ()
        said = [Fact(one_line(each, 120), "error") for each in problems]
        if self._partial:
            said.append(Fact(f"indexing {percent(host(self).source)}"))
        elif self._look is not None and self._doing:
            said.append(Fact(one_line(self._doing, 80)))
        elif self._look is not None and self._look.stale:
            said.append(Fact("code has changed since: ctrl+r maps it again", "warning"))
        return said

    # Filter

    def _values(self, field: str) -> Iterable[str]:
        """What the filter's completion offers."""
        return offered(self._look.found if self._look else (), field)

    # Keys

    def action_period(self, step: int) -> None:
        """Ask about a longer period, or a shorter one."""
        period = max(0, min(self._period + step, len(PERIODS) - 1))
        if period != self._period:
            self._period = period
            self.draw()
            self._read()

    def action_whose(self) -> None:
        """Show the calls of all agents, or of the one again."""
        self._agent = None if self._agent is not None else self._chosen
        self._coverage = self._look = None
        self.action_map()

    def action_zoom(self) -> None:
        """Give the list the whole terminal, or give it back."""
        self.toggle_class("-zoomed")

    def action_back(self) -> None:
        """Undo one layer: the zoom, the filter, the screen."""
        if self.has_class("-zoomed"):
            self.action_zoom()
        elif not self.undo_filter():
            self.dismiss()
