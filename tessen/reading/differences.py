"""What differs between two calls, and between two sessions laid side by side.

What belongs here is naming differences, the most telling first. Text is raw: not yet safe for a terminal.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from tessen.blocks import Block, Text, Thinking, ToolCall, ToolResult
from tessen.exchange import Exchange
from tessen.format import UNKNOWN, duration, money
from tessen.reading.facts import Facts
from tessen.reading.found import Found

_SMALL = 0.05
"""Share below which a duration or a count that differs is not worth a line."""

_WORDS = 60
"""Characters shown of each side where texts part."""


class Difference(NamedTuple):
    """One thing that is not the same."""

    name: str
    before: str
    after: str

    def as_dict(self) -> dict[str, str]:
        """The difference as `--json` gives it."""
        return self._asdict()


class Call(NamedTuple):
    """One call of a session, as far as laying sessions side by side needs it: not what was said."""

    facts: Facts
    number: int
    """The how many-th of its session's events it is in the log, from 0."""
    key: tuple[Any, ...]
    """What makes two calls of two sessions the same: who was asked, what came of it, what was said last."""

    @classmethod
    def of(cls, found: Found, number: int) -> Call:
        """Read an event."""
        facts = found.facts
        last = Exchange.from_event(found.event).request.messages[-1:]
        said = _words(last[0].blocks) if last else ""
        digest = hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        error = facts.error_name if facts.error else ""
        return cls(facts, number, (facts.surface, facts.model, error, facts.tool_calls, digest))


class Pair(NamedTuple):
    """Two calls that stand beside each other; one of them may be missing."""

    left: Call | None
    right: Call | None
    same: bool
    words: str
    """What the calls are, in one line."""

    def as_dict(self) -> dict[str, Any]:
        """The pair as `--json` gives it."""
        ids = (each.facts.event_id if each else None for each in (self.left, self.right))
        return {**dict(zip("ab", ids, strict=True)), "same": self.same, "words": self.words}


def differences(left: Found, right: Found) -> list[Difference]:
    """Return every difference worth a line; empty when there is none."""
    a, b = Exchange.from_event(left.event), Exchange.from_event(right.event)
    return [
        *_named("outcome", _outcome(a), _outcome(b)),
        *(_named("stop reason", a.stop_reason, b.stop_reason) if a.answers and b.answers else ()),
        *_named("signals", ", ".join(a.signals), ", ".join(b.signals)),
        *_named("model", a.model, b.model),
        *_named("agent", a.agent, b.agent),
        *_named("surface", a.surface, b.surface),
        *_parameters(a.request.params, b.request.params),
        *_texts("system", _words(a.request.system), _words(b.request.system)),
        *_tools(a, b),
        *_messages(a, b),
        *_texts("answer", _answer(a), _answer(b)),
        *_measures(left, right),
        *_named("called from", left.facts.call_site, right.facts.call_site),
    ]


