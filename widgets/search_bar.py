"""The line that `/` opens: a text to look for in whole events, not only in what is on screen."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from widgets.line_input import LineInput


class SearchInput(LineInput):
    """One line of text that `escape` leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Cancel", id="search.cancel")]

    class Left(Message):
        """The line was left without searching."""

    def action_leave(self) -> None:
        """Give up."""
        self.post_message(self.Left())


class SearchBar(Horizontal):
    """A search line, hidden until it is opened."""

    DEFAULT_CSS = """
    SearchBar {
        height: 1;
        display: none;
        background: $surface;
        &:focus-within { display: block; }
        & #search-label { width: auto; padding: 0 1; color: $text-primary; text-style: bold; }
        & SearchInput { width: 1fr; background: $surface; padding: 0; }
    }
    """

    class Wanted(Message):
        """A text is to be looked for."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Closed(Message):
        """The bar has given the focus back."""

    def compose(self) -> ComposeResult:
        """The label and the input."""
        yield Static("search", id="search-label", markup=False)
        yield SearchInput(placeholder="any text of a request, an answer or an error", compact=True)

    def open(self) -> None:
        """Take the focus, with the last text selected so that typing replaces it."""
        self.screen.set_focus(self.query_one(SearchInput), scroll_visible=False)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Closed())
        self.post_message(self.Wanted(event.value))

    @on(SearchInput.Left)
    def _left(self, event: SearchInput.Left) -> None:
        event.stop()
        self.post_message(self.Closed())
