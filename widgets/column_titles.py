"""The line of column titles above a list."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget


class ColumnTitles(Widget):
    """One quiet line; the list says what stands where."""

    DEFAULT_CSS = """
    ColumnTitles {
        height: 1;
        background: $surface;
        color: $text-muted;
    }
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._text = ""

    def show(self, text: str) -> None:
        """Show other titles; draws only if they are different."""
        if text != self._text:
            self._text = text
            self.refresh()

    def render(self) -> Content:
        """The titles, cut at the edge."""
        return Content(self._text)
