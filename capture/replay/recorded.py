"""Answers from the record, given in the model's place in an offline replay.

What belongs here is which recorded exchange a request is, in the order of whoever asks: the main agent, each
of its subagents, the engine for purposes of its own. Each request is compared with the recorded one before it
is answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from capture.proxy import ProxyRequest, StoredAnswer
from capture.proxy.callers import Caller
from capture.proxy.dumps import DumpError
from capture.proxy.headers import Headers
from capture.replay.context_check import leave_out_names
from capture.replay.likeness import Difference, Likeness
from capture.replay.moved_answers import moved
from capture.replay.record import Exchange, same_place, who_asked
from capture.resample.splice import spliced
from capture.runs.answering import Over
from capture.runs.meta import StopReason

MAIN = Caller("main", None)
FAILURE = 400
"""From which HTTP status on an answer is an error."""
_JSON: Headers = [(b"content-type", b"application/json")]
_NOT_THERE = StoredAnswer(404, _JSON, b'{"error":{"type":"not_found_error","message":"not on record"}}')


@dataclass(frozen=True, slots=True)
class Finding:
    """A request that is not what is on record."""

    number: int
    """The request's, in the replay."""
    body: bytes
    caller: Caller
    recorded: Exchange | None
    """The one it was compared with; None where nobody asked so often then."""
    differences: list[Difference]


@dataclass(frozen=True, slots=True)
class Handover:
    """Where the record ends and a model takes over."""

    request: int
    """The number of the main agent's recorded request that is answered by the model."""
    model: str
    """The model that is asked in place of the recorded one."""
    instead_of: str


