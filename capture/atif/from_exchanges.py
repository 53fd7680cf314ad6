"""A trajectory out of the model calls of a session: each request repeats the conversation so far, and more.

What belongs here is finding what is new in a request: the results of the tools asked for before, which go to
their calls, and what was said since. Calls that do not go on from an earlier one are conversations of their
own (of a subagent, or a call on the side); all of them stand in one trajectory in the order of time, and each
step says in `extra` which conversation it is of. System prompts are the same in each call, and no steps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from capture import prices
from capture.atif.trajectory import Metrics, Result, Step, ToolCall, Trajectory
from tessen import blocks
from tessen.blocks import Answer, Block, Message
from tessen.exchange import Exchange

Json = dict[str, Any]


def trajectory_of(exchanges: Iterable[Exchange]) -> Trajectory:
    """Return what a session's calls amount to.

    Args:
        exchanges: The calls, oldest first.
    """
    rebuilding = Rebuilding()
    for exchange in exchanges:
        rebuilding.add(exchange)
    return rebuilding.trajectory


@dataclass(slots=True)
class _Conversation:
    """One that grows with each request."""

    number: int
    seen: list[bytes] = field(default_factory=list)
    """The messages of its newest request, as they are compared."""
    known: set[bytes] = field(default_factory=set)
    """All that was ever said in it, so compared."""
    answers: set[str] = field(default_factory=set)
    """Ids of its answers, by which a request may refer to all before it."""
    open_calls: list[tuple[ToolCall, Step]] = field(default_factory=list)
    """Calls without a result so far."""
    last: Step | None = None
    """The model's newest step."""


_NONE: tuple[int, _Conversation | None] = 0, None


