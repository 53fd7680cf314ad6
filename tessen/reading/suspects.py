"""What one pass gathers for finding patterns that no single event shows.

What belongs here is counting failures by minute, spend by hour and failing tools, each with some event ids as
evidence, in bounded memory. What they amount to is judged in `findings.py`.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from tessen.reading.facts import Facts

EVIDENCE = 5
_MOST = 5_000


@dataclass(slots=True)
class Trace:
    """How much of something there was, and some events that show it."""

    amount: float = 0.0
    events: list[str] = field(default_factory=list)
    words: str = ""
    """The newest error's name, where these are errors."""


class Traces(dict[Hashable, Trace]):
    """Traces by what they are of; the least of too many are given up."""

    def take(self, key: Hashable, amount: float, events: list[str], words: str = "") -> None:
        """Add to one trace."""
        trace = self.get(key)
        if trace is None:
            if len(self) >= _MOST:
                self._shrink()
            trace = self[key] = Trace()
        trace.amount += amount
        trace.words = words or trace.words
        if len(trace.events) < EVIDENCE:
            trace.events += events[: EVIDENCE - len(trace.events)]

    def merge(self, other: Traces) -> None:
        """Add another's traces."""
        for key, trace in other.items():
            self.take(key, trace.amount, trace.events, trace.words)

    def _shrink(self) -> None:
        for key, _ in sorted(self.items(), key=lambda item: item[1].amount)[: _MOST // 2]:
            del self[key]


class Suspects:
    """Everything that is gathered."""

    __slots__ = ("failed_tools", "failures", "retries", "spend")

    def __init__(self) -> None:
        self.failures = Traces()
        """(agent, minute) → failed calls."""
        self.retries = Traces()
        """(agent, minute) → HTTP requests beyond the first of each call."""
        self.spend = Traces()
        """(agent, hour) → USD."""
        self.failed_tools = Traces()
        """(agent, tool) → results that were errors."""

    def take(self, calls: Sequence[Facts], costs: Sequence[float]) -> None:
        """Look at calls of one agent, and what they cost."""
        agent = calls[0].agent
        hours: dict[float, Trace] = {}
        for facts, cost in zip(calls, costs, strict=True):
            if facts.error:
                self.failures.take((agent, int(facts.ts // 60)), 1, [facts.event_id], facts.error_name)
            if facts.attempts > 1:
                self.retries.take((agent, int(facts.ts // 60)), facts.attempts - 1, [facts.event_id])
            for tool in facts.failed_tools:
                self.failed_tools.take((agent, tool), 1, [facts.event_id])
            if cost:
                self._spend(hours, facts, cost)
        for hour, trace in hours.items():
            self.spend.take((agent, hour), trace.amount, trace.events)

    @staticmethod
    def _spend(hours: dict[float, Trace], facts: Facts, cost: float) -> None:
        hour = facts.ts // 3600
        trace = hours.get(hour)
        if trace is None:
            trace = hours[hour] = Trace()
        trace.amount += cost
        if len(trace.events) < EVIDENCE:
            trace.events.append(facts.event_id)

    def merge(self, other: Suspects) -> None:
        """Add what another part of the log showed."""
        self.failures.merge(other.failures)
        self.retries.merge(other.retries)
        self.spend.merge(other.spend)
        self.failed_tools.merge(other.failed_tools)
