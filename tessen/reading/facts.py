"""What the commands need of an event, and no more: its columns, as values.

What belongs here is the list of columns and how they are read from a parsed event. `scan.py` reads the same
columns from a line without parsing it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from tessen import prices
from tessen._shapes import first, items, mapping, number, text, whole
from tessen.reading.call_place import place_text
from tessen.reading.mend import COMPUTED, is_old, mended, model_of, response_body
from tessen.reading.tools import Call, calls_in, failed_in
from tessen.usage import Usage, normalise


class Facts(NamedTuple):
    """One event's columns. Text is raw: not yet safe for a terminal."""

    event_id: str
    session_id: str
    agent: str
    ts: float
    """Start of the call, seconds since the epoch; 0.0 where the event has none."""
    provider: str | None
    surface: str | None
    call_site: str | None
    """`file:line:function`."""
    duration_ms: float | None
    streamed: bool
    error: bool
    error_type: str | None
    http_status: int | None
    """Of a failure; None for calls that succeeded."""
    signals: tuple[str, ...]
    model: str | None
    usage: Usage | None
    size: int
    """Bytes of the line."""
    ttft_ms: float | None = None
    outcome: str = "complete"
    attempts: int = 1
    """HTTP requests made for the call."""
    computed: tuple[str, ...] = ()
    """Those of `signals` that the recorder missed."""
    batch: bool = False
    """Whether the vendor charges the call as part of a batch."""
    hour_writes: int = 0
    """Those of the tokens written to the cache that are kept for an hour."""
    old: bool = False
    """Whether a released recorder wrote it."""
    tool_calls: tuple[Call, ...] = ()
    """What the answer asks the program to run."""
    failed_tools: tuple[str, ...] = ()
    """Tools whose newest results, in the request, are errors."""

    @property
    def end(self) -> float:
        """When the call ended, seconds since the epoch: about when its line was written."""
        return self.ts + (self.duration_ms or 0.0) / 1000

    @property
    def latency_ms(self) -> float | None:
        """The duration, where it is the whole call's: old recorders stop the clock when a stream starts."""
        return None if self.old and self.streamed else self.duration_ms

    @property
    def cost_usd(self) -> float | None:
        """What the call cost; None where the model has no known price, or the call no known usage."""
        if self.usage is None:
            return None
        price = price_of(self.model, self.provider)
        return (
            None if price is None else price.cost(self.usage, batch=self.batch, hour_writes=self.hour_writes)
        )

    @property
    def error_name(self) -> str:
        """The error's type with its HTTP status, as reports name it: `RateLimitError (429)`."""
        name = self.error_type or "?"
        return f"{name} ({self.http_status})" if self.http_status else name


price_of = lru_cache(maxsize=4096)(prices.price)
"""`prices.price`, remembered: a log names few models, many times."""


def facts_of(event: dict[str, Any], size: int = 0) -> Facts:
    """Read a parsed event of whatever shape, mending an old one; what is of a wrong type is left empty.

    Args:
        event: As parsed from its line, or as `mended`.
        size: Bytes of the line.
    """
    old = is_old(event) or COMPUTED in event
    event = mended(event)
    error, answered = mapping(event.get("error")), response_body(event)
    batch, hour_writes = charged_as(answered)
    return Facts(
        event_id=text(event.get("event_id")) or "",
        session_id=text(event.get("session_id")) or "",
        agent=text(event.get("agent_name")) or "",
        ts=number(event.get("ts")) or 0.0,
        provider=text(event.get("provider")),
        surface=text(event.get("surface")),
        call_site=place_text(mapping(event.get("call_site"))),
        duration_ms=number(event.get("duration_ms")),
        streamed=event.get("streamed") is True,
        error=event.get("status") == "error" or bool(error),
        error_type=text(error.get("type")),
        http_status=whole(error.get("status_code")),
        signals=tuple(name for name in items(event.get("quality_signals")) if isinstance(name, str)),
        model=model_of(event, answered),
        usage=normalise(event.get("usage")),
        size=size,
        ttft_ms=number(event.get("ttft_ms")),
        outcome=text(event.get("outcome")) or "complete",
        attempts=len(items(event.get("attempts"))) or 1,
        computed=tuple(name for name in items(event.get(COMPUTED)) if isinstance(name, str)),
        batch=batch,
        hour_writes=hour_writes,
        old=old,
        tool_calls=calls_in(answered) if not error else (),
        failed_tools=_failed_tools(event),
    )


def _failed_tools(event: dict[str, Any]) -> tuple[str, ...]:
    return failed_in(mapping(event.get("request_body"))) if event.get("provider") == "anthropic" else ()


def charged_as(answered: dict[str, Any]) -> tuple[bool, int]:
    """Whether an answer is charged as part of a batch, and the tokens written to the cache for an hour.

    Source: docs of the Messages API, `usage.service_tier` and `usage.cache_creation`.
    """
    usage = mapping(first(answered, "usage", "usageMetadata", "usage_metadata"))
    written = mapping(usage.get("cache_creation")).get("ephemeral_1h_input_tokens")
    return "batch" in (usage.get("service_tier"), answered.get("service_tier")), max(0, whole(written) or 0)
