"""What one session came to: its figures, and what its last call left open.

What belongs here is one record a session, and keeping their number bounded. What is suspicious about them is
judged in `findings.py`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from tessen.reading.rows import Alike, Row
from tessen.reading.tools import Call

LIMIT = 20_000
"""So many sessions are kept; of more, the dearest, the longest, and those with errors."""

EVIDENCE = 5
"""So many event ids are kept for one suspicion, unless more are asked for."""

_TOOLS = 200


class Last(NamedTuple):
    """The call of a session that ended last."""

    event_id: bytes
    error: str
    """The error's name; empty where the call succeeded."""
    outcome: str
    signals: tuple[str, ...]
    calls: tuple[Call, ...]


@dataclass(slots=True)
class Session:
    """The calls of one session, of one agent."""

    agent: str
    first_ts: float
    events: int = 0
    errors: int = 0
    anomalies: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    first_input: int = 0
    """Input tokens of its first call."""
    end: float = 0.0
    """When its last call ended, seconds since the epoch."""
    ended: tuple[Row, tuple[str, str, tuple[str, ...]]] | None = None
    """That call: its row; its error's name, outcome and signals."""
    peak_input: int = 0
    """The most input tokens of a call; and that call."""
    peak_event: bytes = b""
    peak_model: str | None = None
    calls: dict[Call, list[bytes]] = field(default_factory=dict)
    """Tool calls, and the first events that asked for each; how often is in `repeats`."""
    repeats: Counter[Call] = field(default_factory=Counter)

    @property
    def last(self) -> Last | None:
        """The call that ended last."""
        if self.ended is None:
            return None
        row, rest = self.ended
        return Last(row[1], *rest, row[7])

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
            self.end, self.ended = other.end, other.ended
        if other.peak_input > self.peak_input:
            self.peak_input, self.peak_event = other.peak_input, other.peak_event
            self.peak_model = other.peak_model
        for call, events in other.calls.items():
            self.take_tool(call, events, other.repeats[call], EVIDENCE)

    def take_tool(self, call: Call, events: list[bytes], times: int, evidence: int) -> None:
        """Count a tool call, and keep so many of the events that ask for it."""
        known = self.calls.get(call)
        if known is None:
            if len(self.calls) >= _TOOLS:
                return
            known = self.calls[call] = []
        known += events[: max(0, evidence - len(known))]
        self.repeats[call] += times


class Sessions(dict[bytes, Session]):
    """Sessions by id.

    Args:
        evidence: So many event ids are kept for one suspicion.

    Attributes:
        left_out: How many were not kept.
    """

    def __init__(self, evidence: int = EVIDENCE) -> None:
        super().__init__()
        self.left_out = 0
        self._evidence = evidence

    def take(self, alike: Alike, costs: list[float]) -> None:
        """Add calls, and what each cost, to their sessions; a call without one belongs to none."""
        kin = alike.kin
        failed, flagged, agent, model = kin.failed, bool(kin.signals), kin.agent, kin.model
        rest = (kin.error_name if failed else "", kin.outcome, kin.signals)
        for row, ts, duration, usage, cost in zip(
            alike.rows, alike.ts, alike.durations, alike.usages, costs, strict=True
        ):
            name = row[0]
            session = self.get(name)
            if session is None:
                if not name:
                    continue
                session = self[name] = Session(agent, ts)
                if usage is not None:
                    session.first_input = usage[0]
                if len(self) > LIMIT:
                    self._shrink(name)
            session.events += 1
            if failed or flagged:
                session.errors += failed
                session.anomalies += flagged
            if usage is not None:
                everything = usage[0]
                session.cost_usd += cost
                session.input_tokens += everything
                session.output_tokens += usage[1]
                if everything > session.peak_input:
                    session.peak_input, session.peak_event = everything, row[1]
                    session.peak_model = model
            if ts < session.first_ts:
                session.first_ts, session.first_input = ts, usage[0] if usage else session.first_input
            end = ts + duration / 1000 if duration > 0 else ts
            if end >= session.end:
                session.end = end
                session.ended = row, rest
            if row[7]:
                for call in row[7]:
                    session.take_tool(call, [row[1]], 1, self._evidence)

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
            self._shrink(b"")

    def ranked(self) -> list[tuple[bytes, Session]]:
        """The sessions, those that cost most first."""
        return sorted(self.items(), key=lambda item: _weight(item[1]), reverse=True)

    def _shrink(self, newest: bytes) -> None:
        for name, _ in self.ranked()[LIMIT // 2 :]:
            if name != newest:
                del self[name]
                self.left_out += 1


def _weight(session: Session) -> tuple[float, int, int]:
    return session.cost_usd, session.errors, session.events
