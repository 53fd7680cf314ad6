"""The application: places, the log's follower, and what belongs to no single screen."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import App
from textual.binding import Binding, BindingType
from textual.filter import LineFilter

from capture.log.source import AgentSummary, Change, EventSource, RowId
from screens.agents import AgentsScreen
from screens.host import FollowsLog
from screens.jobs import JobsScreen
from screens.live import LiveScreen
from screens.runs import RunsScreen
from tessen_tui.settings import Settings
from tessen_tui.themes import OWN_THEMES, suited_theme, with_own_variables
from widgets.filters import AsciiFilter, SafeFilter
from widgets.top_bar import TopBar

FRAME_S = 0.07
"""Least time between two redraws for arriving events: a change after a quiet moment is drawn at once."""

TICK_S = 1.0
"""How often ages move."""


class TessenApp(App[None]):
    """tessen-tui.

    Args:
        source: the log to show; opened and followed by the app, closed by it at the end.
        settings: as read from the settings file.
        clock: the time, in seconds since the epoch.
    """

    TITLE = "tessen"
    CSS = """
    Screen { background: $background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "place('agents')", "Agents", show=False, id="place.agents"),
        Binding("2", "place('live')", "Live", show=False, id="place.live"),
        Binding("3", "place('runs')", "Runs", show=False, id="place.runs"),
        Binding("4", "place('jobs')", "Jobs", show=False, id="place.jobs"),
        Binding("question_mark", "help", "Help", id="app.help", key_display="?"),
        Binding("ctrl+p", "command_palette", "Palette", id="app.palette", key_display="^p", priority=True),
        Binding("ctrl+z", "suspend_process", "Suspend", show=False, id="app.suspend", priority=True),
        Binding("q", "quit", "Quit", id="app.quit"),
    ]

    def __init__(
        self, source: EventSource, settings: Settings | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.settings = settings or Settings()
        super().__init__()
        self.source = source
        self.clock = clock
        self.marked: RowId | None = None
        self.summaries: Sequence[AgentSummary] = ()
        self._line_guards: list[LineFilter] = [SafeFilter()]
        if self.settings.ascii:
            self._line_guards.append(AsciiFilter())
        for theme in OWN_THEMES:
            self.register_theme(theme)
        self.theme = self.settings.theme or suited_theme(os.environ)
        self.set_keymap(self.settings.keys)
        self.add_mode("agents", AgentsScreen)
        self.add_mode("live", LiveScreen)
        self.add_mode("runs", RunsScreen)
        self.add_mode("jobs", JobsScreen)

    def get_css_variables(self) -> dict[str, str]:
        """The theme's variables, and the app's own for themes that do not know them."""
        return with_own_variables(super().get_css_variables(), ansi=self.current_theme.ansi)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Every drawn line passes the guards, after the toolkit's own filters."""
        return [*super().get_line_filters(), *self._line_guards]

    def on_mount(self) -> None:
        """Show the first place, then read the log behind it."""
        self.switch_mode(self.settings.start)
        self.set_interval(TICK_S, self._tick)
        self._follow()

    @work(exclusive=True, group="follow")
    async def _follow(self) -> None:
        """Open the log and pass on its changes, no faster than can be looked at."""
        await self.source.open()
        self._summarise()
        self._spread(Change(backlog=True))
        async for change in self.source.changes():
            self._spread(change)
            await asyncio.sleep(FRAME_S)

    async def on_unmount(self) -> None:
        """Stop following the log."""
        await self.source.close()

    def _spread(self, change: Change) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, FollowsLog) and screen.is_mounted:
                screen.log_changed(change)

    def _tick(self) -> None:
        self._summarise()

    def _summarise(self) -> None:
        now = self.clock()
        self.summaries = self.source.agents(now)
        for screen in self.screen_stack:
            if isinstance(screen, FollowsLog) and screen.is_mounted:
                screen.tick(now)

    def show_live(self, query: str) -> None:
        """Go to Live with this filter."""
        self.switch_mode("live")
        screen = self.screen_stack[0]
        assert isinstance(screen, LiveScreen)
        screen.apply_filter(query)

    @on(TopBar.Chosen)
    def _place_clicked(self, message: TopBar.Chosen) -> None:
        self.action_place(message.place)

    def action_place(self, place: str) -> None:
        """Go to one of the four places."""
        self.switch_mode(place)
