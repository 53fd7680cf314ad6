"""What one session came to: its figures, and what its last call left open.

What belongs here is one record a session, and keeping their number bounded. What is suspicious about them is
judged in `findings.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tessen.reading.facts import Facts
from tessen.reading.tools import Call

LIMIT = 20_000
"""So many sessions are kept; of more, the dearest, the longest, and those with errors."""

EVIDENCE = 5
"""So many event ids are kept for one suspicion."""

_TOOLS = 200


@dataclass(slots=True)
class Session:
    """The calls of one session, of one agent."""

    agent: str
    events: int = 0
    errors: int = 0
    anomalies: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    first_ts: float = 0.0
    first_input: int = 0
    """Input tokens of the first call that says."""
    end: float = 0.0
    """When its last call ended, seconds since the epoch."""
    last: Facts | None = None
    peak: Facts | None = None
    """The call with the most input."""
    calls: dict[Call, list[str]] = field(default_factory=dict)
    """Tool calls: the first events that asked for each; `repeats` has how often."""
    repeats: Counter[Call] = field(default_factory=Counter)

    def add(self, facts: Facts, cost_usd: float) -> None:
        """Take one call."""
        self.events += 1
        self.errors += facts.error
        self.anomalies += bool(facts.signals)
        ts, usage = facts.ts, facts.usage
        if not self.first_ts or ts < self.first_ts:
            self.first_ts = ts
            self.first_input = usage.input_tokens if usage else self.first_input
        end = facts.end
        if end >= self.end:
            self.end, self.last = end, facts
        if usage is not None:
            self.cost_usd += cost_usd
            self.input_tokens += usage.input_tokens
            self.output_tokens += usage.output_tokens
            if self.peak is None or usage > (self.peak.usage or ()):
                self.peak = facts
        for call in facts.tool_calls:
            self._take(call, [facts.event_id], 1)

    def merge(self, other: Session) -> None:
        """Take another part of the same session."""
        self.events += other.events
        self.errors += other.errors
        self.anomalies += other.anomalies
        self.input_tokens += other.input_tokens
        self.output_tokens += other.output_tokens
        self.cost_usd += other.cost_usd
        if other.first_ts < self.first_ts:
            self.first_ts, self.first_input = other.first_ts, other.first_input
        if other.end >= self.end:
            self.end, self.last = other.end, other.last
        if other.peak is not None and (
            self.peak is None or (other.peak.usage or ()) > (self.peak.usage or ())
        ):
            self.peak = other.peak
        for call, events in other.calls.items():
            self._take(call, events, other.repeats[call])

    def _take(self, call: Call, events: list[str], times: int) -> None:
        known = self.calls.get(call)
        if known is None:
            if len(self.calls) >= _TOOLS:
                return
            known = self.calls[call] = []
        known += events[: EVIDENCE - len(known)]
        self.repeats[call] += times


class Sessions(dict[str, Session]):
    """Sessions by id.

    Attributes:
        left_out: How many were not kept.
    """

    def __init__(self) -> None:
        super().__init__()
        self.left_out = 0

    def take(self, calls: Sequence[Facts], costs: Sequence[float]) -> None:
        """Add calls, and what they cost, to their sessions; a call without one belongs to none."""
        for facts, cost in zip(calls, costs, strict=True):
            name = facts.session_id
            session = self.get(name)
            if session is None:
                if not name:
                    continue
                session = self[name] = Session(facts.agent)
                if len(self) > LIMIT:
                    self._shrink(name)
            session.add(facts, cost)

    def merge(self, other: Sessions) -> None:
        """Add another's sessions."""
        self.left_out += other.left_out
        for name, session in other.items():
            known = self.get(name)
            if known is None:
                self[name] = session
            else:
                known.merge(session)
        if len(self) > LIMIT:
            self._shrink("")

    def ranked(self) -> list[tuple[str, Session]]:
        """The sessions, those that cost most first."""
        return sorted(self.items(), key=lambda item: _weight(item[1]), reverse=True)

    def _shrink(self, newest: str) -> None:
        for name, _ in self.ranked()[LIMIT // 2 :]:
            if name != newest:
                del self[name]
                self.left_out += 1


def _weight(session: Session) -> tuple[float, int, int]:
    return session.cost_usd, session.errors, session.events
