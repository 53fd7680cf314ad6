"""The sections of a document in one line, with the one that is being read marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widget import Widget


class SectionBar(Widget):
    """One line of section names; a click on one goes there."""

    DEFAULT_CSS = """
    SectionBar {
        height: 1;
        background: $surface;
        color: $text-muted;
        &.-empty { display: none; }
        & > .section-bar--here { color: $primary; text-style: bold underline; }
        & > .section-bar--trouble { color: $text-warning; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"section-bar--here", "section-bar--trouble"}

    class Chosen(Message):
        """A section was clicked."""

        def __init__(self, section: str) -> None:
            super().__init__()
            self.section = section

    def __init__(self, troubled: Sequence[str] = ()) -> None:
        super().__init__()
        self._sections: tuple[str, ...] = ()
        self._here = ""
        self._troubled = frozenset(troubled)
        self._spans: list[tuple[int, int, str]] = []

    def show(self, sections: Sequence[str], here: str) -> None:
        """Show these names, one of them marked; without any, the bar gives its line away."""
        if (tuple(sections), here) != (self._sections, self._here):
            self._sections, self._here = tuple(sections), here
            self.set_class(not sections, "-empty")
            self.refresh()

    def render(self) -> Content:
        """The names, begun later where the marked one would not fit."""
        names = list(self._sections)
        while (
            len(names) > 1 and self._here in names[1:] and self._end_of(names, self._here) > self.size.width
        ):
            names.pop(0)
        parts: list[Content] = []
        self._spans = []
        at = 1
        for name in names:
            self._spans.append((at, at + cell_len(name), name))
            parts.append(self._styled(name) + Content("  "))
            at += cell_len(name) + 2
        return Content(" ") + Content("").join(parts)

    def _end_of(self, names: Sequence[str], name: str) -> int:
        """The cell after a name, in a line of these names."""
        return 1 + sum(cell_len(n) + 2 for n in names[: list(names).index(name) + 1])

    def _styled(self, name: str) -> Content:
        if name == self._here:
            return Content.styled(name, self.get_visual_style("section-bar--here"))
        if name in self._troubled:
            return Content.styled(name, self.get_visual_style("section-bar--trouble"))
        return Content(name)

    async def on_click(self, event: Click) -> None:
        """Tell which section was clicked."""
        for start, end, name in self._spans:
            if start <= event.x < end:
                self.post_message(self.Chosen(name))
                return
