"""What needs a person now, in words: agents in trouble, patterns that go on, money that goes too fast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from capture.log.source import AgentSummary
from capture.log.states import goes_on, in_words
from tessen.format import money
from tessen.sanitise import one_line

Kind = Literal["failing", "looping", "spending", "stalled", "finding"]
"""In order of need."""

_STATES: tuple[Kind, ...] = ("failing", "looping", "stalled")


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that needs a person."""

    agent: str
    """The agent's name, raw."""
    kind: Kind
    text: str
    """One sentence, safe to draw."""


ORDER = get_args(Kind)
MILD = ("stalled", "finding")
"""What can wait a little."""

_POINTED_OUT = frozenset({"failing_tool", "context_growth"})
"""Patterns that need a person while they go on, and that no state is named after."""


def notices(summaries: Sequence[AgentSummary], cost_per_hour_limit: float, now: float) -> list[Notice]:
    """What needs a person, worst first.

    Args:
        summaries: every agent as of now.
        cost_per_hour_limit: US dollars an hour above which an agent is pointed out.
        now: seconds since the epoch.
    """
    found = [notice for summary in summaries for notice in _of(summary, cost_per_hour_limit, now)]
    return sorted(found, key=lambda notice: ORDER.index(notice.kind))


def _of(summary: AgentSummary, limit: float, now: float) -> list[Notice]:
    name = one_line(summary.name, 60)
    reason = one_line(summary.reason, 200)
    found = []
    for state in _STATES:
        if summary.state == state:
            words = f"{name} is {state}: {reason}" if reason else f"{name} is {state}"
            found.append(Notice(summary.name, state, words))
    found += [
        Notice(summary.name, "finding", f"{name}: {one_line(in_words(finding), 200)}")
        for finding in summary.findings
        if finding.kind in _POINTED_OUT and goes_on(finding, now)
    ]
    if summary.cost_per_hour_usd >= limit:
        spent = money(summary.cost_per_hour_usd)
        found.append(
            Notice(summary.name, "spending", f"{name} spends {spent} an hour (limit {money(limit)})")
        )
    return found
