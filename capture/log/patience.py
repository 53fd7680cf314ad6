"""Lines that are not as a recorder writes them: read all the same, as far as they say anything.

What belongs here is slow and tolerant: wrong types, missing fields, NaN, invalid UTF-8, an event glued
behind a torn one. `record.decode` is the fast way for everything else.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from capture.log.columns import OUTCOMES
from capture.log.record import NAN, Answer, Error, Fields, counts_of, model_in_url, model_of
from tessen._shapes import items, mapping, number, text, whole
from tessen.blocks import ToolCall
from tessen.exchange import Exchange, response_body
from tessen.usage import normalise, usage_of

EVENT_START = b'{"event_id"'
"""How every recorder's line begins."""

_MAX_GLUED = 64
_EVENT_KEYS = frozenset({"event_id", "agent_name", "provider", "surface", "request_body", "quality_signals"})
_NUMBER = (int, float)
_EXPECTED: dict[str, tuple[type, ...]] = {
    "event_id": (str,),
    "session_id": (str,),
    "agent_name": (str,),
    "ts": _NUMBER,
    "provider": (str,),
    "surface": (str,),
    "status": (str,),
    "streamed": (bool,),
    "duration_ms": _NUMBER,
    "ttft_ms": _NUMBER,
    "quality_signals": (list,),
    "attempts": (list,),
    "outcome": (str,),
    "usage": (dict,),
    "model": (str,),
    "error": (dict,),
}


def parse_any(line: bytes) -> Any:
    """Parse one line of JSON, taking what strict parsers refuse: NaN, invalid UTF-8, numbers of any length.

    Raises:
        ValueError: it is not JSON.
        RecursionError: it is nested too deep.
    """
    return json.loads(line.decode("utf-8", "replace"), parse_int=_any_int)


def _any_int(digits: str) -> int | float:
    return int(digits) if len(digits) < 400 else math.inf


def glued_events(line: bytes) -> Iterator[int]:
    """Where in a line that does not parse an event may begin: behind a torn one, or behind padding."""
    found = line.find(EVENT_START, 1)
    for _ in range(_MAX_GLUED):
        if found < 0:
            return
        yield found
        found = line.find(EVENT_START, found + 1)


def is_event(value: object) -> bool:
    """Whether a parsed line is an event, however incomplete."""
    return isinstance(value, dict) and not _EVENT_KEYS.isdisjoint(value)


def read(event: dict[str, Any]) -> Fields:
    """Read a parsed event of whatever shape; what is of a wrong type is left empty."""
    error, answered = mapping(event.get("error")), response_body(event)
    return Fields(
        event_id=text(event.get("event_id")) or "",
        ts=number(event.get("ts")) or 0.0,
        status="error" if event.get("status") == "error" or error else "ok",
        agent_name=text(event.get("agent_name")) or "",
        session_id=text(event.get("session_id")) or "",
        provider=text(event.get("provider")),
        surface=text(event.get("surface")),
        duration_ms=_float(event.get("duration_ms")),
        ttft_ms=_float(event.get("ttft_ms")),
        streamed=event.get("streamed") is True,
        quality_signals=tuple(x for x in items(event.get("quality_signals")) if isinstance(x, str)),
        attempts=tuple(items(event.get("attempts"))),
        outcome=text(event.get("outcome")) or OUTCOMES[0],
        usage=counts_of(normalise(event.get("usage")) or usage_of(answered)),
        model=_model(event, answered),
        error=Error(text(error.get("type")) or "", whole(error.get("status_code"))) if error else None,
        casted_response=Answer("tool_use") if _asked_tool(event) else None,
    )


def odd_fields(event: dict[str, Any]) -> int:
    """How many known fields hold a value of a type they never have; null is nothing, not odd."""
    return sum(
        1
        for key, types in _EXPECTED.items()
        if (value := event.get(key)) is not None
        and (not isinstance(value, types) or (isinstance(value, bool) and bool not in types))
    )


def _model(event: dict[str, Any], answered: dict[str, Any]) -> str | None:
    asked = mapping(event.get("request_body"))
    named = text(event.get("model")) or model_of(answered) or text(asked.get("model"))
    return named or model_in_url(event.get("http_url"))


def _asked_tool(event: dict[str, Any]) -> bool:
    answers = Exchange.from_event(event).answers
    return any(isinstance(block, ToolCall) and not block.remote for a in answers for block in a.blocks)


def _float(value: object) -> float:
    found = number(value)
    return NAN if found is None else found
