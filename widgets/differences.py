"""What differs between two events, in words: what a person wants to know before reading any diff.

What belongs here is naming differences and giving them a size; the aligned texts are `diff_lines`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tessen.exchange import Exchange
from tessen.format import UNKNOWN, duration, money, plural
from widgets.block_lines import blocks_text
from widgets.json_lines import inline_json
from widgets.text_lines import text_shape

_SMALL_CHANGE = 0.05
"""Share below which a duration or a count is not worth a line."""


class Side(NamedTuple):
    """One of the two events."""

    exchange: Exchange
    cost_usd: float | None


class Difference(NamedTuple):
    """One thing that is not the same; raw text."""

    name: str
    words: str


def differences(left: Side, right: Side) -> list[Difference]:
    """Every difference worth a line, the most telling first; empty when there is none."""
    a, b = left.exchange, right.exchange
    return [
        *_named("outcome", _outcome(a), _outcome(b)),
        *(_named("stop reason", a.stop_reason, b.stop_reason) if a.answers and b.answers else ()),
        *_signals(a, b),
        *_named("model", a.model, b.model),
        *_named("agent", a.agent, b.agent),
        *_named("surface", a.surface, b.surface),
        *_parameters(a.request.params, b.request.params),
        *_system(a, b),
        *_tools(a, b),
        *_messages(a, b),
        *_answer(a, b),
        *_measures(left, right),
        *_named("called from", _site(a), _site(b)),
    ]


def _named(name: str, a: str | None, b: str | None) -> Iterator[Difference]:
    """A value that went from one to another."""
    if a != b:
        yield Difference(name, f"{a or 'none'} → {b or 'none'}")


def _outcome(exchange: Exchange) -> str:
    if exchange.failure:
        status = f" {exchange.failure.status}" if exchange.failure.status else ""
        return f"{exchange.failure.type}{status}"
    return "error" if exchange.error else "ok" if exchange.outcome == "complete" else exchange.outcome


def _site(exchange: Exchange) -> str | None:
    site = exchange.call_site
    return f"{site.file}:{site.line}" if site else None


def _signals(a: Exchange, b: Exchange) -> Iterator[Difference]:
    words = _gone_and_new(list(a.signals), list(b.signals))
    if words:
        yield Difference("signals", words)


def _gone_and_new(a: list[str], b: list[str]) -> str:
    """What is only on the left, and only on the right."""
    gone = [name for name in a if name not in b]
    new = [name for name in b if name not in a]
    parts = [f"only left: {', '.join(gone)}" if gone else "", f"only right: {', '.join(new)}" if new else ""]
    return "; ".join(p for p in parts if p)


def _parameters(a: dict[str, Any], b: dict[str, Any]) -> Iterator[Difference]:
    for name in dict.fromkeys((*a, *b)):
        if name != "model" and a.get(name) != b.get(name):
            yield Difference(name, f"{_value(a, name)} → {_value(b, name)}")


def _value(params: dict[str, Any], name: str) -> str:
    return inline_json(params[name], 60) if name in params else "not set"


def _system(a: Exchange, b: Exchange) -> Iterator[Difference]:
    before, after = blocks_text(a.request.system), blocks_text(b.request.system)
    if before != after:
        words = [text_shape(text) if text else "none" for text in (before, after)]
        yield Difference("system prompt", f"changed, {words[0]} → {words[1]}")


def _tools(a: Exchange, b: Exchange) -> Iterator[Difference]:
    before, after = ({t.name: t for t in e.request.tools} for e in (a, b))
    changed = [name for name in before if name in after and before[name] != after[name]]
    words = [_gone_and_new(list(before), list(after)), f"changed: {', '.join(changed)}" if changed else ""]
    if any(words):
        yield Difference("tools", "; ".join(w for w in words if w))


def _messages(a: Exchange, b: Exchange) -> Iterator[Difference]:
    """Where the two conversations part."""
    before, after = a.request.messages, b.request.messages
    if before == after:
        return
    shared = next((i for i, (x, y) in enumerate(zip(before, after, strict=False)) if x != y), None)
    if shared is not None:
        words = f"first differ in message {shared + 1} ({after[shared].role})"
        if len(before) != len(after):
            words += f"; {len(before)} → {len(after)}"
    else:
        more = "right" if len(after) > len(before) else "left"
        extra = abs(len(after) - len(before))
        shared = min(len(before), len(after))
        words = f"the {more} goes on for {plural(extra, 'more message')} after message {shared}"
    yield Difference("messages", words)


def _answer(a: Exchange, b: Exchange) -> Iterator[Difference]:
    before, after = ([blocks_text(x.blocks) for x in e.answers] for e in (a, b))
    if before != after:
        words = [text_shape("\n".join(t)) if any(t) else "nothing" for t in (before, after)]
        yield Difference("answer", f"{words[0]} → {words[1]}")


def _measures(left: Side, right: Side) -> Iterator[Difference]:
    a, b = left.exchange, right.exchange
    yield from _measure("took", a.duration_ms, b.duration_ms, duration)
    yield from _measure("first token", a.ttft_ms, b.ttft_ms, duration)
    for name, key in (
        ("input", "input_tokens"),
        ("cached", "cache_read_tokens"),
        ("output", "output_tokens"),
    ):
        before, after = (getattr(e.usage, key) if e.usage else None for e in (a, b))
        yield from _measure(name, before, after, _tokens)
    yield from _measure("cost", left.cost_usd, right.cost_usd, money)
    yield from _named("attempts", str(max(1, len(a.attempts))), str(max(1, len(b.attempts))))


def _tokens(number: float | None) -> str:
    return UNKNOWN if number is None else f"{number:,.0f} tokens"


def _measure(
    name: str, a: float | None, b: float | None, show: Callable[[float | None], str]
) -> Iterator[Difference]:
    """A quantity that both sides know, and that changed by more than a little."""
    if a is None or b is None:  # an outcome without the quantity says so already
        return
    if abs(b - a) > _SMALL_CHANGE * abs(a):
        share = f"  {(b - a) / a:+.0%}" if a else ""
        yield Difference(name, f"{show(a)} → {show(b)}{share}")