@dataclass(slots=True)
class FromRecord:
    """Who answers a replay.

    Args:
        exchanges: The record, from the request on with which the replay begins.
        likeness: What requests may differ in.
        ids: Names of now, and what they were: subagents' are added here.
        moved: Where files are now, and where they were, if that is not the same.
        keep_going: Whether to answer a request that differs by its position.
        handover: Where a model takes over; None for nowhere.
        ended: What ended the recorded session in the middle; None where it came to its own end.
    """

    exchanges: Sequence[Exchange]
    likeness: Likeness
    ids: dict[str, str]
    moved: Mapping[str, str] = field(default_factory=dict)
    keep_going: bool = False
    handover: Handover | None = None
    ended: StopReason | None = None
    findings: list[Finding] = field(default_factory=list)
    answered: int = 0
    """Requests to a model that were answered from the record."""
    handed_over: bool = False
    _agents: dict[Caller, Caller] = field(default_factory=dict)
    """Who asks now → who that was."""
    _done: set[int] = field(default_factory=set)
    """Numbers of the recorded exchanges that have been asked again."""
    _failed: dict[Caller, tuple[bytes, StoredAnswer]] = field(default_factory=dict)
    """What was asked when an error was the last answer, and that error."""
    _known: set[tuple[str, str]] = field(default_factory=set)
    """Differences that have been told of: a conversation holds them from there on."""

    async def answer(self, request: ProxyRequest) -> bytes | StoredAnswer | Over | None:
        """Answer a request as it was answered then."""
        caller, operation = who_asked(request)
        if operation is None:
            return None if self.handed_over else self._aside(request)
        if self._is_handed_over(caller):
            return self._to_the_model(request.body)
        return self._from_record(caller, request)

    def _from_record(self, caller: Caller, request: ProxyRequest) -> StoredAnswer | Over:
        failed = self._failed.get(caller)
        if failed is not None and failed[0] == request.body:  # it tries again, and may do so more often
            return failed[1]
        exchange = self._take(caller, request)
        if exchange is None and caller.context == "sdk_internal":
            return _NOT_THERE  # the engine's own affair, which it can do without
        if exchange is None and self.ended is not None:
            return Over(self.ended)
        differences = self._compared(exchange, request.body) if exchange is not None else []
        if exchange is None or differences:
            self.findings.append(Finding(request.number, request.body, caller, exchange, differences))
        if exchange is None or (differences and not self.keep_going):
            return Over("diverged")
        return self._given(caller, request.body, exchange)

    def _given(self, caller: Caller, asked: bytes, exchange: Exchange) -> StoredAnswer | Over:
        """Return an exchange's answer, if it has one."""
        answer = exchange.answer()
        if answer is None:
            return Over(self.ended or "interrupted")
        if self.moved:
            answer = moved(answer, self.moved)
        self.answered += 1
        if answer.status >= FAILURE:
            self._failed[caller] = asked, answer
        return answer

    def never_asked(self) -> list[Exchange]:
        """Return what was asked of a model then and not now, up to the handover."""
        limit = self.handover.request if self.handover is not None else None
        return [
            each
            for each in self.exchanges
            if each.asks_a_model
            and each.caller.context != "sdk_internal"
            and each.whole
            and each.number not in self._done
            and (limit is None or each.number < limit)
        ]

    def _is_handed_over(self, caller: Caller) -> bool:
        if self.handover is not None and not self.handed_over and caller == MAIN:
            following = self._following(MAIN)
            self.handed_over = following is not None and following.number >= self.handover.request
        return self.handed_over

    def _to_the_model(self, body: bytes) -> bytes | None:
        """Return a request with the other model in the recorded one's place; None where it asks another."""
        assert self.handover is not None
        try:
            asked = orjson.loads(body).get("model")
        except (orjson.JSONDecodeError, AttributeError):
            return None
        if asked != self.handover.instead_of:
            return None
        return spliced(body, {"model": self.handover.model})

    def _aside(self, request: ProxyRequest) -> StoredAnswer:
        """Answer what asks no model, such as whether there is a network: as then, whatever it said."""
        for each in self.exchanges:
            same = each.method == request.method and same_place(each.target, request.target)
            if same and not each.asks_a_model and each.number not in self._done:
                self._done.add(each.number)
                return each.answer() or _NOT_THERE
        return _NOT_THERE

    def _take(self, caller: Caller, request: ProxyRequest) -> Exchange | None:
        """Return the recorded exchange that a request is; each is only once."""
        if caller.context == "subagent" and caller not in self._agents:
            self._meet(caller, request.body)
        exchange = self._following(self._agents.get(caller, caller))
        if exchange is not None:
            self._done.add(exchange.number)
        return exchange

    def _following(self, caller: Caller) -> Exchange | None:
        return next(
            (
                each
                for each in self.exchanges
                if each.asks_a_model and each.caller == caller and each.number not in self._done
            ),
            None,
        )

    def _meet(self, caller: Caller, body: bytes) -> None:
        """Find out which recorded subagent one of now is: by its name, by what it asks, by its turn."""
        met = set(self._agents.values())
        there = dict.fromkeys(each.caller for each in self.exchanges if each.caller.context == "subagent")
        free = [each for each in there if each not in met]
        known = next((each for each in free if each == caller), None)
        if known is None:
            known = next((each for each in free if self._asks_the_same(each, body)), next(iter(free), caller))
        self._agents[caller] = known
        if caller.agent_id and known.agent_id and caller != known:
            self.ids[caller.agent_id] = known.agent_id

    def _asks_the_same(self, recorded: Caller, body: bytes) -> bool:
        exchange = self._following(recorded)
        return exchange is not None and not self._differences(exchange, body)

    def _compared(self, exchange: Exchange, body: bytes) -> list[Difference]:
        """Return what is different and was not already."""
        found = [(each, (each.path, repr(each.now))) for each in self._differences(exchange, body)]
        new = [each for each, key in found if key not in self._known]
        self._known |= {key for _, key in found}
        return new

    def _differences(self, exchange: Exchange, body: bytes) -> list[Difference]:
        try:
            recorded, now = orjson.loads(exchange.asked()), orjson.loads(body)
        except (DumpError, orjson.JSONDecodeError) as problem:
            return [Difference("", str(problem), "")]
        self.likeness.left_out |= set(leave_out_names(recorded, now))
        return self.likeness.differences(recorded, now)
