"""The inspector: one event in full, why it was flagged and what to do about it.

What belongs here is loading, the ways to look, and the keys that act on the event. What is shown, and in
which order, is `widgets.event_document`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from capture.callsites import map_entry
from capture.log.source import Change, EventSource, LoadedEvent, RowId, View
from screens.compare import CompareScreen
from screens.document_screen import DocumentScreen
from screens.editor import editor_command, open_in_editor, why_not
from screens.event_file import clipboard_text, write_event
from screens.host import host
from screens.launch_keys import LaunchKeys, Pointed, pointed_at_event
from screens.session import session_of
from tessen.exchange import Exchange
from tessen.format import size
from widgets.event_document import LOOKS, Inspected
from widgets.event_findings import Evidence, around
from widgets.headline import Headline
from widgets.lines import Item, line
from widgets.status_line import Fact


class InspectorScreen(DocumentScreen, LaunchKeys):
    """One event, and its neighbours in the session.

    Args:
        source: where events come from.
        row: the event to begin with.
        view: the list it was opened from, for going to its next error or anomaly.
    """

    TROUBLED = ("Why", "Finding", "Error", "Attempts")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "left_square_bracket",
            "neighbour(-1)",
            "Prev",
            id="inspector.previous",
            tooltip="Previous event of the session",
            key_display="[",
        ),
        Binding(
            "right_square_bracket",
            "neighbour(1)",
            "Next",
            id="inspector.next",
            tooltip="Next event of the session",
            key_display="]",
        ),
        Binding("e", "jump('error', 1)", "Next error", show=False, id="inspector.next-error"),
        Binding("E", "jump('error', -1)", "Previous error", show=False, id="inspector.previous-error"),
        Binding("a", "jump('anomaly', 1)", "Next anomaly", show=False, id="inspector.next-anomaly"),
        Binding("A", "jump('anomaly', -1)", "Previous anomaly", show=False, id="inspector.previous-anomaly"),
        Binding("p", "evidence(1)", "Next event of the finding", show=False, id="inspector.next-finding"),
        Binding(
            "P", "evidence(-1)", "Previous event of the finding", show=False, id="inspector.previous-finding"
        ),
        Binding(
            "c",
            "look('conversation')",
            "Conversation",
            id="inspector.conversation",
            tooltip="Only the conversation, and back",
        ),
        Binding("v", "look('raw')", "Raw", id="inspector.raw", tooltip="The raw JSON, and back"),
        Binding("Y", "copy_event", "Copy the whole event", show=False, id="inspector.copy-event"),
        Binding("w", "write", "Write", id="inspector.write", tooltip="Write the event to a file"),
        Binding(
            "o", "open_call_site", "Editor", id="inspector.open", tooltip="Open the call site in $EDITOR"
        ),
        Binding("M", "map", "Map", show=False, id="inspector.map", tooltip="Map entry of the call site"),
        Binding(
            "s", "trajectory", "Session", id="inspector.trajectory", tooltip="The event's session, whole"
        ),
        Binding("m", "mark", "Mark", id="inspector.mark", tooltip="Mark, to compare with"),
        Binding(
            "equals_sign",
            "compare",
            "Compare",
            id="inspector.compare",
            tooltip="Compare with the marked",
            key_display="=",
        ),
    ]

    def __init__(self, source: EventSource, row: RowId, view: View | None = None) -> None:
        super().__init__()
        self._source = source
        self._row = row
        self._view = view
        self._look = "event"
        self._loaded: LoadedEvent | None = None
        self._inspected: Inspected | None = None

    def compose_head(self) -> ComposeResult:
        """The event's head."""
        yield Headline()

    def on_mount(self) -> None:
        """Load the event."""
        self._load(self._row)

    @property
    def row(self) -> RowId:
        """The event that is shown."""
        return self._row

    def log_changed(self, change: Change) -> None:
        """Nothing to do: an event does not change, and its session's length is told once a second."""

    def tick(self, now: float) -> None:
        """Bring the age and the place in the session up to date."""
        self._draw_head(now)

    # Loading

    @work(exclusive=True, group="load")
    async def _load(self, row: RowId, section: str = "") -> None:
        """Read an event and show it; say why where it cannot be read."""
        self._row = row
        try:
            loaded = await self._source.load(row)
        except LookupError as problem:
            self._gone(str(problem.args[0]) if problem.args else "the event is no longer in the log")
            return
        cost = self._source.row(row).cost_usd
        inspected, items = await asyncio.to_thread(_inspect, loaded, cost, self._evidence(), self._look)
        self._loaded, self._inspected = loaded, inspected
        self._draw_head(host(self).clock())
        self.show_document(items, section)

    def _evidence(self) -> list[Evidence]:
        """The patterns that the event is part of, each with the events around this one."""
        found = []
        for finding in self._source.findings_of(self._row):
            shown = around(finding, self._row)
            rows = [self._source.row(finding.rows[number]) for number in shown]
            found.append(Evidence(finding, finding.rows.index(self._row), shown.start, rows))
        return found

    def _gone(self, reason: str) -> None:
        """Show that there is no event to show."""
        self._loaded = self._inspected = None
        self.query_one(Headline).say("this event cannot be shown")
        self.show_document([line((reason, "bad")), line(("esc goes back", "dim"))])

    def _draw_head(self, now: float) -> None:
        """Draw the head of the event."""
        if self._inspected is None:
            return
        self.query_one(Headline).show(
            self._inspected.exchange,
            cost_usd=self._inspected.cost_usd,
            now=now,
            position=self._position(),
            marked=host(self).marked == self._row,
        )

    def _position(self) -> str:
        """Where in its session this event is, such as "7/23"; empty where it is alone."""
        rows = self._source.session_rows(self._row).tolist()
        return f"{rows.index(self._row) + 1}/{len(rows)}" if len(rows) > 1 and self._row in rows else ""

    def facts(self) -> list[Fact]:
        """Which way the event is looked at, unless it is the usual one."""
        return [] if self._look == "event" else [Fact(self._look, "plain")]

    # Ways to look

    def action_look(self, look: str) -> None:
        """Look at the event as a conversation or raw; the same key again goes back."""
        self._look = "event" if look == self._look else look
        if self._inspected is not None:
            self.show_document(LOOKS[self._look](self._inspected))

    def action_neighbour(self, step: int) -> None:
        """Go to the previous or next event of the session, in the same section."""
        rows = self._source.session_rows(self._row).tolist()
        at = rows.index(self._row) + step if self._row in rows else -1
        if 0 <= at < len(rows):
            self._load(rows[at], self.document.section)
        elif len(rows) < 2:
            self.flash("this event is the only one of its session")
        else:
            self.flash(f"this is the session's {'last' if step > 0 else 'first'} event")

    def action_evidence(self, step: int) -> None:
        """Go to the next or previous event of the first pattern that this one is part of."""
        findings = self._source.findings_of(self._row)
        if not findings:
            self.flash("this event is part of no pattern over several events")
            return
        rows = findings[0].rows
        at = rows.index(self._row) + step
        if 0 <= at < len(rows):
            self._load(rows[at], self.document.section)
        else:
            self.flash(f"this is the finding's {'last' if step > 0 else 'first'} event")

    def action_jump(self, what: str, step: int) -> None:
        """Go to the next or previous error or anomaly of the list that this event was opened from."""
        view = self._view
        at = view.position(self._row) if view is not None else None
        found = view.find(at, what, step) if view is not None and at is not None else None
        if view is None or found is None:
            self.flash(f"no {what} {'after' if step > 0 else 'before'} this event in the list")
        else:
            self._load(int(view.rows[found]))

    def undo_layer(self) -> bool:
        """Undo zoom, search, or the way to look."""
        if super().undo_layer():
            return True
        if self._look != "event":
            self.action_look(self._look)
            return True
        return False

    # Acting on the event

    async def pointed(self) -> Pointed | None:
        """The event that is shown."""
        return pointed_at_event(self._loaded) if self._loaded is not None else None

    def action_trajectory(self) -> None:
        """Open the event's whole session as a trajectory."""
        if self._loaded is None:
            return
        if (screen := session_of(self._loaded)) is None:
            self.flash("this event has no session id", "warning")
        else:
            self.app.push_screen(screen)

    def action_copy_event(self) -> None:
        """Copy the event's whole line."""
        if self._loaded is None:
            return
        text = clipboard_text(self._loaded)
        amount = size(len(self._loaded.raw))
        if text is None:
            self.flash(f"{amount} is too much for a clipboard: w writes a file", "warning")
        else:
            self.app.copy_to_clipboard(text)
            self.flash(f"copied the event, {amount}", "good")

    def action_write(self) -> None:
        """Write the event's line to a file in the current folder."""
        if self._loaded is None:
            return
        try:
            path = write_event(self._loaded, Path.cwd())
        except OSError as problem:
            self.flash(f"not written: {problem.strerror or problem}", "error")
        else:
            self.flash(f"written to {path}", "good")

    def action_open_call_site(self) -> None:
        """Open the line of the program that made the call in an editor."""
        site = self._inspected.exchange.call_site if self._inspected else None
        command = editor_command(os.environ)
        problem: str | None
        if site is None:
            problem = "this event does not say where it was called from"
        elif command is None:
            problem = "no editor found: set EDITOR"
        else:
            problem = why_not(site.file) or open_in_editor(self.app, site.file, site.line, command)
        if problem:
            self.flash(problem, "warning")

    @work(exclusive=True, group="map")
    async def action_map(self) -> None:
        """Show what the map of the repository says of the line that made the call."""
        inspected = self._inspected
        site = inspected.exchange.call_site if inspected else None
        if inspected is None or site is None:
            self.flash("this event does not say where it was called from", "warning")
            return
        self.flash(f"mapping the calls around {site.file} …")
        try:
            entry = await map_entry(site.file, site.line)
        except LookupError as problem:
            self.flash(str(problem.args[0]), "warning")
            return
        if self._inspected is inspected:  # and not another event by now
            self._inspected, self._look = replace(inspected, map_entry=entry), "event"
            self.show_document(LOOKS["event"](self._inspected), "Map")
            self.flash(f"{entry.rules[0] if entry.rules else 'no rule'}: {entry.file}:{entry.line}", "good")

    def action_mark(self) -> None:
        """Mark this event, or take its mark away."""
        app = host(self)
        app.marked = None if app.marked == self._row else self._row
        self._draw_head(app.clock())
        self.flash("marked: = on another event compares" if app.marked == self._row else "mark removed")

    def action_compare(self) -> None:
        """Compare this event with the marked one."""
        marked = host(self).marked
        if marked is None:
            self.flash("nothing marked yet: m marks this event", "warning")
        elif marked == self._row:
            self.flash("this is the marked event: go to another one", "warning")
        else:
            self.app.push_screen(CompareScreen(self._source, marked, self._row))


def _inspect(
    loaded: LoadedEvent, cost_usd: float | None, evidence: Sequence[Evidence], look: str
) -> tuple[Inspected, list[Item]]:
    """Read an event into what is shown of it; takes time for big ones, so it runs in a thread."""
    exchange = Exchange.from_event(loaded.event)
    place = f"{loaded.path}, byte {loaded.offset:,}"
    inspected = Inspected(exchange, loaded.event, loaded.raw, place, cost_usd, evidence)
    return inspected, LOOKS[look](inspected)
