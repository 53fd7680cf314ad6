"""What one pass gathers for finding patterns that no single event shows.

What belongs here is counting failures by minute, spend by hour and failing tools, each with some event ids as
evidence, in bounded memory. What they amount to is judged in `findings.py`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from heapq import nlargest

from tessen.reading.evidence import EVIDENCE, Event, Evidence
from tessen.reading.rows import Alike

_MOST = 5_000


@dataclass(slots=True)
class Trace:
    """How much of something there was, and some events that show it."""

    evidence: Evidence
    amount: float = 0.0
    newest: tuple[float, str] = (0.0, "")
    """When the newest failed, and its error's name, where these are errors."""


class Traces(dict[Hashable, Trace]):
    """Traces by what they are of; the least of too many are given up.

    Args:
        least: Of each, so many events are kept of those with the least rank.
        greatest: And so many of those with the greatest.
    """

    def __init__(self, least: int, greatest: int) -> None:
        super().__init__()
        self._room = least, greatest

    def take(
        self, key: Hashable, amount: float, events: Iterable[Event], newest: tuple[float, str] = (0.0, "")
    ) -> None:
        """Add to one trace."""
        trace = self._of(key)
        trace.amount += amount
        trace.newest = max(trace.newest, newest)
        for event in events:
            trace.evidence.take(event)

    def merge(self, other: Traces) -> None:
        """Add another's traces."""
        for key, others in other.items():
            trace = self._of(key)
            trace.amount += others.amount
            trace.newest = max(trace.newest, others.newest)
            trace.evidence.merge(others.evidence)

    def _of(self, key: Hashable) -> Trace:
        trace = self.get(key)
        if trace is None:
            if len(self) >= _MOST:
                self._shrink()
            trace = self[key] = Trace(Evidence(*self._room))
        return trace

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
        room = evidence - evidence // 2, evidence // 2
        self.failures = Traces(*room)
        """(agent, minute) → failed calls."""
        self.retries = Traces(*room)
        """(agent, minute) → HTTP requests beyond the first of each call."""
        self.spend = Traces(0, evidence)
        """(agent, hour) → USD, and the dearest calls."""
        self.failed_tools = Traces(*room)
        """(agent, tool) → results that were errors."""

    def take(self, alike: Alike, costs: list[float]) -> None:
        """Look at calls of one agent, and what each cost."""
        self._spend(alike, costs)
        if not (alike.kin.failed or any(alike.failed_tools) or any(alike.parsed)):
            return
        agent, events = alike.kin.agent, list(zip(alike.ts, alike.events, strict=True))
        for event in events if alike.kin.failed else ():
            failure = event[0], alike.kin.error_name
            self.failures.take((agent, int(event[0] // 60)), 1, [event], failure)
        for event, tools in zip(events, alike.failed_tools, strict=True):
            for tool in tools:
                self.failed_tools.take((agent, tool), 1, [event])
        for event, facts in zip(events, alike.parsed, strict=True):
            if facts is not None and facts.attempts > 1:
                self.retries.take((agent, int(event[0] // 60)), facts.attempts - 1, [event])

    def _spend(self, alike: Alike, costs: list[float]) -> None:
        """What each hour cost; calls that stand together in the log are mostly of one."""
        first, last = min(alike.ts) // 3600, max(alike.ts) // 3600
        if first == last:
            self._spent(alike.kin.agent, first, costs, alike.events)
            return
        hours: dict[float, list[int]] = {}
        for number, ts in enumerate(alike.ts):
            hours.setdefault(ts // 3600, []).append(number)
        for hour, numbers in hours.items():
            events = [alike.events[number] for number in numbers]
            self._spent(alike.kin.agent, hour, [costs[number] for number in numbers], events)

    def _spent(self, agent: str, hour: float, costs: list[float], events: Sequence[bytes]) -> None:
        if any(costs):
            dearest = nlargest(self._evidence, zip(costs, events, strict=True))
            self.spend.take((agent, int(hour)), sum(costs), dearest)

    def merge(self, other: Suspects) -> None:
        """Add what another part of the log showed."""
        self.failures.merge(other.failures)
        self.retries.merge(other.retries)
        self.spend.merge(other.spend)
        self.failed_tools.merge(other.failed_tools)
