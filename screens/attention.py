"""What needs a person now, in words: failing and stalled agents, and money going faster than it should."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from capture.log.source import AgentSummary
from tessen.format import money
from tessen.sanitise import one_line


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that needs a person."""

    agent: str
    """The agent's name, raw."""
    kind: Literal["failing", "spending", "stalled"]
    text: str
    """One sentence, safe to draw."""


def notices(summaries: Sequence[AgentSummary], cost_per_hour_limit: float) -> list[Notice]:
    """What needs a person, worst first.

    Args:
        summaries: every agent as of now.
        cost_per_hour_limit: US dollars an hour above which an agent is pointed out.
    """
    found = [notice for summary in summaries for notice in _of(summary, cost_per_hour_limit)]
    order = ("failing", "spending", "stalled")
    return sorted(found, key=lambda notice: order.index(notice.kind))


def _of(summary: AgentSummary, limit: float) -> list[Notice]:
    name = one_line(summary.name, 60)
    reason = one_line(summary.reason, 200)
    found = []
    if summary.state == "failing":
        found.append(
            Notice(
                summary.name, "failing", f"{name} is failing: {reason}" if reason else f"{name} is failing"
            )
        )
    if summary.state == "stalled":
        found.append(
            Notice(
                summary.name, "stalled", f"{name} is stalled: {reason}" if reason else f"{name} is stalled"
            )
        )
    if summary.cost_per_hour_usd >= limit:
        spent = money(summary.cost_per_hour_usd)
        found.append(
            Notice(summary.name, "spending", f"{name} spends {spent} an hour (limit {money(limit)})")
        )
    return found
