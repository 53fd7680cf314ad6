"""The top line: the four places, which one this is, what log is open, and one clause on how things are."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget

from tessen.sanitise import one_line
from widgets.cells import clip_middle

PLACES = (("agents", "1", "Agents"), ("live", "2", "Live"), ("runs", "3", "Runs"), ("jobs", "4", "Jobs"))
"""Each place: its name in code, its key, its word on screen."""


class TopBar(Widget):
    """One line: places on the left, the log's folder and a clause on the right.

    Args:
        place: the place this bar's screen is.
        log: the log's name, raw.
    """

    DEFAULT_CSS = """
    TopBar {
        dock: top;
        height: 1;
        background: $panel;
        color: $foreground;
        & > .top-bar--here { background: $primary; color: $background; text-style: bold; }
        &:ansi > .top-bar--here { background: ansi_default; color: $primary; }
        & > .top-bar--key { color: $text-muted; }
        & > .top-bar--log { color: $text-muted; }
        & > .top-bar--trouble { color: $text-error; text-style: bold; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "top-bar--here",
        "top-bar--key",
        "top-bar--log",
        "top-bar--trouble",
    }

    clause: reactive[str] = reactive("")
    """How things are, such as "2 failing"; plain text of our own."""
    trouble: reactive[bool] = reactive(False)
    """Whether the clause is bad news."""

    class Chosen(Message):
        """A place was clicked."""

        def __init__(self, place: str) -> None:
            super().__init__()
            self.place = place

    def __init__(self, place: str, log: str) -> None:
        super().__init__()
        self._place = place
        self._log = one_line(log)

    def render(self) -> Content:
        """The whole line, its right part cut first."""
        left = Content("").join(self._tab(*each) for each in PLACES)
        room = self.size.width - left.cell_length - 2
        clause = self.clause if cell_len(self.clause) <= room else ""
        log_room = room - cell_len(clause) - (2 if clause else 0)
        log = clip_middle(self._log, log_room) if log_room >= 12 else ""
        gap = " " * max(
            1,
            self.size.width
            - left.cell_length
            - cell_len(log)
            - cell_len(clause)
            - (3 if clause and log else 1),
        )
        return Content.assemble(
            left,
            gap,
            (log, self.get_visual_style("top-bar--log")),
            "  " if clause and log else "",
            (clause, self.get_visual_style("top-bar--trouble" if self.trouble else "top-bar--log")),
            " ",
        )

    def _tab(self, name: str, key: str, word: str) -> Content:
        if name == self._place:
            here = self.get_visual_style("top-bar--here")
            if self.app.native_ansi_color:
                here += Style(reverse=True)  # the toolkit takes none from a style sheet
            return Content.styled(f" {key} {word} ", here)
        return Content.assemble((f" {key}", self.get_visual_style("top-bar--key")), f" {word} ")

    def on_click(self, event: Click) -> None:
        """Tell which place was clicked."""
        start = 0
        for name, key, word in PLACES:
            end = start + len(key) + len(word) + 3
            if start <= event.x < end:
                self.post_message(self.Chosen(name))
                return
            start = end
