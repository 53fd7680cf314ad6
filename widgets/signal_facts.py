"""The facts of one event that speak to a signal: what the general explanation cannot know.

What belongs here is one function a kind of signal, giving short plain sentences in raw text. Nothing is
judged again: the signals are the event's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tessen.blocks import Refusal, Thinking, ToolCall
from tessen.exchange import Exchange
from tessen.format import count, duration, plural
from widgets.block_lines import block_words
from widgets.text_lines import first_words

_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens")
_MARKER_PATHS = 5


def signal_facts(name: str, exchange: Exchange, event: dict[str, Any]) -> list[str]:
    """What this event says about one of its signals.

    Args:
        name: the signal's name; an unknown one gets no facts.
        exchange: the event as read.
        event: the event itself.
    """
    finder = _FINDERS.get(name)
    if finder is not None:
        return finder(exchange, event)
    return _http(exchange) if exchange.failure else []


def output_limit(exchange: Exchange) -> str | None:
    """The request's limit on output as "max_tokens 1,024"; None where it set none."""
    for key in _LIMITS:
        value = exchange.request.params.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            return f"{key} {value:,}"
    return None


def _http(exchange: Exchange) -> list[str]:
    """Status, the vendor's own words, and when to come back."""
    failure = exchange.failure
    if failure is None:
        return []
    status = f"HTTP {failure.status}" if failure.status else failure.type
    facts = [f"{status} after {duration(exchange.duration_ms)}" + _tries(exchange)]
    wait = exchange.headers.get("retry-after")
    if wait:
        facts.append(f"retry-after: {wait} s")
    facts += [f"{k}: {v}" for k, v in exchange.headers.items() if "remaining" in k and v.strip() == "0"]
    return facts


def _tries(exchange: Exchange) -> str:
    return f", {len(exchange.attempts)} attempts" if len(exchange.attempts) > 1 else ""


def _truncated(exchange: Exchange, _event: dict[str, Any]) -> list[str]:
    """Where it stopped, and what the request allowed."""
    spent = f" at {exchange.usage.output_tokens:,} output tokens" if exchange.usage else ""
    limit = output_limit(exchange)
    asked = f"the request allowed {limit}" if limit else "the request set no limit of its own"
    return [f"stopped with {exchange.stop_reason or 'no reason'}{spent}; {asked}"]


def _thinking_only(exchange: Exchange, event: dict[str, Any]) -> list[str]:
    """How much was thought, and how much room there was."""
    thoughts = sum(len(b.text) for a in exchange.answers for b in a.blocks if isinstance(b, Thinking))
    thinking = exchange.request.params.get("thinking")
    budget = thinking.get("budget_tokens") if isinstance(thinking, dict) else None
    words = [
        f"{thoughts:,} characters of thinking",
        f"budget {budget:,} tokens" if isinstance(budget, int) else None,
    ]
    return [", ".join(w for w in (*words, output_limit(exchange)) if w), *_truncated(exchange, event)]


def _bad_arguments(exchange: Exchange, _event: dict[str, Any]) -> list[str]:
    """Which calls are broken, and how they end."""
    broken = [b for a in exchange.answers for b in a.blocks if isinstance(b, ToolCall) and not b.valid]
    return [f"{call.name}: arguments end in {str(call.arguments)[-60:]!r}" for call in broken[:5]]


def _refused(exchange: Exchange, _event: dict[str, Any]) -> list[str]:
    """The refusal's words, or the reason given."""
    words = [b.text for a in exchange.answers for b in a.blocks if isinstance(b, Refusal) and b.text]
    return [f"stopped with {exchange.stop_reason or 'no reason'}", *(first_words(w) for w in words)]


def _empty(exchange: Exchange, _event: dict[str, Any]) -> list[str]:
    """What the model was answering to."""
    messages = exchange.request.messages
    if not messages or not messages[-1].blocks:
        return [f"stopped with {exchange.stop_reason or 'no reason'}"]
    last = messages[-1]
    return [f"the last message is from {last.role}: {block_words(last.blocks[-1])}"]


def _no_connection(exchange: Exchange, _event: dict[str, Any]) -> list[str]:
    """What broke, and after how long."""
    failure = exchange.failure
    words = f"{failure.type}: {first_words(failure.message)}" if failure else "no status came back"
    where = f" ({exchange.url})" if exchange.url else ""
    return [f"{words}{where}, after {duration(exchange.duration_ms)}{_tries(exchange)}"]


def _cache_idle(exchange: Exchange, event: dict[str, Any]) -> list[str]:
    """Where the markers are, and how much input there was."""
    places = list(_markers(event.get("request_body"), ""))
    usage = exchange.usage
    facts = [f"markers in {', '.join(places[:_MARKER_PATHS])}"] if places else []
    if usage:
        facts.append(f"{usage.input_tokens:,} input tokens, none read from the cache and none written to it")
    return facts


def _markers(value: Any, path: str, depth: int = 0) -> Iterator[str]:
    """Paths of the objects that hold a cache marker."""
    if depth > 8:
        return
    if isinstance(value, dict):
        if value.get("cache_control"):
            yield path or "the request itself"
        for key, inner in value.items():
            yield from _markers(inner, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _markers(inner, f"{path}[{number}]", depth + 1)


def _retried(exchange: Exchange, _event: dict[str, Any]) -> list[str]:
    """How the attempts went."""
    course = " → ".join(str(a.status or a.error or "no answer") for a in exchange.attempts)
    return [f"{plural(len(exchange.attempts), 'attempt')}: {course}"] if course else []


def _abandoned(exchange: Exchange, _event: dict[str, Any]) -> list[str]:
    """How far the stream was read."""
    read = f"{plural(exchange.chunks, 'chunk')} read in " if exchange.chunks is not None else "after "
    return [f"{exchange.outcome}: {read}{duration(exchange.duration_ms)}"]


def _slow(exchange: Exchange, _event: dict[str, Any]) -> list[str]:
    """The wait, and the prompt it was for."""
    usage = exchange.usage
    prompt = f" for {count(usage.input_tokens)} input tokens" if usage else ""
    cached = f", {count(usage.cache_read_tokens)} of them cached" if usage and usage.cache_read_tokens else ""
    return [f"first token after {duration(exchange.ttft_ms)}{prompt}{cached}"]


_FINDERS: dict[str, Callable[[Exchange, dict[str, Any]], list[str]]] = {
    "truncated_response": _truncated,
    "thinking_only_no_output": _thinking_only,
    "invalid_tool_use_json": _bad_arguments,
    "invalid_tool_call_json": _bad_arguments,
    "refusal": _refused,
    "empty_content_on_end_turn": _empty,
    "empty_content_on_stop": _empty,
    "connection_error": _no_connection,
    "cache_control_set_but_no_cache_activity": _cache_idle,
    "silent_retry": _retried,
    "stream_abandoned": _abandoned,
    "slow_first_token": _slow,
}
