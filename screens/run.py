"""A run: its sessions, the trajectory of one of them, and beside it a pane that moves along.

What belongs here is what is on screen of a run. Where in it one is, is `screens.run_follow`; how a pane
stands beside a trajectory `screens.panes`; which panes there are `screens.run_panes`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence, Set
from pathlib import Path
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from capture.commands.prepared import Place, script_of
from capture.jobs import Job
from capture.runs.catalogue import RunRow
from screens.diff_keys import DiffKeys
from screens.host import host
from screens.launch_keys import Pointed, RunLaunchKeys
from screens.pane import Pane
from screens.panes import pane_keys
from screens.run_follow import Reading, RunFollow
from screens.run_marks import RunMarks
from screens.run_panes import PANES
from screens.run_place import RunPlace
from widgets.key_bar import KeyBar
from widgets.pane_bar import PaneBar
from widgets.rooms import Room
from widgets.run_compare import Side
from widgets.run_head import RunHead
from widgets.run_look import Look
from widgets.search_bar import SearchBar
from widgets.session_tree import SessionTree
from widgets.status_line import Fact, StatusLine

TREE_BESIDE = 150
"""Columns from which the sessions stand at the left of both, and not above."""

SHORT = 18
"""Lines of the terminal below which all but the documents give their lines away."""

PATIENCE_S = 0.15
"""How long the screen from which a run is opened stays while the run is read."""

MOST_SESSIONS = 5
"""Lines of sessions above the panes."""


class RunScreen(DiffKeys, RunLaunchKeys, RunMarks):
    """One run.

    Args:
        path: its folder.
        place: where to begin; a living run otherwise begins, and stays, at its newest step.
    """

    PANES: ClassVar[Sequence[Pane[Any]]] = PANES
    DEFAULT_CSS = f"""
    RunScreen {{
        & #run {{ layout: vertical; height: 1fr; }}
        & SessionTree {{ height: auto; max-height: {MOST_SESSIONS}; background: $surface; }}
        &.-tree-beside #run {{ layout: horizontal; }}
        &.-tree-beside SessionTree {{ width: 40; height: 1fr; max-height: 100%; border-right: vkey $panel; }}
        &.-zoomed SessionTree {{ display: none; }}
        &.-short {{ & RunHead {{ height: 1; }} & SessionTree, & StatusLine {{ display: none; }} }}
        &.-short.-speaking StatusLine {{ display: block; }}
    }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "greater_than_sign",
            "session(1)",
            "Next session",
            show=False,
            id="run.next-session",
            key_display=">",
        ),
        Binding(
            "less_than_sign",
            "session(-1)",
            "Previous session",
            show=False,
            id="run.previous-session",
            key_display="<",
        ),
        *pane_keys(PANES),
    ]

    def __init__(self, path: Path, place: RunPlace | None = None) -> None:
        super().__init__()
        self.follow = RunFollow(path, place)
        self._loading = self._stale = False
        self._look: Look | None = None
        self._launched = False
        self._reading: asyncio.Future[Reading] | None = None

    def compose(self) -> ComposeResult:
        """The head, the panes' names, sessions, trajectory and pane, and what is said below."""
        yield RunHead()
        yield PaneBar()
        with Room(id="run"):
            yield SessionTree()
            yield from self.compose_panes()
        yield SearchBar()
        yield StatusLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Read the run."""
        self._load()

    # Where one is

    @property
    def look(self) -> Look | None:
        """Where one is in the run, with what was read of its session; None until it is read."""
        return self._look

    async def pointed(self) -> Pointed | None:
        """The turn under the trajectory's cursor."""
        if (look := self._look) is None:
            self.flash("the run is not read yet")
            return None
        folder = look.session.folder
        at = Place(
            run=look.run.path,
            session=folder.index,
            replicate=folder.replicate,
            request=look.request,
            turn=look.turn,
        )
        return Pointed(at, look.meta.model or "", await asyncio.to_thread(script_of, look.run.path))

    @property
    def comparable(self) -> Side | None:
        """The session on screen."""
        session = self.follow.session
        if session is None:
            return None
        return Side(self.follow.folder, session.folder.index, session.folder.replicate)

    def launched(self, job: Job | None) -> None:
        """Remember that samples or verdicts may come: a finished run gives no sign of them."""
        super().launched(job)
        self._launched = self._launched or job is not None

    def on_screen_resume(self) -> None:
        """Read again what jobs have added meanwhile."""
        if self._launched and self.is_mounted:
            self.runs_changed({self.follow.folder.path})

    # Reading

    async def prepare(self, listed: RunRow | None) -> None:
        """Begin to read before the screen is shown, and wait a moment, which most often is enough.

        Args:
            listed: the run as the list knows it.
        """
        self._reading = asyncio.ensure_future(self.follow.read(listed))
        await asyncio.wait({self._reading}, timeout=PATIENCE_S)

    @work(exclusive=True, group="load")
    async def _load(self) -> None:
        """Read the run and the session that is wanted; again, if it has changed meanwhile."""
        self._loading = True
        while self._loading:
            self._stale = False
            begun, self._reading = self._reading, None
            row = host(self).runs.row(self.follow.folder.path)  # None: not of the folder that is listed
            self._show(await (begun or self.follow.read(row)))
            self._loading = self._stale

    def _show(self, reading: Reading) -> None:
        """Show the session at the step that is wanted."""
        again = self.follow.take(reading)
        self._draw_head(host(self).clock())
        if reading.session is None:
            self.trajectory.show(reading.items)
            return
        folder = reading.session.folder
        self.query_one(SessionTree).show(reading.row.meta.sessions, folder.index, folder.replicate)
        if again:
            self.trajectory.renew(reading.items)
        else:
            self.trajectory.show(reading.items)
            self.trajectory.go_to_first_step()
        self._arrive()

    def _arrive(self) -> None:
        """Go to the step that is wanted, or to the newest of a run that is followed."""
        session = self.follow.session
        assert session is not None
        wanted = self.follow.take_wanted_step()
        if wanted is not None:
            if not self.trajectory.go_to_step(wanted, at_top=True):
                self.flash(f"there is no step {wanted} in session {session.folder.label}", "warning")
        elif self.follow.is_followed and session.last_step is not None:
            self.trajectory.go_to_step(session.last_step)
        self.move_along()

    def runs_changed(self, changed: Set[Path]) -> None:
        """Read again what has changed on disk, if it is this run."""
        if self.follow.folder.path in changed:
            self.follow.stay()
            self._stale = True
            if not self._loading:
                self._load()

    def log_changed(self, change: object) -> None:
        """Nothing to do: a run's own files say what becomes of it."""

    def tick(self, now: float) -> None:
        """Move the age in the head."""
        self._draw_head(now)

    def _draw_head(self, now: float) -> None:
        if self.follow.row is not None:
            self.query_one(RunHead).show(self.follow.row, now)

    # Moving

    def action_session(self, step: int) -> None:
        """Go to the next session of the tree, or the one before, also where the tree has no room."""
        self.query_one(SessionTree).action_move(step)

    @on(SessionTree.Chosen)
    def _session_chosen(self, message: SessionTree.Chosen) -> None:
        self.follow.go(RunPlace(message.session.session_index, message.session.replicate))
        self._load()

    def move_along(self) -> None:
        """Look at what is under the trajectory's cursor."""
        follow = self.follow
        if follow.session is None or follow.row is None:
            return
        place = self.trajectory.place
        step = place.step if place else None
        follow.stand_at(step)
        self._look = Look(
            follow.folder,
            follow.row.meta,
            follow.session,
            step,
            place.turn if place else None,
            self.scope,
            self.side_by_side,
        )
        self.draw_pane()
        self.draw_status()

    # What is on screen

    def suit(self, *, update: bool) -> None:
        """Give the sessions the room there is, too."""
        super().suit(update=update)
        width, height = self.app.size
        self.set_class(width >= TREE_BESIDE, "-tree-beside", update=update)
        self.set_class(height < SHORT, "-short", update=update)

    def further_parts(self) -> list[Widget]:
        """The sessions, where there is more than one."""
        tree = self.query_one(SessionTree)
        return [tree] if tree.display and len(tree.lines) > 1 else []

    def facts(self) -> list[Fact]:
        """Where one is."""
        session, look, found = self.follow.session, self._look, []
        if look is None or session is None:
            return []
        if look.step is not None:
            turn = f" · turn {look.turn}" if look.turn is not None else ""
            found.append(
                Fact(f"session {look.session_name} · step {look.step}/{session.last_step}{turn}", "plain")
            )
        if self.follow.is_running:
            followed = self.follow.is_followed
            found.append(Fact("following", "good") if followed else Fact("not following: G follows"))
        if self.pane.name == "diff":
            found.append(Fact(f"d diff of the {look.scope}"))
        return found
