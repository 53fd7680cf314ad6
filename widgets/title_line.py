"""The head of a document that is neither an event nor a run: what it is, and where it lies."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from tessen.sanitise import one_line
from widgets.cells import clip, clip_middle


class TitleLine(Widget):
    """One line: a title, and quieter words at the right where there is room."""

    DEFAULT_CSS = """
    TitleLine {
        height: 1;
        padding: 0 1;
        background: $panel;
        & > .title-line--title { color: $primary; text-style: bold; }
        & > .title-line--words { color: $text-muted; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"title-line--title", "title-line--words"}
    DEFAULT_CLASSES = "head"

    def __init__(self) -> None:
        super().__init__()
        self._said = "", ""

    def say(self, title: str, words: str = "") -> None:
        """Say something else; raw text is welcome."""
        self._said = one_line(title, 300), one_line(words, 500)
        self.refresh()

    def render(self) -> Content:
        """The title, and as much of the words as fits."""
        title, words = clip(self._said[0], self.size.width), self._said[1]
        room = self.size.width - cell_len(title) - 2
        rest = clip_middle(words, room) if room > 8 else ""
        gap = " " * (self.size.width - cell_len(title) - cell_len(rest))
        quiet = self.get_visual_style("title-line--words")
        bold = self.get_visual_style("title-line--title")
        return Content.assemble((title, bold), gap, (rest, quiet))