class Rebuilding:
    """One trajectory under construction."""

    def __init__(self) -> None:
        self.trajectory = Trajectory("unknown", "unknown")
        """As far as it has come."""
        self._conversations: list[_Conversation] = []
        self._call_ids: set[str] = set()

    def add(self, exchange: Exchange) -> None:
        """Add what is new in a call. One that is no conversation, such as an embedding, has no steps."""
        if not exchange.request.messages and not exchange.answers:
            return
        whole = self.trajectory
        if not whole.steps:
            whole.agent_name = exchange.agent or "unknown"
            whole.session_id = exchange.session_id or None
            whole.model_name = exchange.model
        conversation, new = self._new_in(exchange)
        time = _time(exchange.ts)
        began = not conversation.answers and conversation.last is None
        asked = conversation.last is not None
        for message in new:
            if message.role != "assistant":
                asked = False
                self._told(conversation, message, time)
            elif not asked:  # the record of the answer before is a step already
                self._said_before(conversation, message, time, copied=began)
        if exchange.answers:
            self._answered(conversation, exchange, exchange.answers[0])
        if exchange.error or not exchange.answers:
            self._failed(conversation, exchange)

    def _new_in(self, exchange: Exchange) -> tuple[_Conversation, Sequence[Message]]:
        """Return the conversation that a request goes on with, and which of its messages are new there."""
        messages = exchange.request.messages
        keys = [_key(message) for message in messages]
        previous = exchange.request.params.get("previous_response_id")
        for each in reversed(self._conversations):
            if isinstance(previous, str) and previous in each.answers:
                return each, messages
        best = max(
            self._conversations, key=lambda each: (_shared(each.seen, keys), each.number), default=None
        )
        shared = _shared(best.seen, keys) if best is not None else 0
        if best is None or (shared == 0 and keys):
            best = _Conversation(len(self._conversations) + 1)
            self._conversations.append(best)
        elif shared < len(best.seen):  # the program has rewritten what was said: only the end can be new
            shared = next((at for at in range(len(keys), 0, -1) if keys[at - 1] in best.known), 0)
            self._add(best, Step(0, "system", _rewritten(best.seen, keys), _time(exchange.ts)))
        best.seen = keys
        best.known.update(keys)
        return best, messages[shared:]

    def _told(self, conversation: _Conversation, message: Message, time: str) -> None:
        """Add what the model was told: results to their calls, the rest as a step."""
        words = []
        for block in message.blocks:
            if isinstance(block, blocks.ToolResult):
                self._returned(conversation, block)
            elif (word := _words(block)) is not None:
                words.append(word)
        if words:
            source = "system" if message.role in ("system", "developer") else "user"
            self._add(conversation, Step(0, source, "\n".join(words), time))  # type: ignore[arg-type]

    def _returned(self, conversation: _Conversation, result: blocks.ToolResult) -> None:
        waiting = conversation.open_calls
        extra = {"is_error": True} if result.is_error else {}
        content = "\n".join(filter(None, map(_words, result.blocks)))
        for place, (call, step) in enumerate(waiting):
            if result.call_id in (call.extra.get("id", call.tool_call_id), call.function_name):
                del waiting[place]
                step.results.append(Result(call.tool_call_id, content, extra=extra))
                return
        if conversation.last is not None:  # of a call that is not on record
            conversation.last.results.append(Result(None, content, extra=extra | {"call_id": result.call_id}))

    def _said_before(self, conversation: _Conversation, message: Message, time: str, *, copied: bool) -> None:
        """Add an answer that is known from a later request only."""
        step = Step(0, "agent", "", time, is_copied_context=True if copied else None)
        self._fill(conversation, step, message.blocks)
        self._add(conversation, step)

    def _answered(self, conversation: _Conversation, exchange: Exchange, answer: Answer) -> None:
        usage, extra = exchange.usage, {"event_id": exchange.event_id, "stop_reason": answer.stop_reason}
        if len(exchange.answers) > 1:
            extra["choices"] = str(len(exchange.answers))
        ended = exchange.ts + (exchange.duration_ms or 0.0) / 1000
        step = Step(0, "agent", "", _time(ended), model_name=exchange.model)
        step.extra = {name: value for name, value in extra.items() if value}
        if usage is not None:
            cost = prices.cost(usage, exchange.model, exchange.provider)
            step.metrics = Metrics(usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, cost)
            if cost is not None:
                self.trajectory.total_cost_usd = (self.trajectory.total_cost_usd or 0.0) + cost
        self._fill(conversation, step, answer.blocks)
        self._add(conversation, step)
        conversation.known.add(_key(Message("assistant", answer.blocks)))
        if isinstance(identity := exchange.answer_facts.get("id"), str):
            conversation.answers.add(identity)

    def _failed(self, conversation: _Conversation, exchange: Exchange) -> None:
        failure = exchange.failure
        if failure is not None:
            what = f"The call to the model failed: {failure.type}: {failure.message}"
        else:
            what = f"The answer of this call to the model is not on record ({exchange.outcome})."
        step = Step(0, "system", what, _time(exchange.ts))
        step.extra = {"event_id": exchange.event_id}
        self._add(conversation, step)

    def _fill(self, conversation: _Conversation, step: Step, said: Sequence[Block]) -> None:
        """Put the blocks of an answer into its step."""
        thoughts, words = [], []
        for block in said:
            if isinstance(block, blocks.Thinking):
                thoughts.append(block.text)
            elif isinstance(block, blocks.ToolCall):
                call = self._call(step, block)
                step.tool_calls.append(call)
                conversation.open_calls.append((call, step))
            elif isinstance(block, blocks.ToolResult):  # of a tool that the vendor runs
                self._returned(conversation, block)
            elif (word := _words(block)) is not None:
                words.append(word)
        step.message = "\n".join(words)
        step.reasoning_content = "\n".join(filter(None, thoughts)) or None
        conversation.last = step

    def _call(self, step: Step, block: blocks.ToolCall) -> ToolCall:
        """Return a call under an id of its own: some vendors give none, and some servers one twice."""
        arguments = block.arguments if isinstance(block.arguments, dict) else {"input": block.arguments}
        identity, nth = block.id, len(self._call_ids) + 1
        extra: Json = {} if block.valid else {"valid": False}
        if not identity or identity in self._call_ids:
            extra["id"] = block.id or block.name
            identity = f"{block.id or 'call'}_{nth}"
        self._call_ids.add(identity)
        return ToolCall(identity, block.name, arguments, extra)

    def _add(self, conversation: _Conversation, step: Step) -> None:
        steps = self.trajectory.steps
        step.step_id = len(steps) + 1
        if steps and step.timestamp is not None:
            step.timestamp = max(step.timestamp, steps[-1].timestamp or "")
        if conversation.number > 1:
            step.extra["conversation"] = conversation.number
        steps.append(step)


def _rewritten(before: Sequence[bytes], now: Sequence[bytes]) -> str:
    return f"The program rewrote the conversation: {len(before)} messages before, {len(now)} now."


def _shared(seen: Sequence[bytes], keys: Sequence[bytes]) -> int:
    """How many messages two conversations begin with in common."""
    count = 0
    for one, other in zip(seen, keys, strict=False):
        if one != other:
            break
        count += 1
    return count


def _first(pair: tuple[int, object]) -> int:
    return pair[0]


def _key(message: Message) -> bytes:
    """Return what tells a message from others, without thoughts, which programs leave out later."""
    kept = [block for block in message.blocks if not isinstance(block, blocks.Thinking)]
    written = f"{message.role}:{kept!r}".encode("utf-8", "backslashreplace")
    return hashlib.blake2b(written, digest_size=16).digest()


def _words(block: Block) -> str | None:
    """Return a block as text; None for one that has none."""
    match block:
        case blocks.Text() | blocks.Refusal():
            return block.text
        case blocks.Media():
            facts = (
                block.kind,
                block.media_type,
                f"{block.size} bytes" if block.size else None,
                block.source,
            )
            return f"[{' '.join(filter(None, facts))}]"
        case blocks.Other():
            return f"[{block.type}] {block.value}" if block.type == "response" else f"[{block.type}]"
        case blocks.ToolResult():
            return "\n".join(filter(None, map(_words, block.blocks)))
        case _:
            return None


def _time(ts: float) -> str:
    return datetime.fromtimestamp(ts, UTC).isoformat(timespec="milliseconds")
