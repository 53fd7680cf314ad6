"""The panes of a run in one line, each with its key, the one that is shown marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widget import Widget


class Tab(NamedTuple):
    """One name of the bar."""

    name: str
    key: str
    """As it is shown before the name; may be empty."""


class PaneBar(Widget):
    """One line of names; a click on one chooses it."""

    DEFAULT_CSS = """
    PaneBar {
        height: 1;
        background: $surface;
        color: $text-muted;
        & > .pane-bar--here { color: $primary; text-style: bold underline; }
        & > .pane-bar--beside { color: $foreground; text-style: underline; }
        & > .pane-bar--key { color: $text-disabled; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"pane-bar--here", "pane-bar--beside", "pane-bar--key"}

    class Chosen(Message):
        """A name was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self) -> None:
        super().__init__()
        self._tabs: tuple[Tab, ...] = ()
        self._here = ""
        self._beside: frozenset[str] = frozenset()
        self._note = ""
        self._spans: list[tuple[int, int, str]] = []

    def show(self, tabs: Sequence[Tab], here: str, beside: frozenset[str], note: str = "") -> None:
        """Show these names.

        Args:
            tabs: all there are.
            here: the one that has the keys.
            beside: those on screen.
            note: what is said at the right, safe to draw.
        """
        state = tuple(tabs), here, beside, note
        if state != (self._tabs, self._here, self._beside, self._note):
            self._tabs, self._here, self._beside, self._note = state
            self.refresh()

    def render(self) -> Content:
        """The names, begun later where the marked one would not fit, "…" for others; the note, given room."""
        tabs = list(self._tabs)
        while len(tabs) > 1 and tabs[0].name != self._here and self._end_of(tabs) > self.size.width:
            tabs.pop(0)
        parts: list[Content] = [Content(" " if len(tabs) == len(self._tabs) else "…")]
        self._spans = []
        at = 1
        for tab in tabs:
            width = _width(tab)
            self._spans.append((at, at + width, tab.name))
            parts += [self._styled(tab), Content("  ")]
            at += width + 2
        room = self.size.width - at - cell_len(self._note) - 1
        if self._note and room > 0:
            parts.append(Content(" " * room + self._note))
        return Content("").join(parts).truncate(self.size.width, ellipsis=at > self.size.width + 2)

    def _end_of(self, tabs: Sequence[Tab]) -> int:
        """The cell after the marked name, in a line of these names."""
        names = [tab.name for tab in tabs]
        last = names.index(self._here) if self._here in names else len(names) - 1
        return 1 + sum(_width(tab) + 2 for tab in tabs[: last + 1])

    def _styled(self, tab: Tab) -> Content:
        style = "here" if tab.name == self._here else "beside" if tab.name in self._beside else ""
        name = (
            Content.styled(tab.name, self.get_visual_style(f"pane-bar--{style}"))
            if style
            else Content(tab.name)
        )
        if not tab.key:
            return name
        return Content.assemble((f"{tab.key} ", self.get_visual_style("pane-bar--key")), name)

    async def on_click(self, event: Click) -> None:
        """Tell which name was clicked."""
        for start, end, name in self._spans:
            if start <= event.x < end:
                self.post_message(self.Chosen(name))
                return


def _width(tab: Tab) -> int:
    return cell_len(tab.name) + (len(tab.key) + 1 if tab.key else 0)
