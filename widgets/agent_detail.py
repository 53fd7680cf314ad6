"""The selected agent in words: why it has its state, what its log shows, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.content import Content
from textual.widget import Widget

from capture.log.source import AgentSummary, PlacedFinding
from capture.log.states import in_words
from tessen import format as show
from tessen.sanitise import one_line
from tessen.signals import SIGNAL_BY_NAME
from widgets.agent_columns import known_cost
from widgets.cells import clip
from widgets.event_line import short_model
from widgets.glyphs import ARROW, FINDING
from widgets.status_line import Fact

_SEVERITIES = ("error", "warning", "info")
_BLANK = Content("")
_USUAL_LINES = 5
"""Lines that stand there whatever there is to say."""
_TONES = {"error": "detail--failing", "plain": "detail--plain"}


class AgentDetail(Widget):
    """A few lines under the table, as many as its height allows; hidden where the terminal is short."""

    DEFAULT_CSS = """
    AgentDetail {
        height: 6;
        padding: 0 1;
        border-top: solid $panel;
        color: $text-muted;
        &.-hidden { display: none; }
        & > .detail--name { color: $foreground; text-style: bold; }
        & > .detail--failing, & > .detail--looping { color: $text-error; text-style: bold; }
        & > .detail--stalled, & > .detail--finding { color: $text-warning; }
        & > .detail--advice { color: $foreground; text-style: bold; }
        & > .detail--plain { color: $foreground; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "detail--name",
        "detail--advice",
        "detail--failing",
        "detail--finding",
        "detail--looping",
        "detail--stalled",
        "detail--plain",
    }

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._summary: AgentSummary | None = None
        self._flights: Sequence[Fact] = ()
        self._ages: tuple[str, ...] = ()

    def show(self, summary: AgentSummary | None, now: float, flights: Sequence[Fact] = ()) -> None:
        """Describe another agent, or the same one as of now.

        Args:
            summary: the agent.
            now: seconds since the epoch.
            flights: what its calls in flight are, in words.
        """
        ages = tuple(_age(each, now) for each in summary.findings) if summary else ()
        if (summary, flights, ages) != (self._summary, self._flights, self._ages):
            self._summary, self._flights, self._ages = summary, flights, ages
            self.refresh()

    def render(self) -> Content:
        """As many lines as there is room for: what goes on first."""
        summary = self._summary
        if summary is None:
            return _BLANK
        lines = [
            self._headline(summary),
            *self._findings(summary),
            self._today(summary),
            self._signals(summary),
            *self._advice(summary),
        ]
        models = ", ".join(short_model(model) for model in summary.models) or show.UNKNOWN
        lines.append(Content(f"models   {models}"))
        width, height = self.size
        return Content("\n").join(line.truncate(width, ellipsis=True) for line in lines[:height])

    def _headline(self, summary: AgentSummary) -> Content:
        tone = summary.state if summary.state in ("failing", "stalled") else "plain"
        clause = one_line(f"{summary.state}: {summary.reason}" if summary.reason else summary.state, 200)
        return Content.assemble(
            (one_line(summary.name, 100), self.get_visual_style("detail--name")),
            "  ",
            (clause, self.get_visual_style(f"detail--{tone}")),
            *((f" · {fact.text}", self.get_visual_style(_TONES[fact.tone])) for fact in self._flights),
        )

    def _today(self, summary: AgentSummary) -> Content:
        unpriced = f" ({summary.unpriced:,} unpriced)" if summary.unpriced else ""
        return Content(
            f"today    {show.plural(summary.events, 'call')}, {show.plural(summary.errors, 'error')}, "
            f"{show.money(known_cost(summary, summary.cost_today_usd))}{unpriced}, "
            f"{show.count(summary.input_tokens)} tokens in, {show.count(summary.output_tokens)} out"
        )

    def _findings(self, summary: AgentSummary) -> list[Content]:
        """Each finding and what to do about it, as far as the usual lines leave room; at least the first."""
        shown = max(1, (self.size.height - _USUAL_LINES) // 2)
        more = len(summary.findings) - shown
        lines: list[Content] = []
        for number, finding in enumerate(summary.findings[:shown], 1):
            words = one_line(f"{finding.kind}: {in_words(finding)}", 300)
            rest = f" · +{more} more" if more > 0 and number == shown else ""
            lines += [
                Content.assemble(
                    (f"{FINDING} {words}", self.get_visual_style("detail--finding")),
                    f"{self._ages[number - 1]}{rest}",
                ),
                Content.assemble(f"  {ARROW} ", (finding.advice, self.get_visual_style("detail--advice"))),
            ]
        return lines

    def _signals(self, summary: AgentSummary) -> Content:
        if not summary.signals:
            return Content("signals  none today")
        named = " · ".join(f"{one_line(name, 60)} {count:,}" for name, count in summary.signals.items())
        return Content.assemble("signals  ", (named, self.get_visual_style("detail--plain")))

    def _advice(self, summary: AgentSummary) -> list[Content]:
        """What to do about the worst signal; of several that bad, about the most frequent."""
        known = [SIGNAL_BY_NAME[name] for name in summary.signals if name in SIGNAL_BY_NAME]
        if not known:
            return []
        worst = min(known, key=lambda signal: _SEVERITIES.index(signal.severity))
        return [Content(clip(f"advice   {worst.name}: {worst.advice}", 400))]


def _age(finding: PlacedFinding, now: float) -> str:
    """How long ago a pattern was last seen; nothing where only sums show it."""
    return f" · {show.age(now - finding.last_ts)} ago" if finding.rows else ""
