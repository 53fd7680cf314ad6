"""What one session came to: its figures, and what its last call left open.

What belongs here is one record a session, and keeping their number bounded. What is suspicious about them is
judged in `findings.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tessen.reading.rows import Alike
from tessen.reading.tools import Asked, Call, read_call

LIMIT = 20_000
"""So many sessions are kept; of more, the dearest, the longest, and those with errors."""

EVIDENCE = 5
"""So many event ids are kept for one suspicion, unless more are asked for."""

_TOOLS = 64
"""So many different tool calls of a session are kept in mind."""

_EDGE = 100
_ALL_TOOLS = 30_000
"""So many of all sessions together: beyond, those go that were made once, in the sessions that are older."""


class Repeats(list[bytes]):
    """The first events that asked for one tool with the same arguments.

    Attributes:
        times: How many asked in all.
    """

    __slots__ = ("times",)

    def __init__(self, events: Iterable[bytes], times: int) -> None:
        super().__init__(events)
        self.times = times

    def __reduce__(self) -> tuple[Any, ...]:
        return Repeats, (list(self), self.times)


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
    ended: tuple[bytes, tuple[Call | Asked, ...], tuple[str, str, tuple[str, ...]]] | None = None
    """That call: its event, the tools it asks for; its error's name, outcome and signals."""
    peak_input: int = 0
    """The most input tokens of a call; and that call."""
    peak_event: bytes = b""
    peak_model: str | None = None
    calls: dict[Call | Asked, bytes | Repeats] = field(default_factory=dict)
    """Tool calls, and the event that asked for each; or those that did, once they are several. Of many that
    came once, the first are forgotten."""

    @property
    def last(self) -> Last | None:
        """The call that ended last."""
        if self.ended is None:
            return None
        event, calls, rest = self.ended
        return Last(event, *rest, tuple(map(read_call, calls)))

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
        for call, repeats in other.calls.items():
            self.take_tool(call, repeats, EVIDENCE)

    def take_tool(self, call: Call | Asked, asking: bytes | Repeats, evidence: int) -> None:
        """Count a tool call, of one event or several, and keep so many of them."""
        known = self.calls.get(call)
        if known is None:
            if len(self.calls) >= _TOOLS:
                self.forget_single_calls()
            self.calls[call] = asking
            return
        if isinstance(known, bytes):
            known = self.calls[call] = Repeats([known], 1)
        more = (asking,) if isinstance(asking, bytes) else asking
        known.times += 1 if isinstance(asking, bytes) else asking.times
        known += more[: max(0, evidence - len(known))]

    def forget_single_calls(self) -> None:
        """Give up the tool calls that were not repeated."""
        self.calls = {call: asking for call, asking in self.calls.items() if not isinstance(asking, bytes)}

    def most_repeated(self) -> tuple[Call, Repeats] | None:
        """The tool call that was made most often, however it was written; None where none came twice."""
        if all(isinstance(asking, bytes) for asking in self.calls.values()):
            return None
        same = Session(self.agent, self.first_ts)
        for call, asking in self.calls.items():
            mine = asking if isinstance(asking, bytes) else Repeats(asking, asking.times)
            same.take_tool(read_call(call), mine, sys.maxsize)
        repeated = [(call, each) for call, each in same.calls.items() if isinstance(each, Repeats)]
        call, repeats = max(repeated, key=lambda item: item[1].times)
        return read_call(call), repeats


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
        self._taken = 0
        """Tool calls since there was made room for them."""

    def take(self, alike: Alike, costs: list[float]) -> None:
        """Add calls, and what each cost, to their sessions; a call without one belongs to none."""
        kin = alike.kin
        failed, flagged, agent, model = kin.failed, bool(kin.signals), kin.agent, kin.model
        rest = (kin.error_name if failed else "", kin.outcome, kin.signals)
        get = self.get
        sessions, events, calls = alike.sessions, alike.events, alike.calls
        amounts = alike.ts, alike.durations, alike.counts[0], alike.counts[1], costs
        for name, event, asked, ts, duration, everything, output, cost in zip(
            sessions, events, calls, *amounts, strict=True
        ):
            session = get(name)
            if session is None:
                if not name:
                    continue
                session = self._begun(name, agent, ts, everything)
            session.events += 1
            if failed or flagged:
                session.errors += failed
                session.anomalies += flagged
            session.cost_usd += cost
            session.input_tokens += everything
            session.output_tokens += output
            if everything > session.peak_input:
                session.peak_input, session.peak_event, session.peak_model = everything, event, model
            if ts < session.first_ts:
                session.first_ts, session.first_input = ts, everything or session.first_input
            end = ts + duration / 1000 if duration > 0 else ts
            if end >= session.end:
                session.end = end
                session.ended = event, asked, rest
            if asked:
                self._take_tools(session, event, asked)

    def _begun(self, name: bytes, agent: str, ts: float, first_input: int) -> Session:
        session = self[name] = Session(agent, ts, first_input=first_input)
        if len(self) > LIMIT:
            self._shrink(name)
        return session

    def _take_tools(self, session: Session, event: bytes, asked: tuple[Call | Asked, ...]) -> None:
        known = session.calls
        for call in asked:
            if call in known or len(known) >= _TOOLS:
                session.take_tool(call, event, self._evidence)
                known = session.calls
            else:
                known[call] = event
        self._taken += len(asked)
        if self._taken > _ALL_TOOLS // 2:
            self._make_room()

    def _make_room(self) -> None:
        """Leave half of all the tool calls that may be kept, and look again when as many have come."""
        self._taken = 0
        kept = sum([len(each.calls) for each in self.values()])
        for each in self.values():
            if kept <= _ALL_TOOLS // 2:
                return
            kept -= len(each.calls)
            each.forget_single_calls()
            kept += len(each.calls)

    def pack(self) -> None:
        """Forget what is of no use to those who read the rest of the log.

        Only sessions at the edges of what was read go on elsewhere: those that were seen first, and last.
        """
        seen = list(self.values())
        newest = sorted(seen, key=lambda session: session.end)[-_EDGE:]
        edge = {id(session) for session in (*seen[:_EDGE], *newest)}
        for session in seen:
            if id(session) not in edge:
                session.forget_single_calls()

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
