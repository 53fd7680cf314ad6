"""What one session came to: its figures, and what its last call left open.

What belongs here is one record a session, and keeping their number bounded. What is suspicious about them is
judged in `findings.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from tessen.reading.evidence import EVIDENCE, Event, Evidence, first_and_newest
from tessen.reading.repeats import may_repeat
from tessen.reading.rows import Alike
from tessen.reading.tools import Asked, Call, read_call

LIMIT = 20_000
"""So many sessions are kept; of more, the dearest, the longest, and those with errors."""

LOOP = 3
"""The same tool called with the same arguments more often than this in one session goes round in circles."""

_EDGE = 100
_ALL_TOOLS = 30_000
"""So many tool calls of all sessions are kept in mind: beyond, those of the older sessions go."""

_REPEATED = 4
"""But for the most repeated ones, of which so many stay."""


class Last(NamedTuple):
    """The call of a session that ended last."""

    event_id: bytes
    error: str
    """The error's name; empty where the call succeeded."""
    outcome: str
    signals: tuple[str, ...]
    calls: tuple[Call | Asked, ...]


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
    """Input tokens of its first call that had any; and when that started."""
    first_input_ts: float = math.inf
    end: float = 0.0
    """When its last call ended, seconds since the epoch."""
    ended: tuple[bytes, tuple[Call | Asked, ...], tuple[str, str, tuple[str, ...]]] | None = None
    """That call: its event, the tools it asks for; its error's name, outcome and signals."""
    peak_input: int = 0
    """The most input tokens of a call; and that call."""
    peak_event: bytes = b""
    peak_model: str | None = None
    calls: dict[Call | Asked, Event | Evidence] = field(default_factory=dict)
    """Tool calls, and the event that asked for each; or those that did, once they are several."""

    @property
    def last(self) -> Last | None:
        """The call that ended last."""
        if self.ended is None:
            return None
        event, calls, rest = self.ended
        return Last(event, *rest, calls)

    def begins(self, ts: float, agent: str, everything: int) -> None:
        """Look whether a call is the first, or the first that had input."""
        self.first_ts, self.agent = min((self.first_ts, self.agent), (ts, agent))
        if everything and (ts, everything) < (self.first_input_ts, self.first_input):
            self.first_input_ts, self.first_input = ts, everything

    def merge(self, other: Session, evidence: int) -> None:
        """Take another part of the same session; what it held is this one's afterwards."""
        self.events += other.events
        self.errors += other.errors
        self.anomalies += other.anomalies
        self.input_tokens += other.input_tokens
        self.output_tokens += other.output_tokens
        self.cost_usd += other.cost_usd
        self.begins(other.first_ts, other.agent, 0)
        self.begins(other.first_input_ts, other.agent, other.first_input)
        if other.ended is not None and (other.end, other.ended[0]) > self._newest():
            self.end, self.ended = other.end, other.ended
        if (-other.peak_input, other.peak_event) < (-self.peak_input, self.peak_event):
            self.peak_input, self.peak_event = other.peak_input, other.peak_event
            self.peak_model = other.peak_model
        for call, asking in other.calls.items():
            self.take_tool(call, asking, evidence)

    def _newest(self) -> tuple[float, bytes]:
        return (self.end, b"") if self.ended is None else (self.end, self.ended[0])

    def take_tool(self, call: Call | Asked, asking: Event | Evidence, evidence: int) -> None:
        """Count a tool call, of one event or several, and keep so many of them."""
        known = self.calls.get(call)
        if known is None:
            self.calls[call] = asking
            return
        if not isinstance(known, Evidence):
            first, known = known, first_and_newest(evidence)
            known.take(first)
            self.calls[call] = known
        if isinstance(asking, Evidence):
            known.merge(asking)
        else:
            known.take(asking)

    def forget_calls(self) -> None:
        """Give up the tool calls but for those that were repeated most."""
        repeated = [(call, each) for call, each in self.calls.items() if isinstance(each, Evidence)]
        repeated.sort(key=lambda item: item[1].times, reverse=True)
        self.calls = dict(repeated[:_REPEATED])

    def loop(self, evidence: int = EVIDENCE) -> tuple[Call, Evidence] | None:
        """The tool call that was made most often, however it was written; None where none makes a loop."""
        if not self.join_calls(evidence):
            return None
        repeated = [
            (each.times, call, each)
            for call, each in self.calls.items()
            if isinstance(each, Evidence) and isinstance(call, Call) and each.times > LOOP
        ]
        if not repeated:
            return None
        _, call, each = max(repeated, key=lambda item: item[:2])
        return call, each

    def join_calls(self, evidence: int) -> bool:
        """Put together what is the same tool call, written differently; False where none can make a loop."""
        if not may_repeat(self.calls, LOOP):
            return False
        if not all(isinstance(call, Call) for call in self.calls):
            written, self.calls = self.calls, {}
            for call, asking in written.items():
                self.take_tool(read_call(call), asking, evidence)
        return True


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
                session = self._begun(name, agent, ts)
            session.events += 1
            if failed or flagged:
                session.errors += failed
                session.anomalies += flagged
            session.cost_usd += cost
            session.input_tokens += everything
            session.output_tokens += output
            if everything >= session.peak_input and (
                everything > session.peak_input or event < session.peak_event
            ):
                session.peak_input, session.peak_event, session.peak_model = everything, event, model
            if ts <= session.first_input_ts:
                session.begins(ts, agent, everything)
            end = ts + duration / 1000 if duration > 0 else ts
            if end >= session.end and (
                end > session.end or session.ended is None or event > session.ended[0]
            ):
                session.end = end
                session.ended = event, asked, rest
            if asked:
                self._take_tools(session, (ts, event), asked)

    def _begun(self, name: bytes, agent: str, ts: float) -> Session:
        session = self[name] = Session(agent, ts)
        if len(self) > LIMIT:
            self._shrink(name)
        return session

    def _take_tools(self, session: Session, event: Event, asked: tuple[Call | Asked, ...]) -> None:
        known = session.calls
        for call in asked:
            if call in known:
                session.take_tool(call, event, self._evidence)
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
            if each.calls:
                kept -= len(each.calls)
                each.forget_calls()
                kept += len(each.calls)

    def pack(self) -> None:
        """Forget what is of no use to those who read the rest of the log.

        Only sessions at the edges of what was read go on elsewhere: those that were seen first, and last. Of
        the others, no more are handed over than fit beside those of the process that merges them.
        """
        seen = list(self.values())
        oldest = sorted(seen, key=lambda session: session.first_ts)[:_EDGE]
        newest = sorted(seen, key=lambda session: session.end)[-_EDGE:]
        edge = {id(session) for session in (*oldest, *newest)}
        for number, (name, session) in enumerate(self.ranked()):
            if id(session) in edge:
                continue
            if number >= LIMIT // 2:
                del self[name]
                self.left_out += 1
            elif session.calls:
                session.join_calls(self._evidence)
                session.forget_calls()

    def merge(self, other: Sessions) -> None:
        """Add another's sessions; what it held is this one's afterwards."""
        self.left_out += other.left_out
        for name, session in other.items():
            known = self.get(name)
            if known is None:
                self[name] = session
            else:
                known.merge(session, self._evidence)
        if len(self) > LIMIT:
            self._shrink(b"")

    def ranked(self) -> list[tuple[bytes, Session]]:
        """The sessions, those that cost most first."""
        return sorted(self.items(), key=_rank)

    def _shrink(self, newest: bytes) -> None:
        for name, _ in self.ranked()[LIMIT // 2 :]:
            if name != newest:
                del self[name]
                self.left_out += 1


def _rank(item: tuple[bytes, Session]) -> tuple[float, int, int, bytes]:
    """The dearest first; what differs by less than a sum depends on its order is the same."""
    name, session = item
    return -round(session.cost_usd, 9), -session.errors, -session.events, name