def align(left: Sequence[Call], right: Sequence[Call]) -> list[Pair]:
    """Lay two sessions side by side: calls that are alike beside each other, the others in between."""
    keys = [each.key for each in left], [each.key for each in right]
    pairs: list[Pair] = []
    matcher = difflib.SequenceMatcher(None, *keys, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        for number in range(max(b - a, d - c)):
            one = left[a + number] if a + number < b else None
            other = right[c + number] if c + number < d else None
            pairs.append(Pair(one, other, kind == "equal", _pair_words(one, other)))
    return pairs


def _pair_words(left: Call | None, right: Call | None) -> str:
    sides = [_call_words(each) if each else "(no call)" for each in (left, right)]
    return sides[0] if sides[0] == sides[1] else " → ".join(sides)


def _call_words(one: Call) -> str:
    facts = one.facts
    ended = facts.error_name if facts.error else ", ".join(call.name for call in facts.tool_calls) or "answer"
    return f"{facts.surface or UNKNOWN} {facts.model or UNKNOWN}: {ended}"


def _named(name: str, a: str | None, b: str | None) -> Iterator[Difference]:
    if a != b:
        yield Difference(name, a or "none", b or "none")


def _outcome(exchange: Exchange) -> str:
    if exchange.failure is not None:
        status = f" ({exchange.failure.status})" if exchange.failure.status else ""
        return f"{exchange.failure.type}{status}"
    return "error" if exchange.error else exchange.outcome


def _parameters(a: dict[str, Any], b: dict[str, Any]) -> Iterator[Difference]:
    for name in dict.fromkeys([*a, *b]):
        if name != "model" and a.get(name) != b.get(name):
            yield Difference(str(name), _inline(a, name), _inline(b, name))


def _inline(values: dict[str, Any], name: str) -> str:
    return json.dumps(values[name], ensure_ascii=False, default=str) if name in values else "not set"


def _tools(a: Exchange, b: Exchange) -> Iterator[Difference]:
    names = [tool.name for tool in a.request.tools], [tool.name for tool in b.request.tools]
    if names[0] != names[1]:
        yield Difference("tools", ", ".join(names[0]) or "none", ", ".join(names[1]) or "none")
        return
    for one, other in zip(a.request.tools, b.request.tools, strict=True):
        if one != other:
            yield Difference(f"tool {one.name}", *_where_they_part(repr(one), repr(other)))


def _messages(a: Exchange, b: Exchange) -> Iterator[Difference]:
    """The first message that differs, and how many there are."""
    ours, theirs = a.request.messages, b.request.messages
    for number, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        if one != other:
            name = f"message {number + 1}"
            if one.role != other.role:
                yield Difference(name, f"from {one.role}", f"from {other.role}")
            else:
                yield Difference(
                    f"{name} ({one.role})", *_where_they_part(_words(one.blocks), _words(other.blocks))
                )
            break
    if len(ours) != len(theirs):
        yield Difference("messages", f"{len(ours)}", f"{len(theirs)}")


def _answer(exchange: Exchange) -> str:
    return "\n".join(_words(answer.blocks) for answer in exchange.answers)


def _texts(name: str, a: str, b: str) -> Iterator[Difference]:
    if a != b:
        yield Difference(name, *_where_they_part(a, b))


def _where_they_part(a: str, b: str) -> tuple[str, str]:
    """A few words of each side from where they differ."""
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    start = max(0, start - 20)
    return _some(a, start), _some(b, start)


def _some(text: str, start: int) -> str:
    if not text:
        return "nothing"
    head, tail = "…" if start else "", "…" if len(text) > start + _WORDS else ""
    return f"{head}{text[start : start + _WORDS]}{tail}"


def _measures(left: Found, right: Found) -> Iterator[Difference]:
    a, b = left.facts, right.facts
    if _apart(a.duration_ms, b.duration_ms):
        yield Difference("duration", duration(a.duration_ms), duration(b.duration_ms))
    for name, one, other in (
        ("input tokens", a.usage and a.usage.input_tokens, b.usage and b.usage.input_tokens),
        ("output tokens", a.usage and a.usage.output_tokens, b.usage and b.usage.output_tokens),
        ("cache read", a.usage and a.usage.cache_read_tokens, b.usage and b.usage.cache_read_tokens),
    ):
        if _apart(one, other):
            yield Difference(name, *(UNKNOWN if n is None else f"{n:,}" for n in (one, other)))
    if _apart(a.cost_usd, b.cost_usd):
        yield Difference("cost", money(a.cost_usd), money(b.cost_usd))


def _apart(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a != b
    return abs(a - b) > _SMALL * max(abs(a), abs(b))


def _words(blocks: tuple[Block, ...]) -> str:
    """What some blocks say, as one text."""
    return "\n".join(_block_words(block) for block in blocks)


def _block_words(block: Block) -> str:
    match block:
        case Text(words) | Thinking(words):
            return words
        case ToolCall(_, name, arguments):
            return f"→ {name}({json.dumps(arguments, ensure_ascii=False, sort_keys=True, default=str)})"
        case ToolResult(_, inner):
            return f"← {_words(inner)}"
        case _:
            return repr(block)
