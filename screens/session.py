"""Session: all calls of a production agent's session as one trajectory, rebuilt from the log."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from capture.commands.prepared import Place
from capture.cursor import CursorError
from capture.cursor.log_session import LogSession
from capture.log.source import LoadedEvent
from capture.runs.log_reading import read_log_session
from capture.runs.reading import ReadSession
from screens.document_keys import DocumentKeys
from screens.host import host
from screens.launch_keys import LaunchKeys, Pointed
from tessen.format import plural
from widgets.document import Document
from widgets.key_bar import KeyBar
from widgets.lines import Item, line
from widgets.run_documents import MarkedDocument, TrajectoryDocument
from widgets.search_bar import SearchBar
from widgets.status_line import Fact, StatusLine
from widgets.title_line import TitleLine
from widgets.trajectory_lines import TrajectoryLines


class SessionScreen(DocumentKeys, LaunchKeys):
    """One session of a log.

    Args:
        log_dir: the folder that the agents' folders are in.
        agent: the agent's folder.
        session_id: whose calls.
        event_id: the call to begin at.
    """

    DEFAULT_CSS = """
    SessionScreen {
        & Document { height: 1fr; }
        &.-zoomed { & .head, & StatusLine, & KeyBar { display: none; } }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "event", "Event", id="session.event", tooltip="The event of this step, whole"),
        Binding("ctrl+r", "read", "Read again", show=False, id="session.read"),
    ]

    def __init__(self, log_dir: Path, agent: str, session_id: str, event_id: str = "") -> None:
        super().__init__()
        self._log_dir = log_dir
        self._agent = agent
        self._id = session_id
        self._wanted = event_id
        self._session: ReadSession | None = None
        self._lines = TrajectoryLines()

    def compose(self) -> ComposeResult:
        """The head, the trajectory, and what is said below."""
        yield TitleLine()
        yield TrajectoryDocument()
        yield SearchBar()
        yield StatusLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Read the session."""
        self.trajectory.focus()
        self.action_read()

    @property
    def trajectory(self) -> TrajectoryDocument:
        """The session's steps."""
        return self.query_one(TrajectoryDocument)

    @work(exclusive=True, group="load")
    async def action_read(self) -> None:
        """Read the session, the calls that have come since among them."""
        try:
            found, read, items = await asyncio.to_thread(self._read)
        except (CursorError, OSError) as error:
            self.trajectory.show([line((str(error), "bad")), line(("esc goes back", "dim"))])
            return
        again, self._session = self._session is not None, read
        calls = plural(len(found.lines), "call")
        self.query_one(TitleLine).say(f"Session of {found.agent}", f"{calls}  {found.session_id}")
        if again:
            self.trajectory.renew(items)
        else:
            self.trajectory.show(items)
            self._arrive()
        self.draw_status()

    def _read(self) -> tuple[LogSession, ReadSession, list[Item]]:
        found, read = read_log_session(self._log_dir, f"{self._agent}:{self._id}")
        return found, read, self._lines.items(read)

    def _arrive(self) -> None:
        """Go to the step of the call that one came from."""
        steps = self._session.steps if self._session else ()
        wanted = next((step.step_id for step in steps if step.extra.get("event_id") == self._wanted), None)
        if wanted is not None:
            self.trajectory.go_to_step(wanted)

    @property
    def _event_id(self) -> str:
        """The call of the step under the cursor, else the one that comes next."""
        place = self.trajectory.place
        if place is None or self._session is None:
            return ""
        later = (step for step in self._session.steps if step.step_id >= place.step)
        found = next((step.extra["event_id"] for step in later if step.extra.get("event_id")), "")
        return str(found)

    async def pointed(self) -> Pointed | None:
        """The call of the step under the cursor."""
        if not self._event_id:
            self.flash("no call of this session is at or after this step", "warning")
            return None
        return Pointed(Place(event=f"{self._agent}:{self._event_id}", log_dir=self._log_dir))

    def action_event(self) -> None:
        """Inspect the event of the step under the cursor."""
        from screens.inspector import InspectorScreen

        source = host(self).source
        row = source.find_event(self._agent, self._event_id) if self._event_id else None
        if row is None:
            self.flash("this step's event is not in the list of events", "warning")
        else:
            self.app.push_screen(InspectorScreen(source, row))

    @on(Document.Moved)
    def _moved(self) -> None:
        self.draw_status()

    @on(MarkedDocument.NoMore)
    def _no_more(self, message: MarkedDocument.NoMore) -> None:
        self.flash(message.words)

    def facts(self) -> list[Fact]:
        """Where one is."""
        place = self.trajectory.place
        if place is None or self._session is None:
            return []
        turn = f" · turn {place.turn}" if place.turn is not None else ""
        return [Fact(f"step {place.step}/{self._session.last_step}{turn}", "plain")]


def session_of(loaded: LoadedEvent) -> SessionScreen | None:
    """The screen of an event's session; None where the event is of none."""
    session = loaded.event.get("session_id")
    if not isinstance(session, str) or not session:
        return None
    folder = Path(loaded.path).parent
    return SessionScreen(folder.parent, folder.name, session, str(loaded.event.get("event_id") or ""))
