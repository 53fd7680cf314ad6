"""The bottom line: the few keys that matter on this screen, as many as fit.

A line of its own rather than the toolkit's footer, which mounts a widget a key and rebuilds them whenever
focus moves.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

from rich.cells import cell_len
from textual.content import Content
from textual.events import Click
from textual.screen import Screen
from textual.widget import Widget

GAP = 2


HELP = "app.help"
"""The id of the binding that is never dropped."""


class ShownKey(NamedTuple):
    """One key of the bar."""

    key: str
    """As it is shown."""
    words: str
    press: str
    """As it is pressed."""
    is_help: bool


class KeyBar(Widget):
    """Shows the active bindings that have `show=True`; a click on one presses it.

    They are dropped from the end where they do not fit, but for the way to help, which is always there.
    """

    DEFAULT_CSS = """
    KeyBar {
        dock: bottom;
        height: 1;
        background: $footer-background;
        color: $footer-description-foreground;
        &.-hidden { display: none; }
        & > .key-bar--key { color: $footer-key-foreground; text-style: bold; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-bar--key"}
    HIDE_BELOW = 16
    """Lines of the terminal below which the bar gives its line to the screen's content."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: list[ShownKey] = []
        self._spans: list[tuple[int, int, str]] = []

    def on_mount(self) -> None:
        """Follow the screen: its bindings as focus moves, and its size, which a hidden bar is not told."""
        self.screen.bindings_updated_signal.subscribe(self, self._take)
        self.screen.screen_layout_refresh_signal.subscribe(self, self._fit)
        self._take(self.screen)
        self._fit(self.screen)

    def _fit(self, screen: Screen[Any]) -> None:
        self.set_class(screen.app.size.height < self.HIDE_BELOW, "-hidden")

    def _take(self, screen: Screen[Any]) -> None:
        if not screen.is_attached:
            return
        shown = list(_shown_keys(screen))
        if shown != self._shown:
            self._shown = shown
            self.refresh()

    def render(self) -> Content:
        """The keys with their words."""
        style = self.get_visual_style("key-bar--key")
        parts: list[Content] = []
        self._spans = []
        used = 1
        for key, words, press, _ in _fitting(self._shown, self.size.width - used):
            width = cell_len(key) + 1 + cell_len(words)
            self._spans.append((used, used + width, press))
            parts.append(Content.assemble((key, style), f" {words}", " " * GAP))
            used += width + GAP
        return Content(" ") + Content("").join(parts)

    async def on_click(self, event: Click) -> None:
        """Run the action under the mouse."""
        for start, end, press in self._spans:
            if start <= event.x < end:
                self.app.simulate_key(press)
                return


def _fitting(shown: list[ShownKey], room: int) -> list[ShownKey]:
    """As many as there is room for; the way to help instead of the last one where there is too little."""
    chosen = list(shown)
    while len(chosen) > 1 and sum(cell_len(f"{key.key} {key.words}") + GAP for key in chosen) - GAP > room:
        del chosen[-2 if chosen[-1].is_help else -1]
    return chosen


def _shown_keys(screen: Screen[Any]) -> Iterable[ShownKey]:
    """The bindings to show, once an action; the way to help last."""
    shown: dict[str, ShownKey] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.show and active.enabled and binding.description and binding.action not in shown:
            key = screen.app.get_key_display(binding)
            shown[binding.action] = ShownKey(key, binding.description, binding.key, binding.id == HELP)
    return sorted(shown.values(), key=lambda key: key.is_help)
