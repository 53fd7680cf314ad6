"""Session: all calls of a production agent's session as one trajectory, rebuilt from the log, with its panes.

What belongs here is what is on screen. What is read of the session is `screens.session_follow`; how a pane
stands beside a trajectory `screens.panes`; which panes there are `screens.session_panes`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from capture.commands.prepared import Place
from capture.cursor import CursorError
from capture.log.source import Change, LoadedEvent
from capture.runs.log_reading import ReadLog
from screens.diff_keys import DiffKeys
from screens.host import host
from screens.launch_keys import LaunchKeys, Pointed
from screens.pane import Pane
from screens.panes import pane_keys
from screens.session_follow import SessionFollow
from screens.session_panes import PANES
from tessen.format import duration, money, plural
from widgets.key_bar import KeyBar
from widgets.lines import Item, line
from widgets.log_look import FindingHere, LogLook
from widgets.pane_bar import PaneBar
from widgets.search_bar import SearchBar
from widgets.status_line import Fact, StatusLine
from widgets.title_line import TitleLine

SHORT = 18
"""Lines of the terminal below which the status line gives its line away."""

LIVE_S = 120.0
"""Seconds since its last call up to which a session counts as going on."""


class SessionScreen(DiffKeys, LaunchKeys):
    """One session of a log.

    Args:
        log_dir: the folder that the agents' folders are in.
        agent: the agent's folder.
        session_id: whose calls.
        event_id: the call to begin at.
    """

    PANES: ClassVar[Sequence[Pane[Any]]] = PANES
    DEFAULT_CSS = """
    SessionScreen {
        &.-short StatusLine { display: none; }
        &.-short.-speaking StatusLine { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "event", "Event", id="session.event", tooltip="The event of this step, whole"),
        Binding("ctrl+r", "read", "Read again", show=False, id="session.read"),
        *pane_keys(PANES),
    ]

    def __init__(self, log_dir: Path, agent: str, session_id: str, event_id: str = "") -> None:
        super().__init__()
        self.follow = SessionFollow(log_dir, agent, session_id)
        self._log_dir = log_dir
        self._agent = agent
        self._session_id = session_id
        self._wanted = event_id
        self._look: LogLook | None = None
        self._findings: tuple[FindingHere, ...] = ()
        self._reading = self._stale = False

    def compose(self) -> ComposeResult:
        """The head, the panes' names, trajectory and pane, and what is said below."""
        yield TitleLine()
        yield PaneBar()
        yield from self.compose_panes()
        yield SearchBar()
        yield StatusLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Read the session."""
        self.action_read()

    def suit(self, *, update: bool) -> None:
        """Save a line on short terminals."""
        super().suit(update=update)
        self.set_class(self.app.size.height < SHORT, "-short", update=update)

    # Reading

    def action_read(self) -> None:
        """Read what is new of the session: calls, samples, verdicts."""
        self._stale = True
        if not self._reading:
            self._load()

    @work(exclusive=True, group="load")
    async def _load(self) -> None:
        """Read the session; again, if there was more meanwhile."""
        self._reading = True
        while self._stale:
            self._stale = False
            try:
                read, items = await asyncio.to_thread(self.follow.read)
            except (CursorError, OSError) as error:
                self.trajectory.show([line((str(error), "bad")), line(("esc goes back", "dim"))])
            else:
                self._show(read, items)
        self._reading = False

    def _show(self, read: ReadLog, items: list[Item]) -> None:
        """Show the session as it is now; the newest step is followed by who stands at it."""
        before, followed = self.follow.log, self._at_newest()
        self.follow.log = read
        costs = [call.cost_usd for call in read.calls if call.cost_usd is not None]
        said = (plural(len(read.calls), "call"), money(sum(costs)) if costs else "", read.found.session_id)
        self.query_one(TitleLine).say(f"Session of {read.agent}", "  ".join(filter(None, said)))
        if before is None:
            self.trajectory.show(items)
            wanted = (
                step.step_id for step in read.session.steps if step.extra.get("event_id") == self._wanted
            )
            self.trajectory.go_to_step(next(wanted, 1))
        else:
            self.trajectory.renew(items)
            if followed and read.session.last_step is not None:
                self.trajectory.go_to_step(read.session.last_step)
        self._findings = self.follow.findings(host(self).source)
        self.move_along()

    def log_changed(self, change: Change) -> None:
        """Read again once a call of this session has come."""
        if (change.reset or change.new_rows) and self.follow.concerns(change, host(self).source):
            self.action_read()

    def tick(self, now: float) -> None:
        """Look what jobs have added, and what the log shows of the session by now."""
        if self.follow.log is None:
            return
        if self.follow.jobs_added(self._event_id):
            self.action_read()
        self._findings = self.follow.findings(host(self).source)
        self.move_along()

    # Where one is

    @property
    def look(self) -> LogLook | None:
        """Where one is in the session, with what was read of it; None until it is read."""
        return self._look

    def move_along(self) -> None:
        """Look at what is under the trajectory's cursor."""
        if self.follow.log is None:
            return
        place = self.trajectory.place
        self._look = LogLook(
            self.follow.log,
            place.step if place else None,
            place.turn if place else None,
            self._event_id,
            self.scope,
            self.side_by_side,
            self._findings,
        )
        self.draw_pane()
        self.draw_status()

    @property
    def _event_id(self) -> str:
        """The call of the step under the cursor, else the one that comes next."""
        place = self.trajectory.place
        return self.follow.event_at(place.step if place else None)

    def _at_newest(self) -> bool:
        log, place = self.follow.log, self.trajectory.place
        return log is not None and place is not None and place.step == log.session.last_step

    async def pointed(self) -> Pointed | None:
        """The call of the step under the cursor."""
        if not self._event_id:
            self.flash("no call of this session is at or after this step", "warning")
            return None
        return Pointed(Place(event=f"{self._agent}:{self._event_id}", log_dir=self._log_dir))

    # Keys

    def action_scope(self) -> None:
        """Show the diff of the step, or of the session."""
        self.scope = "session" if self.scope == "step" else "step"
        self.move_along()

    def action_event(self) -> None:
        """Inspect the event of the step under the cursor."""
        from screens.inspector import InspectorScreen

        source, log = host(self).source, self.follow.log
        row = source.find_event(log.agent, self._event_id) if log is not None and self._event_id else None
        if row is None:
            self.flash("this step's event is not in the list of events", "warning")
        else:
            self.app.push_screen(InspectorScreen(source, row))

    def facts(self) -> list[Fact]:
        """Where one is, and whether the session goes on."""
        look = self._look
        if look is None:
            return []
        turn = f" · turn {look.turn}" if look.turn is not None else ""
        found = [Fact(f"step {look.step}/{look.session.last_step}{turn}", "plain")] if look.step else []
        now = host(self).clock()
        under_way = [each.ts for each in host(self).in_flight if each.session_id == self._session_id]
        if under_way:
            found.append(Fact(f"a call is under way, {duration((now - min(under_way)) * 1000)}", "good"))
        if under_way or any(now - call.ts < LIVE_S for call in look.log.calls[-1:]):
            followed = self._at_newest()
            found.append(Fact("following", "good") if followed else Fact("not following: G follows"))
        if self.pane.name == "diff":
            found.append(Fact(f"d diff of the {look.scope}"))
        return found


def session_of(loaded: LoadedEvent) -> SessionScreen | None:
    """The screen of an event's session; None where the event is of none."""
    session = loaded.event.get("session_id")
    if not isinstance(session, str) or not session:
        return None
    folder = Path(loaded.path).parent
    return SessionScreen(folder.parent, folder.name, session, str(loaded.event.get("event_id") or ""))
