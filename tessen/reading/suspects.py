"""What one pass gathers for finding patterns that no single event shows.

What belongs here is counting failures by minute, spend by hour and failing tools, each with some event ids as
evidence, in bounded memory. What they amount to is judged in `findings.py`.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from tessen.reading.rows import Alike
from tessen.reading.sessions import EVIDENCE

_MOST = 5_000


@dataclass(slots=True)
class Trace:
    """How much of something there was, and some events that show it."""

    amount: float = 0.0
    events: list[bytes] = field(default_factory=list)
    words: str = ""
    """The newest error's name, where these are errors."""


class Traces(dict[Hashable, Trace]):
    """Traces by what they are of; the least of too many are given up.

    Args:
        evidence: So many events are kept of each.
    """

    def __init__(self, evidence: int = EVIDENCE) -> None:
        super().__init__()
        self._evidence = evidence

    def take(self, key: Hashable, amount: float, events: list[bytes], words: str = "") -> None:
        """Add to one trace."""
        trace = self.get(key)
        if trace is None:
            if len(self) >= _MOST:
                self._shrink()
            trace = self[key] = Trace()
        trace.amount += amount
        trace.words = words or trace.words
        if len(trace.events) < self._evidence:
            trace.events += events[: self._evidence - len(trace.events)]

    def merge(self, other: Traces) -> None:
        """Add another's traces."""
        for key, trace in other.items():
            self.take(key, trace.amount, trace.events, trace.words)

    def _shrink(self) -> None:
        for key, _ in sorted(self.items(), key=lambda item: item[1].amount)[: _MOST // 2]:
            del self[key]


class Suspects:
    """Everything that is gathered.

    Args:
        evidence: So many events are kept of each thing.
    """

    __slots__ = ("_evidence", "failed_tools", "failures", "retries", "spend")

    def __init__(self, evidence: int = EVIDENCE) -> None:
        self._evidence = evidence
        self.failures = Traces(evidence)
        """(agent, minute) → failed calls."""
        self.retries = Traces(evidence)
        """(agent, minute) → HTTP requests beyond the first of each call."""
        self.spend = Traces(evidence)
        """(agent, hour) → USD."""
        self.failed_tools = Traces(evidence)
        """(agent, tool) → results that were errors."""

    def take(self, alike: Alike, costs: list[float]) -> None:
        """Look at calls of one agent, and what each cost."""
        agent = alike.kin.agent
        self._spend(alike, costs)
        if alike.kin.failed:
            for event, ts in zip(alike.events, alike.ts, strict=True):
                self.failures.take((agent, int(ts // 60)), 1, [event], alike.kin.error_name)
        if any(alike.failed_tools):
            for event, tools in zip(alike.events, alike.failed_tools, strict=True):
                for tool in tools:
                    self.failed_tools.take((agent, tool), 1, [event])
        for event, facts in zip(alike.events, alike.parsed, strict=True) if any(alike.parsed) else ():
            if facts is not None and facts.attempts > 1:
                self.retries.take((agent, int(facts.ts // 60)), facts.attempts - 1, [event])

    def _spend(self, alike: Alike, costs: list[float]) -> None:
        """What each hour cost; calls that stand together in the log are mostly of one."""
        first, last = min(alike.ts) // 3600, max(alike.ts) // 3600
        if first == last:
            self._spent(alike, first, sum(costs), range(len(alike)))
            return
        hours: dict[float, list[int]] = {}
        for number, ts in enumerate(alike.ts):
            hours.setdefault(ts // 3600, []).append(number)
        for hour, numbers in hours.items():
            self._spent(alike, hour, sum([costs[number] for number in numbers]), numbers)

    def _spent(self, alike: Alike, hour: float, cost: float, numbers: Sequence[int]) -> None:
        if cost:
            events = [alike.events[number] for number in numbers[: self._evidence]]
            self.spend.take((alike.kin.agent, int(hour)), cost, events)

    def merge(self, other: Suspects) -> None:
        """Add what another part of the log showed."""
        self.failures.merge(other.failures)
        self.retries.merge(other.retries)
        self.spend.merge(other.spend)
        self.failed_tools.merge(other.failed_tools)
