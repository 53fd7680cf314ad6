"""The head of an event: how it ended in a glyph and words, whose it was, how long, how much; always in view.

What belongs here is fitting a few facts into two lines: the least important go first where it is narrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from tessen.exchange import Exchange
from tessen.format import UNKNOWN, age, clock, count, duration, money
from tessen.sanitise import one_line
from widgets.cells import clip
from widgets.glyphs import ANOMALY, ARROW, ERROR, MARK, OK

HEAD_CLASSES = {f"headline--{name}" for name in ("good", "warn", "bad", "strong", "dim")}


class Part(NamedTuple):
    """One fact of a line."""

    text: str
    style: str
    rank: int
    """What goes first when there is no room: the highest."""


class Headline(Widget):
    """Two lines that say what an event is; empty until `show` is called."""

    DEFAULT_CSS = """
    Headline {
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
    COMPONENT_CLASSES: ClassVar[set[str]] = HEAD_CLASSES

    def __init__(self) -> None:
        super().__init__(classes="head")
        self._exchange: Exchange | None = None
        self._cost: float | None = None
        self._now = 0.0
        self._position = ""
        self._words = ""

    def show(
        self, exchange: Exchange, *, cost_usd: float | None, now: float, position: str, marked: bool
    ) -> None:
        """Show an event.

        Args:
            exchange: the event.
            cost_usd: what the call cost; None where it is not known.
            now: seconds since the epoch, for its age.
            position: its place in its session, such as "7/23"; empty where it has none.
            marked: whether it is the marked one.
        """
        position = f"{MARK} {position}".strip() if marked else position
        if (exchange, cost_usd, int(now), position) == (
            self._exchange,
            self._cost,
            int(self._now),
            self._position,
        ):
            return
        self._exchange, self._cost, self._now, self._position = exchange, cost_usd, now, position
        self.refresh()

    def say(self, words: str) -> None:
        """Show words in place of an event."""
        self._exchange, self._words = None, words
        self.refresh()

    def render(self) -> Content:
        """Both lines."""
        width = self.content_size.width
        if self._exchange is None:
            return Content(clip(one_line(self._words), width))
        first = fitted(identity(self._exchange), width - cell_len(self._position) - 2)
        gap = width - sum(cell_len(p.text) for p in first) - cell_len(self._position)
        head = [*first, Part(" " * max(1, gap), "", 0), Part(self._position, "dim", 0)]
        second = fitted(measures(self._exchange, self._cost, self._now), width)
        return Content("\n").join((self._styled(head), self._styled(second)))

    def _styled(self, parts: Sequence[Part]) -> Content:
        return Content("").join(
            Content.styled(p.text, self.get_visual_style(f"headline--{p.style}"))
            if p.style
            else Content(p.text)
            for p in parts
        )


def verdict(exchange: Exchange) -> Part:
    """How it ended, in a glyph and a word or two."""
    if exchange.error:
        failure = exchange.failure
        status = f" {failure.status}" if failure and failure.status else ""
        return Part(f"{ERROR} {one_line(failure.type, 40) if failure else 'error'}{status}", "bad", 0)
    if exchange.signals:
        more = f" +{len(exchange.signals) - 1}" if len(exchange.signals) > 1 else ""
        return Part(f"{ANOMALY} {one_line(exchange.signals[0], 48)}{more}", "warn", 0)
    if exchange.outcome != "complete":
        return Part(f"{ANOMALY} {one_line(exchange.outcome, 20)}", "warn", 0)
    return Part(f"{OK} ok", "good", 0)


def identity(exchange: Exchange) -> list[Part]:
    """Outcome, agent, model, surface."""
    return _joined(
        verdict(exchange),
        Part(one_line(exchange.agent, 40), "strong", 1),
        Part(one_line(exchange.model or "", 60), "", 2),
        Part(one_line(exchange.surface or "", 40), "dim", 3),
    )


def measures(exchange: Exchange, cost_usd: float | None, now: float) -> list[Part]:
    """When, how long, how many tokens, how much."""
    usage = exchange.usage
    tokens = f"{count(usage.input_tokens)} {ARROW} {count(usage.output_tokens)} tok" if usage else "no usage"
    first = f"first token {duration(exchange.ttft_ms)}" if exchange.ttft_ms is not None else ""
    aged = f"{age(now - exchange.ts)} ago" if 0 < exchange.ts <= now + 1 else ""
    return _joined(
        Part(clock(exchange.ts), "", 1),
        Part(aged.replace("now ago", "just now"), "dim", 4),
        Part(duration(exchange.duration_ms), "", 0),
        Part(first, "dim", 5),
        Part(tokens, "", 2),
        Part(money(cost_usd) if cost_usd is not None else f"cost {UNKNOWN}", "", 3),
        Part("streamed" if exchange.streamed else "", "dim", 6),
    )


def fitted(parts: Sequence[Part], width: int) -> list[Part]:
    """The parts that fit a width in cells: those of the highest rank go first; what is left is cut."""
    kept = list(parts)
    while sum(cell_len(p.text) for p in kept) > width and (worst := max((p.rank for p in kept), default=0)):
        kept = [p for p in kept if p.rank != worst]
    if sum(cell_len(p.text) for p in kept) > width:
        kept = [kept[0]._replace(text=clip(kept[0].text, width))]
    return kept


def _joined(*parts: Part) -> list[Part]:
    """The parts that say something, with gaps between that go with the part after them."""
    out: list[Part] = []
    for part in parts:
        if part.text:
            out += [Part("  ", "", part.rank), part] if out else [part]
    return out
