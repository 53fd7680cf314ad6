"""The frame of a screen that is one document: its sections above it, what is said of it below.

What belongs here is the frame; the keys are `screens.document_keys`. Subclasses bring head and content.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from screens.document_keys import DocumentKeys
from widgets.document import Document
from widgets.key_bar import KeyBar
from widgets.lines import Item
from widgets.search_bar import SearchBar
from widgets.section_bar import SectionBar
from widgets.status_line import StatusLine

SHORT = 18
"""Lines of the terminal below which the status line gives its line to the document."""


class DocumentScreen(DocumentKeys):
    """One document, its sections above it and what is said of it below."""

    TROUBLED: ClassVar[tuple[str, ...]] = ()
    """Names of sections that are bad news."""
    DEFAULT_CSS = """
    DocumentScreen {
        & Document { height: 1fr; }
        &.-zoomed { & .head, & SectionBar, & StatusLine, & KeyBar { display: none; } }
        &.-short StatusLine { display: none; }
        &.-short.-speaking StatusLine { display: block; }
    }
    """

    def compose(self) -> ComposeResult:
        """Head, sections, the document, and what is said below it."""
        yield from self.compose_head()
        yield SectionBar(troubled=self.TROUBLED)
        yield Document()
        yield SearchBar()
        yield StatusLine()
        yield KeyBar()

    def compose_head(self) -> ComposeResult:
        """What stands above the sections; give it the class "head"."""
        yield from ()

    def on_mount(self) -> None:
        """Give the keys to the document."""
        self.document.focus()

    def on_resize(self) -> None:
        """Save a line on short terminals."""
        self.set_class(self.app.size.height < SHORT, "-short")

    def show_document(self, items: Sequence[Item], section: str = "") -> None:
        """Show items, the cursor at a section, else at the top."""
        self.document.show(items, section)
        self._moved()

    @on(Document.Moved)
    def _moved(self) -> None:
        self.query_one(SectionBar).show(self.document.sections, self.document.section)
        self.draw_status()

    @on(SectionBar.Chosen)
    def _section_chosen(self, message: SectionBar.Chosen) -> None:
        self.document.go_to_section(message.section)
