"""A line across the screen that says what needs a person now; no line at all when nothing does."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from widgets import glyphs
from widgets.cells import clip


class Banner(Widget):
    """One loud line, hidden when there is nothing to say."""

    DEFAULT_CSS = """
    Banner {
        height: 1;
        display: none;
        padding: 0 1;
        background: $error-muted;
        color: $text-error;
        text-style: bold;
        &.-shown { display: block; }
        &.-milder { background: $warning-muted; color: $text-warning; }
        &:ansi { background: ansi_red; color: ansi_bright_white; }
        &:ansi.-milder { background: ansi_yellow; color: ansi_black; }
    }
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._text = ""
        self._more = 0

    def say(self, text: str, more: int = 0, *, milder: bool = False) -> None:
        """Show a sentence, or nothing when it is empty.

        Args:
            text: safe to draw.
            more: how many other things need a person.
            milder: whether it can wait a little.
        """
        self.set_class(bool(text), "-shown")
        self.set_class(milder, "-milder")
        if (text, more) != (self._text, self._more):
            self._text, self._more = text, more
            self.refresh()

    def render(self) -> Content:
        """The sentence, and how many more there are."""
        tail = f"  +{self._more} more" if self._more else ""
        return Content(clip(f"{glyphs.ERROR} {self._text}", self.size.width - len(tail)) + tail)
