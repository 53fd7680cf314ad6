"""What stands where there is nothing to show: why, and the next command to type.

A list that makes room for it is given no height rather than hidden: what is hidden loses the keyboard, and
the keys would be dead when the list fills.
"""

from __future__ import annotations

from typing import ClassVar

from textual.content import Content
from textual.widget import Widget

from tessen.sanitise import one_line


class EmptyState(Widget):
    """A few centred lines: a headline, sentences, and commands set apart."""

    DEFAULT_CSS = """
    EmptyState {
        align: center middle;
        content-align: center middle;
        text-align: center;
        height: 1fr;
        padding: 0 2;
        color: $text-muted;
        & > .empty--headline { color: $foreground; text-style: bold; }
        & > .empty--command { color: $text-accent; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"empty--headline", "empty--command"}

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._content: tuple[str, tuple[str, ...], tuple[str, ...]] = ("", (), ())

    def say(self, headline: str, sentences: tuple[str, ...] = (), commands: tuple[str, ...] = ()) -> None:
        """Say something else; does nothing when it is said already.

        Args:
            headline: what is the case.
            sentences: why, and what to do.
            commands: what to type, one a line.
        """
        content = (headline, sentences, commands)
        if content != self._content:
            self._content = content
            self.refresh()

    def render(self) -> Content:
        """The lines; blank ones are left out where the terminal is short."""
        headline, sentences, commands = self._content
        gap = "\n\n" if self.size.height >= 6 + len(sentences) + len(commands) else "\n"
        command = self.get_visual_style("empty--command")
        blocks = [Content.styled(one_line(headline), self.get_visual_style("empty--headline"))]
        if sentences:
            blocks.append(Content("\n").join(Content(one_line(each)) for each in sentences))
        if commands:
            blocks.append(Content("\n").join(Content.styled(one_line(each), command) for each in commands))
        return Content(gap).join(blocks)
