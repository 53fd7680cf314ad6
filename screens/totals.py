"""All agents together, as facts for the line above the table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from capture.log.source import AgentSummary
from tessen.format import count, money, plural, rate
from widgets.status_line import Fact, Tone


def totals(summaries: Sequence[AgentSummary]) -> list[Fact]:
    """How many agents in which state, calls a minute, errors, anomalies and cost today."""
    states = Counter(summary.state for summary in summaries)
    troubles: tuple[tuple[str, Tone], ...] = (
        *(("failing", "error"), ("looping", "error"), ("stalled", "warning")),
    )
    errors = sum(summary.errors for summary in summaries)
    anomalies = sum(summary.anomalies for summary in summaries)
    unpriced = sum(summary.unpriced for summary in summaries)
    hourly = sum(summary.cost_per_hour_usd for summary in summaries)
    today = sum(summary.cost_today_usd for summary in summaries)
    facts = [
        Fact(plural(len(summaries), "agent"), "plain"),
        *(Fact(f"{states[word]} {word}", tone) for word, tone in troubles if states[word]),
        Fact(f"{rate(sum(summary.calls_per_minute for summary in summaries))} calls/min"),
        Fact(f"{_money(hourly, unpriced)}/h", "plain"),
        Fact(f"{_money(today, unpriced)} today", "plain"),
        Fact(f"{count(errors)} errors"),
        Fact(f"{count(anomalies)} anomalies"),
    ]
    return [*facts, Fact(f"{count(unpriced)} unpriced")] if unpriced else facts


def _money(usd: float, unpriced: int) -> str:
    """A sum; unknown where nothing in it could be priced."""
    return money(usd if usd > 0 or not unpriced else None)
