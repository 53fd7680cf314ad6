"""The keys of a screen that shows documents: search, copying, zoom, and back.

What belongs here is what every such screen does the same way, be it of one document or of several; subclasses
say which document is meant.
"""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType

from screens.event_file import CLIPBOARD_LIMIT
from screens.typing_ahead import TypingAhead
from tessen.format import size
from tessen.sanitise import many_lines, one_line
from widgets.document import Document
from widgets.lines import Fold
from widgets.search_bar import SearchBar
from widgets.status_line import Fact, StatusLine, Tone
from widgets.text_lines import byte_count


class DocumentKeys(TypingAhead):
    """A screen with a search line and a status line, and the keys that act on its document."""

    BLANK = True

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "slash",
            "search",
            "Search",
            id="inspector.search",
            tooltip="Search in all of it, also folded",
            key_display="/",
            priority=True,
        ),
        Binding("n", "search_again(1)", "Next match", show=False, id="inspector.next-match"),
        Binding("N", "search_again(-1)", "Previous match", show=False, id="inspector.previous-match"),
        Binding("y", "copy", "Copy", id="inspector.copy", tooltip="Copy the block under the cursor"),
        Binding("z", "zoom", "Zoom", show=False, id="inspector.zoom"),
        Binding(
            "escape",
            "back",
            "Back",
            id="inspector.back",
            tooltip="Back, one layer at a time",
            key_display="esc",
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._needle = ""

    @property
    def document(self) -> Document:
        """The document that the keys act on."""
        return self.query_one(Document)

    def facts(self) -> list[Fact]:
        """What the line below the document says first."""
        return []

    def draw_status(self) -> None:
        """Say what copying would copy, and what is searched for."""
        fold = self._copyable()
        copies = Fact(one_line(f"y copies {fold.noun if fold else 'this line'}", 80))
        right = [Fact(one_line(f"/{self._needle}", 30), "plain")] if self._needle else []
        self.query_one(StatusLine).say([*self.facts(), copies], right)

    def flash(self, words: str, tone: Tone = "plain") -> None:
        """Say one thing for a few seconds; raw text is welcome."""
        self.add_class("-speaking")  # what is said must be seen, also on a short terminal
        self.query_one(StatusLine).flash(one_line(words, 300), tone)

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
            self.flash(f"'{self._needle}' is nowhere in this document", "warning")

    def _search_for(self, needle: str) -> None:
        """Go to the first place of a text; an empty one ends the search."""
        self._needle = needle
        if needle:
            self.action_search_again(1)
        else:
            self.document.search("")
        self.draw_status()

    # The rest

    def action_copy(self) -> None:
        """Copy the part under the cursor, without what a terminal would act on when it is pasted."""
        fold = self._copyable()
        text = fold.copied() if fold else self.document.line_text
        if byte_count(text) > CLIPBOARD_LIMIT:
            self.flash(f"{size(byte_count(text))} is too much for a clipboard", "warning")
            return
        self.app.copy_to_clipboard("\n".join(many_lines(text)))
        self.flash(f"copied {fold.noun if fold else 'the line'}, {size(byte_count(text))}", "good")

    def _copyable(self) -> Fold | None:
        """The innermost fold around the cursor that says what copying it means."""
        return next((fold for fold in self.document.here if fold.copy is not None), None)

    def action_zoom(self) -> None:
        """Give the document the whole terminal, or give it back."""
        self.toggle_class("-zoomed")

    def action_back(self) -> None:
        """Undo one layer; with nothing left to undo, leave."""
        if not self.undo_layer():
            self.dismiss()

    def undo_layer(self) -> bool:
        """Undo the zoom or end the search; whether there was anything to undo."""
        if self.has_class("-zoomed"):
            self.action_zoom()
        elif self._needle:
            self._search_for("")
        else:
            return False
        return True
