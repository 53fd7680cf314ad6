"""The application: places, the log's follower, and what belongs to no single screen."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual import on, work
from textual._styles_cache import StylesCache
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.events import Event, InputEvent
from textual.filter import LineFilter, Monochrome, NoColor

from capture.log.source import AgentSummary, Change, EventSource, RowId
from capture.runs.follower import RunsFollower
from screens.agents import AgentsScreen
from screens.help import HelpScreen, keys_of
from screens.host import FollowsLog
from screens.jobs import JobsScreen
from screens.live import LiveScreen
from screens.run_place import RunPlace
from screens.runs import RunsScreen
from tessen.inflight import InFlight
from tessen_tui.alerts import Alarm
from tessen_tui.collecting import collect_if_due, keep_for_ever
from tessen_tui.palette import Actions
from tessen_tui.settings import Settings
from tessen_tui.terminal import POP_TITLE, PUSH_TITLE, notification, set_title
from tessen_tui.themes import OWN_THEMES, suited_theme, with_own_variables
from widgets.filters import AsciiFilter, SafeFilter
from widgets.run_compare import Side
from widgets.top_bar import TopBar

FRAME_S = 0.07
"""Least time between two redraws for arriving events: a change after a quiet moment is drawn at once."""

CONSIDERED = 500
"""New events of one change that are looked at for alerts; the newest ones of a flood."""

TICK_S = 1.0
"""How often ages move."""

_NO_COLOR = NoColor()

QUIET_S = 2.0
"""After how long without a key nobody is taken to wait for anything."""


class TessenApp(App[None]):
    """tessen-tui.

    Args:
        source: the log to show; opened and followed by the app, closed by it at the end.
        settings: as read from the settings file.
        clock: the time, in seconds since the epoch.
        runs_dir: the folder of runs to show; it need not exist.
        run: a run to open at once, and where in it; the app then starts in Runs.
    """

    TITLE = "tessen"
    CSS = """
    Screen { background: $background; }
    CommandPalette > Vertical { margin-top: 1; }
    CommandPalette #--input { border: none; padding: 0 1; }
    CommandPalette SearchIcon { display: none; }
    """
    COMMANDS: ClassVar[set[Any]] = {Actions}
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
        self,
        source: EventSource,
        settings: Settings | None = None,
        clock: Callable[[], float] = time.time,
        runs_dir: Path = Path("runs"),
        run: tuple[Path, RunPlace] | None = None,
    ) -> None:
        self.settings = settings or Settings()
        # The toolkit begins in the mode of this name; a class variable there, a setting here.
        self.DEFAULT_MODE = "runs" if run else self.settings.start  # type: ignore[misc]
        super().__init__()
        self.source = source
        self.runs = RunsFollower(runs_dir)
        self.clock = clock
        self.marked: RowId | None = None
        self.marked_run: Side | None = None
        self.cost_per_hour_limit = self.settings.alerts.cost_per_hour
        self.summaries: Sequence[AgentSummary] = ()
        self.in_flight: Sequence[InFlight] = ()
        self.opened = False
        self._alarm = Alarm(self.settings.alerts)
        self._title = ""
        self._touched = 0.0
        self._line_guards: list[LineFilter] = [SafeFilter()]
        if self.settings.ascii:
            self._line_guards.append(AsciiFilter())
        for theme in OWN_THEMES:
            self.register_theme(theme)
        self.theme = self.settings.theme or suited_theme(os.environ)
        self.set_keymap(self.settings.keys)
        self.add_mode("agents", AgentsScreen)
        self.add_mode("live", self._live_screen)
        self.add_mode("runs", partial(RunsScreen, run))
        self.add_mode("jobs", JobsScreen)

    def _live_screen(self) -> LiveScreen:
        live = self.settings.live
        return LiveScreen(live.filter, live.folding, frozenset(live.hide))

    def get_css_variables(self) -> dict[str, str]:
        """The theme's variables, and the app's own for themes that do not know them."""
        return with_own_variables(super().get_css_variables(), ansi=self.current_theme.ansi)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Every drawn line passes the guards, after the toolkit's own filters.

        Those are for the theme that it starts with, which has greys in place of no colour at all.
        """
        filters = super().get_line_filters()
        if self.no_color and self.native_ansi_color:
            filters = [_NO_COLOR if isinstance(each, Monochrome) else each for each in filters]
        return [*filters, *self._line_guards]

    def on_mount(self) -> None:
        """Show the first place, then read the log behind it."""
        if not self.is_headless:
            for number in (signal.SIGTERM, signal.SIGHUP):
                asyncio.get_running_loop().add_signal_handler(number, self._terminated, number)
            self.call_after_refresh(keep_for_ever)
        self.set_interval(TICK_S, self._tick)
        self._follow()

    @work(exclusive=True, group="follow")
    async def _follow(self) -> None:
        """Open the log and pass on its changes, no faster than can be looked at."""
        await self.source.open()
        self.opened = True
        self._summarise()
        self._spread(Change(backlog=True))
        async for change in self.source.changes():
            self._spread(change)
            self._sound(change)
            await asyncio.sleep(FRAME_S)

    def pop_screen(self) -> AwaitComplete:
        """Leave a screen, and let go of it."""
        left = super().pop_screen()
        StylesCache.get_inner_outer.cache_clear()  # its keys would keep each widget's drawn lines
        return left

    async def on_unmount(self) -> None:
        """Stop following the log."""
        if self._title:
            self._write(POP_TITLE)
        await self.source.close()

    def _terminated(self, number: int) -> None:
        """End as if asked to, so that the terminal is left as it was found."""
        self.exit(return_code=128 + number)

    def _spread(self, change: Change) -> None:
        for screen in self._following():
            screen.log_changed(change)

    def _following(self) -> Iterator[FollowsLog]:
        """The screens that keep up with the log: composed, and not yet taken down."""
        if not self.is_running:
            return  # screens lose their widgets one by one
        for screen in self.screen_stack:
            if isinstance(screen, FollowsLog) and screen.is_mounted and screen.children:
                yield screen

    async def on_event(self, event: Event) -> None:
        """Note when a person did something."""
        if isinstance(event, InputEvent):
            self._touched = time.monotonic()
        await super().on_event(event)

    def _tick(self) -> None:
        self._summarise()
        if not self.is_headless and time.monotonic() - self._touched > QUIET_S:
            collect_if_due()

    def _summarise(self) -> None:
        now = self.clock()
        self.summaries = self.source.agents(now)
        self.in_flight = self.source.in_flight()
        self._entitle()
        for screen in self._following():
            screen.tick(now)

    def _sound(self, change: Change) -> None:
        """Make a noise for what is worth one."""
        alerts = self.settings.alerts
        if not (alerts.bell or alerts.desktop) or not change.new_rows:
            return
        rows = [self.source.row(row) for row in change.new_rows[-CONSIDERED:]]
        for alert in self._alarm.consider(rows, self.clock()):
            if alerts.bell:
                self.bell()
            if alerts.desktop:
                self._write(notification(f"tessen {alert.agent}", alert.text, os.environ))

    def _entitle(self) -> None:
        """Say in the terminal's title how many agents need a person."""
        failing = sum(summary.state == "failing" for summary in self.summaries)
        title = f"tessen: {failing} failing" if failing else "tessen"
        if self.settings.alerts.title and title != self._title:
            self._write(set_title(title) if self._title else PUSH_TITLE + set_title(title))
            self._title = title

    def _write(self, sequence: str) -> None:
        """Write a sequence of our own making to the terminal, if there is one."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(sequence)

    def get_key_display(self, binding: Binding) -> str:
        """Keys as people say them: "enter" rather than a symbol that some fonts lack."""
        return "enter" if binding.key == "enter" else super().get_key_display(binding)

    def action_help(self) -> None:
        """Explain the keys of the screen in front."""
        screen = self.screen
        if not isinstance(screen, HelpScreen):
            self.push_screen(HelpScreen(keys_of(screen), filters=isinstance(screen, LiveScreen)))

    def show_live(self, query: str, came_from: str = "") -> None:
        """Go to Live with this filter; `escape` there comes back to the place it came from."""
        self.show_place("live")
        while len(self.screen_stack) > 1:
            self.pop_screen()
        live = self.screen_stack[0]
        assert isinstance(live, LiveScreen)
        live.apply_filter(query, came_from)

    def show_place(self, place: str) -> None:
        """Go to one of the four places."""
        self.switch_mode(place)

    @on(TopBar.Chosen)
    def _place_clicked(self, message: TopBar.Chosen) -> None:
        self.action_place(message.place)

    def action_place(self, place: str) -> None:
        """Go to one of the four places."""
        self.show_place(place)
