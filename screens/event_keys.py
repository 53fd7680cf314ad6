"""What can be done with the event under the cursor: inspect, mark, compare, its session, copy, write."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from capture.log.source import LoadedEvent, RowId, View
from screens.event_file import clipboard_text, write_event
from screens.host import host
from screens.launch_keys import LaunchKeys, Pointed, pointed_at_event
from screens.place import Place
from tessen import format as show
from tessen.sanitise import one_line
from widgets.event_list import EventList
from widgets.status_line import StatusLine, Tone


class EventKeys(Place, LaunchKeys):
    """A place with an event list and a status line, and the keys that act on one event."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "inspect", "Inspect", id="live.inspect", tooltip="Inspect the event"),
        Binding("s", "trajectory", "Session", id="live.trajectory", tooltip="The event's session, whole"),
        Binding("S", "session", "Only this session", show=False, id="live.session"),
        Binding("m", "mark", "Mark", show=False, id="live.mark", tooltip="Mark, to compare with"),
        Binding(
            "equals_sign",
            "compare",
            "Compare",
            show=False,
            id="live.compare",
            key_display="=",
            tooltip="Compare with the marked",
        ),
        Binding("y", "copy", "Copy", show=False, id="live.copy", tooltip="Copy the event (OSC 52)"),
        Binding("w", "write", "Write to a file", show=False, id="live.write"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.view: View | None = None
        self.came_from = ""

    @property
    def events(self) -> EventList:
        """The list."""
        return self.query_one(EventList)

    def flash(self, text: str, tone: Tone = "plain") -> None:
        """Say one thing for a few seconds; `text` is safe to draw."""
        self.query_one(StatusLine).flash(text, tone)

    def describe(self) -> None:
        """Say how things are."""

    def apply_filter(self, text: str, came_from: str = "") -> None:
        """Show only what matches."""

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
        self.app.push_screen(InspectorScreen(host(self).source, row, self.view))

    def action_mark(self) -> None:
        """Mark the event under the cursor, or take its mark away."""
        row = self.events.cursor
        host(self).marked = None if row == host(self).marked else row
        self.events.set_marked(host(self).marked)
        self.flash("marked: = on another event compares" if host(self).marked is not None else "mark removed")
        self.describe()

    def action_compare(self) -> None:
        """Compare the event under the cursor with the marked one."""
        from screens.compare import CompareScreen

        marked, row = host(self).marked, self.events.cursor
        if marked is None or row is None:
            self.flash("nothing marked yet: m marks the event under the cursor", "warning")
        elif marked == row:
            self.flash("this is the marked event: move to another one", "warning")
        else:
            self.app.push_screen(CompareScreen(host(self).source, marked, row))

    @work(exclusive=True, group="event")
    async def action_trajectory(self) -> None:
        """Open the whole session of the event under the cursor, as a trajectory."""
        from screens.session import session_of

        if (loaded := await self._load()) is None:
            return
        if (screen := session_of(loaded)) is None:
            self.flash("this event has no session id", "warning")
        else:
            self.events.following = False
            self.app.push_screen(screen)

    @work(exclusive=True, group="event")
    async def action_session(self) -> None:
        """Show only the session of the event under the cursor."""
        if (loaded := await self._load()) is None:
            return
        session = loaded.event.get("session_id")
        if isinstance(session, str) and session:
            self.apply_filter(f"session:{session}", self.came_from)
        else:
            self.flash("this event has no session id", "warning")

    @work(exclusive=True, group="event")
    async def action_copy(self) -> None:
        """Copy the event's line to the clipboard, also over SSH."""
        if (loaded := await self._load()) is None:
            return
        if (text := clipboard_text(loaded)) is None:
            self.flash(
                f"{show.size(len(loaded.raw))} is too much for a clipboard: w writes a file", "warning"
            )
        else:
            self.app.copy_to_clipboard(text)
            self.flash(f"copied {show.size(len(loaded.raw))}", "good")

    @work(exclusive=True, group="event")
    async def action_write(self) -> None:
        """Write the event's line to a file in the current folder."""
        if (loaded := await self._load()) is None:
            return
        try:
            path = write_event(loaded, Path.cwd())
        except OSError as error:
            self.flash(one_line(f"not written: {error.strerror or error}"), "error")
        else:
            self.flash(one_line(f"written to {path}"), "good")

    async def pointed(self) -> Pointed | None:
        """The event under the cursor."""
        return pointed_at_event(loaded) if (loaded := await self._load()) is not None else None

    async def _load(self) -> LoadedEvent | None:
        row = self.events.cursor
        if row is None:
            return None
        try:
            return await host(self).source.load(row)
        except LookupError as error:
            self.flash(one_line(str(error.args[0] if error.args else error)), "error")
            return None
