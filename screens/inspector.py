"""The inspector: one event in full, why it was flagged and what to do about it.

What belongs here is loading, the ways to look, and the keys that act on the event. What is shown, and in which
order, is `widgets.event_document`.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from capture.log.source import EventSource, LoadedEvent, RowId, View
from screens.compare import CompareScreen
from screens.editor import editor_command, open_in_editor, why_not
from screens.event_file import CLIPBOARD_LIMIT, clipboard_text, write_event
from screens.host import host
from tessen.exchange import Exchange
from widgets.document import Document
from widgets.event_document import LOOKS, Inspected
from widgets.format import size
from widgets.headline import Headline
from widgets.key_bar import KeyBar
from widgets.lines import Fold, Item, line
from widgets.sanitise import many_lines, one_line
from widgets.search_bar import SearchBar
from widgets.section_bar import SectionBar
from widgets.status_line import Fact, StatusLine, Tone

SHORT = 18
"""Lines of the terminal below which the status line gives its line to the document."""


class InspectorScreen(Screen[None]):
    """One event, and its neighbours in the session.

    Args:
        source: where events come from.
        row: the event to begin with.
        view: the list it was opened from; its order is not needed yet.
    """

    DEFAULT_CSS = """
    InspectorScreen {
        & Document { height: 1fr; }
        &.-zoomed { & Headline, & SectionBar, & StatusLine, & KeyBar { display: none; } }
        &.-short StatusLine { display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left_square_bracket", "neighbour(-1)", "Prev", id="inspector.previous", key_display="["),
        Binding("right_square_bracket", "neighbour(1)", "Next", id="inspector.next", key_display="]"),
        Binding("c", "look('conversation')", "Conversation", id="inspector.conversation"),
        Binding("v", "look('raw')", "Raw", id="inspector.raw"),
        Binding("slash", "search", "Search", id="inspector.search", key_display="/"),
        Binding("n", "search_again(1)", "Next match", show=False, id="inspector.next-match"),
        Binding("N", "search_again(-1)", "Previous match", show=False, id="inspector.previous-match"),
        Binding("y", "copy", "Copy", id="inspector.copy"),
        Binding("Y", "copy_event", "Copy the whole event", show=False, id="inspector.copy-event"),
        Binding("w", "write", "Write", id="inspector.write"),
        Binding("o", "open_call_site", "Editor", id="inspector.open"),
        Binding("m", "mark", "Mark", id="inspector.mark"),
        Binding("equals_sign", "compare", "Compare", id="inspector.compare", key_display="="),
        Binding("z", "zoom", "Zoom", show=False, id="inspector.zoom"),
        Binding("escape", "back", "Back", id="inspector.back", key_display="esc"),
    ]

    def __init__(self, source: EventSource, row: RowId, view: View | None = None) -> None:
        super().__init__()
        self._source = source
        self._row = row
        self._view = view
        self._look = "event"
        self._needle = ""
        self._loaded: LoadedEvent | None = None
        self._inspected: Inspected | None = None

    def compose(self) -> ComposeResult:
        """Head, sections, the document, and what is said below it."""
        yield Headline()
        yield SectionBar(troubled=("Why", "Error", "Attempts"))
        yield Document()
        yield SearchBar()
        yield StatusLine()
        yield KeyBar()

    def on_mount(self) -> None:
        """Load the event."""
        self.document.focus()
        self._load(self._row)

    def on_resize(self) -> None:
        """Save a line on short terminals."""
        self.set_class(self.app.size.height < SHORT, "-short")

    @property
    def document(self) -> Document:
        """The document."""
        return self.query_one(Document)

    @property
    def row(self) -> RowId:
        """The event that is shown."""
        return self._row

    def tick(self, now: float) -> None:
        """Bring the age and the place in the session up to date."""
        self._draw_head(now)

    def log_changed(self, _change: object) -> None:
        """An event does not change; its session's length is brought up to date with the next second."""

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
        inspected, items = await asyncio.to_thread(_inspect, loaded, cost, self._look)
        self._loaded, self._inspected = loaded, inspected
        self._draw_head(host(self).clock())
        self._show(items, section)

    def _gone(self, reason: str) -> None:
        """Show that there is no event to show."""
        self._loaded = self._inspected = None
        self.query_one(Headline).say("this event cannot be shown")
        self._show([line((reason, "bad")), line(("esc goes back to the list", "dim"))])

    def _show(self, items: list[Item], section: str = "") -> None:
        """Show a document."""
        self.document.show(items, section)
        self._draw_sections()
        self._draw_status()

    def _draw_head(self, now: float) -> None:
        """The head of the event."""
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

    def _draw_sections(self) -> None:
        self.query_one(SectionBar).show(self.document.sections, self.document.section)

    def _draw_status(self) -> None:
        """What copying would copy, and what is searched for."""
        fold = self._copyable()
        left = [Fact(one_line(f"y copies {fold.noun if fold else 'this line'}", 80))]
        if self._look != "event":
            left.insert(0, Fact(self._look, "plain"))
        right = [Fact(one_line(f"/{self._needle}", 30), "plain")] if self._needle else []
        self.query_one(StatusLine).say(left, right)

    @on(Document.Moved)
    def _moved(self) -> None:
        self._draw_sections()
        self._draw_status()

    @on(SectionBar.Chosen)
    def _section_chosen(self, message: SectionBar.Chosen) -> None:
        self.document.go_to_section(message.section)

    # Ways to look

    def action_look(self, look: str) -> None:
        """Look at the event as a conversation or raw; the same key again goes back."""
        self._look = "event" if look == self._look else look
        if self._inspected is not None:
            self._show(LOOKS[self._look](self._inspected))

    def action_neighbour(self, step: int) -> None:
        """Go to the previous or next event of the session, in the same section."""
        rows = self._source.session_rows(self._row).tolist()
        at = rows.index(self._row) + step if self._row in rows else -1
        if 0 <= at < len(rows):
            self._load(rows[at], self.document.section)
        elif len(rows) < 2:
            self._flash("this event is the only one of its session")
        else:
            self._flash(
                "this is the session's last event" if step > 0 else "this is the session's first event"
            )

    def action_zoom(self) -> None:
        """Give the document the whole terminal, or give it back."""
        self.toggle_class("-zoomed")

    def action_back(self) -> None:
        """Undo one layer: the zoom, the search, the way to look; then go back to the list."""
        if self.has_class("-zoomed"):
            self.action_zoom()
        elif self._needle:
            self._search_for("")
        elif self._look != "event":
            self.action_look(self._look)
        else:
            self.dismiss()

    # Search

    def action_search(self) -> None:
        """Open the search line."""
        self.query_one(SearchBar).open()

    @on(SearchBar.Closed)
    def _search_closed(self) -> None:
        self.document.focus()

    @on(SearchBar.Wanted)
    def _search_wanted(self, message: SearchBar.Wanted) -> None:
        self._search_for(message.text)

    def action_search_again(self, step: int) -> None:
        """Go to the next or previous place of the text."""
        if not self._needle:
            self.action_search()
        elif not self.document.search(self._needle, step):
            self._flash(one_line(f"'{self._needle}' is nowhere in this event", 120), "warning")

    def _search_for(self, needle: str) -> None:
        """Go to the first place of a text; an empty one ends the search."""
        self._needle = needle
        if needle:
            self.action_search_again(1)
        else:
            self.document.search("")
        self._draw_status()

    # Acting on the event

    def action_copy(self) -> None:
        """Copy the part under the cursor, without what a terminal would act on when it is pasted."""
        fold = self._copyable()
        text = _copied(fold) if fold else self.document.line_text
        safe = "\n".join(many_lines(text, limit=CLIPBOARD_LIMIT + 1))
        if len(text) > CLIPBOARD_LIMIT:
            self._flash(f"{size(len(text))} is too much for a clipboard: w writes a file", "warning")
            return
        self.app.copy_to_clipboard(safe)
        self._flash(one_line(f"copied {fold.noun if fold else 'the line'}, {size(len(safe))}", 80), "good")

    def action_copy_event(self) -> None:
        """Copy the event's whole line."""
        if self._loaded is None:
            return
        text = clipboard_text(self._loaded)
        if text is None:
            words = f"{size(len(self._loaded.raw))} is too much for a clipboard: w writes a file"
            self._flash(words, "warning")
        else:
            self.app.copy_to_clipboard(text)
            self._flash(f"copied the event, {size(len(self._loaded.raw))}", "good")

    def action_write(self) -> None:
        """Write the event's line to a file in the current folder."""
        if self._loaded is None:
            return
        try:
            path = write_event(self._loaded, Path.cwd())
        except OSError as problem:
            self._flash(one_line(f"not written: {problem.strerror or problem}"), "error")
        else:
            self._flash(one_line(f"written to {path}"), "good")

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
            self._flash(one_line(problem), "warning")

    def action_mark(self) -> None:
        """Mark this event, or take its mark away."""
        app = host(self)
        app.marked = None if app.marked == self._row else self._row
        self._draw_head(app.clock())
        self._flash("marked: = on another event compares" if app.marked == self._row else "mark removed")

    def action_compare(self) -> None:
        """Compare this event with the marked one."""
        marked = host(self).marked
        if marked is None:
            self._flash("nothing marked yet: m marks this event", "warning")
        elif marked == self._row:
            self._flash("this is the marked event: go to another one", "warning")
        else:
            self.app.push_screen(CompareScreen(self._source, marked, self._row))

    def _copyable(self) -> Fold | None:
        """The innermost fold around the cursor that says what copying it means."""
        return next((fold for fold in self.document.here if fold.copy is not None), None)

    def _flash(self, words: str, tone: Tone = "plain") -> None:
        self.remove_class("-short")  # what is said must be seen
        self.query_one(StatusLine).flash(words, tone)


def _inspect(loaded: LoadedEvent, cost_usd: float | None, look: str) -> tuple[Inspected, list[Item]]:
    """Read an event into what is shown of it; takes time for big ones, so it runs in a thread."""
    exchange = Exchange.from_event(loaded.event)
    place = f"{loaded.path}, byte {loaded.offset:,}"
    inspected = Inspected(exchange, loaded.event, loaded.raw, place, cost_usd)
    return inspected, LOOKS[look](inspected)


def _copied(fold: Fold) -> str:
    """The text that copying a fold means."""
    if fold.copy is None:
        return ""
    return fold.copy if isinstance(fold.copy, str) else fold.copy()
