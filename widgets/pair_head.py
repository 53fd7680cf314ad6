"""The heads of two events, one below the other: which is left, which is right."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from tessen.exchange import Exchange
from tessen.format import clock
from tessen.sanitise import one_line
from widgets.cells import clip
from widgets.headline import HEAD_CLASSES, Part, fitted, identity


class PairHead(Widget):
    """Two lines, one an event."""

    DEFAULT_CSS = """
    PairHead {
        height: 2;
        background: $panel;
        padding: 0 1;
        & > .headline--good { color: $text-success; text-style: bold; }
        & > .headline--warn { color: $text-warning; text-style: bold; }
        & > .headline--bad { color: $text-error; text-style: bold; }
        & > .headline--strong { text-style: bold; }
        & > .headline--dim { color: $text-muted; }
    }
    """
    COMPONENT_CLASSES = HEAD_CLASSES

    def __init__(self) -> None:
        super().__init__(classes="head")
        self._events: tuple[Exchange, Exchange] | None = None
        self._words = ""

    def show(self, left: Exchange, right: Exchange) -> None:
        """Show two events."""
        self._events = left, right
        self.refresh()

    def say(self, words: str) -> None:
        """Show words in place of events."""
        self._events, self._words = None, words
        self.refresh()

    def render(self) -> Content:
        """Both lines."""
        width = self.content_size.width
        if self._events is None:
            return Content(clip(one_line(self._words), width))
        lines = [self._line(name, e, width) for name, e in zip(("left ", "right"), self._events, strict=True)]
        return Content("\n").join(lines)

    def _line(self, name: str, exchange: Exchange, width: int) -> Content:
        parts = [
            Part(f"{name}  ", "dim", 0),
            Part(f"{clock(exchange.ts)}  ", "", 1),
            *identity(exchange),
        ]
        return Content("").join(
            Content.styled(p.text, self.get_visual_style(f"headline--{p.style}"))
            if p.style
            else Content(p.text)
            for p in fitted(parts, width)
        )
