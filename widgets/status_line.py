"""A line of facts about the list above it: how it stands on the left, what waits on the right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, NamedTuple

from rich.cells import cell_len
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget

from widgets.cells import clip

Tone = Literal["plain", "muted", "good", "warning", "error"]
FLASH_S = 6.0
SEPARATOR = " · "


class Fact(NamedTuple):
    """One clause, already safe to draw."""

    text: str
    tone: Tone = "muted"


class StatusLine(Widget):
    """One line. Facts are dropped from the end of the left side where they do not fit."""

    DEFAULT_CSS = """
    StatusLine {
        height: 1;
        padding: 0 1;
        background: $surface;
        color: $text-muted;
        & > .status--plain { color: $foreground; }
        & > .status--muted { color: $text-muted; }
        & > .status--good { color: $text-success; }
        & > .status--warning { color: $text-warning; }
        & > .status--error { color: $text-error; text-style: bold; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "status--plain",
        "status--muted",
        "status--good",
        "status--warning",
        "status--error",
    }

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._left: tuple[Fact, ...] = ()
        self._right: tuple[Fact, ...] = ()
        self._flash: Fact | None = None
        self._flash_timer: Timer | None = None

    def say(self, left: Sequence[Fact], right: Sequence[Fact] = ()) -> None:
        """Show these facts; draws only if something is different."""
        facts = tuple(left), tuple(right)
        if facts != (self._left, self._right):
            self._left, self._right = facts
            self.refresh()

    def flash(self, text: str, tone: Tone = "plain") -> None:
        """Say one thing for a few seconds in place of the left facts.

        Args:
            text: already safe to draw.
            tone: how it is drawn.
        """
        if self._flash_timer is not None:
            self._flash_timer.stop()
        self._flash = Fact(text, tone)
        self._flash_timer = self.set_timer(FLASH_S, self._end_flash)
        self.refresh()

    def _end_flash(self) -> None:
        self._flash = None
        self.refresh()

    def render(self) -> Content:
        """The whole line; what waits on the right is never cut before the left."""
        width = self.size.width
        right = self._styled(self._right)
        room = width - right.cell_length - (2 if right else 0)
        left = self._styled((self._flash,) if self._flash else self._left, room)
        gap = " " * max(0, width - left.cell_length - right.cell_length)
        return Content.assemble(left, gap, right)

    def _styled(self, facts: Sequence[Fact], room: int | None = None) -> Content:
        parts: list[Content] = []
        for number, fact in enumerate(facts):
            needed = cell_len(fact.text) + (len(SEPARATOR) if number else 0)
            if room is not None and needed > room and number:
                break
            text = fact.text if room is None else clip(fact.text, room)
            parts.append(Content.styled(text, self.get_visual_style(f"status--{fact.tone}")))
            room = None if room is None else room - needed
        return Content(SEPARATOR).join(parts)
