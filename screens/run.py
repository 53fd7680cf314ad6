"""A run: its sessions, the trajectory of one of them, and beside it a pane that moves along.

What belongs here is where one is in the run and what is on screen. What is read is `capture.runs.reading`,
what is drawn `widgets.trajectory_lines` and the panes of `screens.run_panes`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Set
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.events import DescendantFocus

from capture.commands.prepared import Place, script_of
from capture.jobs import Job
from capture.runs.catalogue import RunRow, read_row
from capture.runs.folder import RunFolder, SessionFolder
from capture.runs.reading import ReadSession, read_session
from screens.document_keys import DocumentKeys
from screens.host import host
from screens.launch_keys import Pointed, RunLaunchKeys
from screens.run_marks import RunMarks
from screens.run_panes import PANE_BY_NAME, PANES
from screens.run_place import RunPlace
from widgets.document import Document
from widgets.key_bar import KeyBar
from widgets.lines import Item, line
from widgets.pane_bar import PaneBar, Tab
from widgets.run_compare import Side
from widgets.run_documents import MarkedDocument, PaneDocument, TrajectoryDocument
from widgets.run_head import RunHead
from widgets.run_look import SCOPES, Look
from widgets.search_bar import SearchBar
from widgets.session_tree import SessionTree
from widgets.status_line import Fact, StatusLine
from widgets.trajectory_lines import TrajectoryLines

BESIDE = 110
"""Columns of the terminal from which a pane stands beside the trajectory."""

TREE_BESIDE = 150
"""Columns from which the sessions stand at the left of both, and not above."""

SIDE_BY_SIDE = 96
"""Columns of a pane from which a diff has its two sides beside each other."""

SHORT = 18
"""Lines of the terminal below which all but the documents give their lines away."""

MOST_SESSIONS = 5
"""Lines of sessions above the panes."""

TRAJECTORY = "trajectory"


class RunScreen(DocumentKeys, RunLaunchKeys, RunMarks):
    """One run.

    Args:
        path: its folder.
        place: where to begin; a living run otherwise begins, and stays, at its newest step.
    """

    DEFAULT_CSS = f"""
    RunScreen {{
        & #run {{ layout: vertical; height: 1fr; }}
        & SessionTree {{ height: auto; max-height: {MOST_SESSIONS}; background: $surface; }}
        & #panes {{ height: 1fr; }}
        & #panes > Document {{ width: 1fr; height: 1fr; display: none; }}
        & #panes > Document.-shown {{ display: block; }}
        &.-beside #panes > Document.-shown {{ display: block; }}
        &.-beside PaneDocument {{ border-left: vkey $panel; }}
        &.-tree-beside #run {{ layout: horizontal; }}
        &.-tree-beside SessionTree {{ width: 40; height: 1fr; max-height: 100%; border-right: vkey $panel; }}
        &.-zoomed {{ & .head, & PaneBar, & SessionTree, & StatusLine, & KeyBar {{ display: none; }} }}
        &.-zoomed PaneDocument {{ border-left: none; }}
        &.-short {{ & RunHead {{ height: 1; }} & SessionTree, & StatusLine {{ display: none; }} }}
        &.-short.-speaking StatusLine {{ display: block; }}
    }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "tab", "cycle(1)", "Pane", id="run.next-part", tooltip="Next part of the screen", priority=True
        ),
        Binding("shift+tab", "cycle(-1)", "Previous part", show=False, id="run.previous-part", priority=True),
        Binding("p", "next_pane(1)", "Next pane", show=False, id="run.next-pane", priority=True),
        Binding("P", "next_pane(-1)", "Previous pane", show=False, id="run.previous-pane", priority=True),
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
        Binding("d", "scope", "Scope", id="run.scope", tooltip="Diff of the step, the session, the run"),
        Binding("v", "layout", "Layout", id="run.layout", tooltip="Diff side by side, or not", show=False),
        *(
            Binding(
                pane.key,
                f"pane({pane.name!r})",
                pane.name,
                show=False,
                id=f"run.pane-{pane.name}",
                tooltip=f"The pane {pane.name}",
                priority=True,
            )
            for pane in PANES
            if pane.key
        ),
    ]

    def __init__(self, path: Path, place: RunPlace | None = None) -> None:
        super().__init__()
        self.run_folder = RunFolder(path)
        self._wanted = place or RunPlace()
        self._row: RunRow | None = None
        self._session: ReadSession | None = None
        self._lines = TrajectoryLines()
        self._following = self._wanted == RunPlace()
        self._loading = self._stale = False
        self._look: Look | None = None
        self._pane = PANES[0]
        self._drawn: tuple[object, object] | None = None
        self._side_by_side: bool | None = None
        self._active: MarkedDocument | None = None
        self._launched = False

    def compose(self) -> ComposeResult:
        """The head, the panes' names, sessions, trajectory and pane, and what is said below."""
        yield RunHead()
        yield PaneBar()
        with Container(id="run"):
            yield SessionTree()
            with Horizontal(id="panes"):
                yield TrajectoryDocument()
                yield PaneDocument()
        yield SearchBar()
        yield StatusLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Read the run."""
        self._active = self.trajectory
        self.trajectory.focus()
        self._show_parts()
        self._load()

    # Where one is

    @property
    def trajectory(self) -> TrajectoryDocument:
        """The session's steps."""
        return self.query_one(TrajectoryDocument)

    @property
    def side(self) -> PaneDocument:
        """The pane."""
        return self.query_one(PaneDocument)

    @property
    def document(self) -> Document:
        """The one of the two that the keys act on: the last one that had the focus."""
        return self._active or self.trajectory

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
        folder = self._session.folder if self._session else None
        return Side(self.run_folder, folder.index, folder.replicate) if folder else None

    def launched(self, job: Job | None) -> None:
        """Remember that samples or verdicts may come: a finished run gives no sign of them."""
        super().launched(job)
        self._launched = self._launched or job is not None

    def on_screen_resume(self) -> None:
        """Read again what jobs have added meanwhile."""
        if self._launched and self.is_mounted:
            self.runs_changed({self.run_folder.path})

    # Reading

    @work(exclusive=True, group="load")
    async def _load(self) -> None:
        """Read the run and the session that is wanted; again, if it has changed meanwhile."""
        self._loading = True
        while self._loading:
            self._stale = False
            await self._read_and_show()
            self._loading = self._stale

    async def _read_and_show(self) -> None:
        """Read once, and show the session at the step that is wanted."""
        row = host(self).runs.row(self.run_folder.path)
        if row is None:  # not in the folder that is listed, or that is not read yet
            row = await asyncio.to_thread(read_row, self.run_folder)
        self._row = row
        self._draw_head(host(self).clock())
        folder = await asyncio.to_thread(self._find_session)
        if folder is None:
            self.trajectory.show([line((self._without_session(), "dim"))])
            return
        self.query_one(SessionTree).show(row.meta.sessions, folder.index, folder.replicate)
        again = self._session is not None and self._session.folder == folder
        if not again:
            self._lines = TrajectoryLines()
        self._session, items = await asyncio.to_thread(_read, self.run_folder, folder, self._lines)
        if again:
            self.trajectory.renew(items)
        else:
            self.trajectory.show(items)
            self.trajectory.go_to_first_step()
        self._arrive()

    def _find_session(self) -> SessionFolder | None:
        """The session that is wanted; of a living run that is followed, the newest."""
        try:
            there = list(self.run_folder.sessions())
        except OSError:
            return None
        index, replicate = self._wanted.session, self._wanted.replicate
        if index is None:
            return there[-1 if self._is_followed else 0] if there else None
        same = [each for each in there if each.index == index]
        exact = [each for each in same if each.replicate == replicate]
        return next(iter(exact or same), None)

    def _without_session(self) -> str:
        if self._wanted.session is not None:
            return f"there is no session {self._wanted.session} in this run"
        return self._row.problem if self._row and self._row.problem else "no session has begun yet"

    def _arrive(self) -> None:
        """Go to the step that is wanted, or to the newest of a run that is followed."""
        assert self._session is not None
        wanted, self._wanted = self._wanted.step, replace(self._wanted, step=None)
        if wanted is not None:
            if not self.trajectory.go_to_step(wanted, at_top=True):
                self.flash(f"there is no step {wanted} in session {self._session.folder.label}", "warning")
        elif self._is_followed and self._session.last_step is not None:
            self.trajectory.go_to_step(self._session.last_step)
        self._trajectory_moved()

    @property
    def _is_followed(self) -> bool:
        return self._following and self._row is not None and self._row.state == "running"

    def runs_changed(self, changed: Set[Path]) -> None:
        """Read again what has changed on disk, if it is this run."""
        if self.run_folder.path in changed:
            if self._session is not None and not self._is_followed:
                folder = self._session.folder
                self._wanted = RunPlace(folder.index, folder.replicate, self._wanted.step)
            self._stale = True
            if not self._loading:
                self._load()

    def log_changed(self, change: object) -> None:
        """Nothing to do: a run's own files say what becomes of it."""

    def tick(self, now: float) -> None:
        """Move the age in the head."""
        self._draw_head(now)

    def _draw_head(self, now: float) -> None:
        if self._row is not None:
            self.query_one(RunHead).show(self._row, now)

    def action_session(self, step: int) -> None:
        """Go to the next session of the tree, or the one before, also where the tree has no room."""
        self.query_one(SessionTree).action_move(step)

    @on(SessionTree.Chosen)
    def _session_chosen(self, message: SessionTree.Chosen) -> None:
        self._wanted = RunPlace(message.session.session_index, message.session.replicate)
        self._following = False
        self._load()

    # Moving

    @on(Document.Moved, "TrajectoryDocument")
    def _trajectory_moved(self) -> None:
        """Let the pane move along."""
        if self._session is None or self._row is None:
            return
        place = self.trajectory.place
        step = place.step if place else None
        if self._row.state == "running":
            self._following = step == self._session.last_step
        self._look = Look(
            self.run_folder,
            self._row.meta,
            self._session,
            step,
            place.turn if place else None,
            self._look.scope if self._look else "step",
            self._beside_each_other(),
        )
        self._draw_pane()
        self.draw_status()

    @on(Document.Moved, "PaneDocument")
    def _pane_moved(self) -> None:
        self.draw_status()

    @on(MarkedDocument.NoMore)
    def _no_more(self, message: MarkedDocument.NoMore) -> None:
        self.flash(message.words)

    def _draw_pane(self) -> None:
        """Make the pane anew, if it is on screen and would show something else."""
        if self._look is None or not self.side.has_class("-shown"):
            return
        drawn = self._pane.shows(self._look), self._pane.state(self._look)
        if drawn != self._drawn:
            again = self._drawn is not None and drawn[0] == self._drawn[0]
            self._drawn = drawn
            self._make_pane(self._look, again=again)

    @work(exclusive=True, group="pane", description="a pane")  # else all of a session is described
    async def _make_pane(self, look: Look, *, again: bool) -> None:
        """Make the pane; a later state of the same leaves one at the place where one reads."""
        items = await asyncio.to_thread(self._pane.items, look)
        if again:
            self.side.renew(items)
        else:
            self.side.show(items)

    # What is on screen

    def on_resize(self) -> None:
        """Give the parts the room there is."""
        width, height = self.app.size
        self.set_class(width >= BESIDE, "-beside")
        self.set_class(width >= TREE_BESIDE, "-tree-beside")
        self.set_class(height < SHORT, "-short")
        self._show_parts()
        self.call_after_refresh(self._trajectory_moved)

    def _show_parts(self) -> None:
        """Show both documents where there is room for two, else the one that has the keys."""
        both = self.has_class("-beside") and not self.has_class("-zoomed")
        for document in (self.trajectory, self.side):
            document.set_class(both or document is self.document, "-shown")
        here = TRAJECTORY if self.document is self.trajectory else self._pane.name
        beside = frozenset({TRAJECTORY, self._pane.name}) if both else frozenset({here})
        tabs = [Tab(TRAJECTORY, ""), *(Tab(pane.name, pane.key) for pane in PANES)]
        self.query_one(PaneBar).show(tabs, here, beside)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Remember which document had the keys last."""
        if isinstance(event.widget, MarkedDocument) and event.widget is not self._active:
            self._active = event.widget
            self._show_parts()
            self._draw_pane()
            self.draw_status()

    def _give_keys_to(self, document: MarkedDocument) -> None:
        """Show a document, and give it the keys."""
        self._active = document
        self._show_parts()
        self._draw_pane()
        self.set_focus(document, scroll_visible=False)  # at once: keys may be right behind
        self.draw_status()

    def action_cycle(self, step: int) -> None:
        """Give the keys to the next part: sessions, trajectory, pane."""
        tree = self.query_one(SessionTree)
        parts = [*([tree] if tree.display and len(tree.lines) > 1 else []), self.trajectory, self.side]
        at = parts.index(self.focused) if self.focused in parts else parts.index(self.document)
        chosen = parts[(at + step) % len(parts)]
        if isinstance(chosen, MarkedDocument):
            self._give_keys_to(chosen)
        else:
            self.set_focus(chosen, scroll_visible=False)

    def action_pane(self, name: str) -> None:
        """Open a pane, and give it the keys."""
        self._pane = PANE_BY_NAME[name]
        self._give_keys_to(self.side)

    def action_next_pane(self, step: int) -> None:
        """Open the next pane of the bar, or the one before."""
        self.action_pane(PANES[(PANES.index(self._pane) + step) % len(PANES)].name)

    @on(PaneBar.Chosen)
    def _pane_clicked(self, message: PaneBar.Chosen) -> None:
        if message.name == TRAJECTORY:
            self._give_keys_to(self.trajectory)
        else:
            self.action_pane(message.name)

    def action_scope(self) -> None:
        """Show the diff of the step, the session, the whole run, in turn."""
        if self._look is not None:
            scope = SCOPES[(SCOPES.index(self._look.scope) + 1) % len(SCOPES)]
            self._look = replace(self._look, scope=scope)
            self._draw_pane()
            self.draw_status()

    def _beside_each_other(self) -> bool:
        """The layout chosen, else the one that suits the pane's width."""
        width = self.side.size.width if self.side.has_class("-shown") else self.app.size.width
        return width >= SIDE_BY_SIDE if self._side_by_side is None else self._side_by_side

    def action_layout(self) -> None:
        """Put old and new lines side by side, or one below the other."""
        self._side_by_side = not self._beside_each_other()
        self._trajectory_moved()

    def action_zoom(self) -> None:
        """Give the document that has the keys the whole terminal, or give it back."""
        super().action_zoom()
        self._show_parts()
        self.call_after_refresh(self._trajectory_moved)

    def facts(self) -> list[Fact]:
        """Where one is."""
        if self._look is None or self._session is None:
            return []
        look, found = self._look, []
        if look.step is not None:
            turn = f" · turn {look.turn}" if look.turn is not None else ""
            found.append(
                Fact(
                    f"session {look.session_name} · step {look.step}/{self._session.last_step}{turn}", "plain"
                )
            )
        if self._row is not None and self._row.state == "running":
            found.append(Fact("following", "good") if self._following else Fact("not following: G follows"))
        if self._pane.name == "diff":
            found.append(Fact(f"d diff of the {look.scope}"))
        return found


def _read(run: RunFolder, folder: SessionFolder, lines: TrajectoryLines) -> tuple[ReadSession, list[Item]]:
    """Read a session and lay out its trajectory; runs in a thread."""
    session = read_session(run, folder)
    return session, lines.items(session)
