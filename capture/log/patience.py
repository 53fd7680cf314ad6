"""Lines that are not as a recorder writes them: read all the same, as far as they say anything.

What belongs here is slow and tolerant of wrong types and missing fields. `record.decode` is the fast way for
everything else; what is no JSON at all is `tessen.reading.parse`.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from capture.log import record
from capture.log.columns import OUTCOMES
from capture.log.record import NAN, Answer, Error, Fields, counts_of
from tessen._shapes import items, mapping, number, text, whole
from tessen.blocks import ToolCall
from tessen.exchange import Exchange
from tessen.reading.facts import charged_as
from tessen.reading.mend import mended, model_of, response_body
from tessen.usage import normalise

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


def read(event: dict[str, Any]) -> Fields:
    """Read a parsed event of whatever shape; what is of a wrong type is left empty."""
    event = mended(event)
    error, answered = mapping(event.get("error")), response_body(event)
    charged = record.charged(*charged_as(answered))
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
        usage=counts_of(normalise(event.get("usage"))),
        model=model_of(event, answered),
        error=Error(text(error.get("type")) or "", whole(error.get("status_code"))) if error else None,
        call_site=msgspec.Raw(json.dumps(event.get("call_site")).encode("ascii")),
        casted_response=Answer("tool_use" if _asked_tool(event) else None, usage=charged),
    )


def odd_fields(event: dict[str, Any]) -> int:
    """How many known fields hold a value of a type they never have; null is nothing, not odd."""
    return sum(
        1
        for key, types in _EXPECTED.items()
        if (value := event.get(key)) is not None
        and (not isinstance(value, types) or (isinstance(value, bool) and bool not in types))
    )


def _asked_tool(event: dict[str, Any]) -> bool:
    answers = Exchange.from_event(event).answers
    return any(isinstance(block, ToolCall) and not block.remote for a in answers for block in a.blocks)


def _float(value: object) -> float:
    found = number(value)
    return NAN if found is None else found
