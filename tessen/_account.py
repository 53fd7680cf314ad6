"""What is told of a call: its event when it has ended, and what is known of it while it is under way.

What belongs here is the reading of a call's parts, whatever has been gathered of them: the surface, the
model, the request as it was sent, the signals.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tessen import _bodies, _json, _redact, _verdict
from tessen._event import Event
from tessen._inflight import Started
from tessen._repeated import holds
from tessen._shapes import is_object
from tessen.usage import usage_of

if TYPE_CHECKING:
    from tessen._call import Call
    from tessen._outcome import Outcome
    from tessen.vendors.interface import Dialect, Json


def event_of(call: Call, result: Outcome) -> Event:
    """Return the event of a call that has ended now."""
    plain = result.error is None and not result.streamed
    model = _model(call, result.value)
    return Event(
        event_id=call.event_id,
        session_id=call.session_id,
        agent_name=call.recorder.log.agent_name,
        ts=call.ts,
        tier=call.tier,
        provider=call.vendor.provider,
        surface=_surface(call, result.streamed),
        http_method=call.method,
        http_url=call.url or _unsent_url(call),
        call_site=call.site,
        duration_ms=(time.perf_counter() - call.started) * 1000,
        request_body=_request_body(call),
        streamed=result.streamed,
        error=result.error,
        casted_response=result.body if plain else None,
        response_body=None if plain or result.body == _bodies.NULL else result.body,
        response_headers=call.headers,
        chunks_captured=result.chunks,
        model=model,
        usage=(result.usage or usage_of(result.value)) if call.endpoint.billed else None,
        ttft_ms=result.ttft_ms,
        attempts=call.attempts,
        outcome=result.outcome,
        quality_signals=tuple(_signals(call, result, model)),
    )


def started_as(call: Call) -> Started:
    """Return what is known of a call while it is under way."""
    return Started(
        event_id=call.event_id,
        session_id=call.session_id,
        agent_name=call.recorder.log.agent_name,
        ts=call.ts,
        provider=call.vendor.provider,
        surface=_surface(call, call.asked_to_stream),
        model=_model(call, None),
        call_site=call.site,
    )


def _signals(call: Call, result: Outcome, model: str | None) -> list[str]:
    """The event's signals, in their order: HTTP, content, cache, the course of the call."""
    dialect = call.endpoint.dialect
    found: list[str] = []
    if result.error is not None:
        signal = _verdict.http_signal(result.error.names, result.error.status_code)
        if signal is not None:
            found.append(signal)
    answer = result.value
    if dialect is not None and isinstance(answer, dict) and _is_whole(call, dialect, result, answer):
        found += dialect.signals(call.wire, answer)
    if len(call.attempts) > 1:
        found.append("silent_retry")
    if result.outcome == "abandoned":
        found.append("stream_abandoned")
    if result.ttft_ms is not None:
        log = call.recorder.log
        if log.pace.is_slow(log.agent_name, model or "", result.ttft_ms):
            found.append("slow_first_token")
    return found


def _is_whole(call: Call, dialect: Dialect, result: Outcome, answer: Json) -> bool:
    """Whether an answer has come in full; the SDK may have raised over what it says."""
    if result.outcome != "complete":
        return False
    if result.error is None:
        return True
    return call.stream is None and call.accepted and dialect.failure(answer) is None


def _unsent_url(call: Call) -> str:
    return _redact.clean_url(call.intended_url())[0] if call.intended_url else ""


def _surface(call: Call, streamed: bool) -> str | None:
    surface = call.endpoint.surface
    if streamed and surface is not None and call.endpoint.dialect is not None:
        return call.endpoint.streamed_as or surface.removesuffix(".create") + ".stream"
    return surface


def _model(call: Call, value: object) -> str | None:
    """The model that answered; where none did, the one that was asked."""
    key = call.endpoint.dialect.model_key if call.endpoint.dialect else "model"
    answered = value.get(key) if isinstance(value, dict) else None
    if isinstance(answered, str):
        return answered
    body = _asked_body(call)
    asked = body.get("model") or body.get("modelId")
    return asked if isinstance(asked, str) else call.vendor.model_in(call.url or _unsent_url(call))


def _asked_body(call: Call) -> Mapping[str, Any]:
    """The request's body as an object, from the wire where the SDK's hook had only that."""
    body = call.options_body
    if body is None and call.wire and call.wire[:1] == b"{":
        body = _json.fragment(call.wire)[1]
    return body if is_object(body) else {}


def _request_body(call: Call) -> bytes:
    """The request as it was sent; not parsed where the SDK has just made it from an object."""
    wire = call.wire
    if not wire:
        return _json.dumps(call.options_body) if call.options_body else _bodies.of_upload(call.sent_headers)
    made_by_sdk = wire[:1] == b"{" and wire[-1:] == b"}" and is_object(call.options_body)
    if made_by_sdk and not holds(wire, _json.names_no_number):
        return _json.one_line(wire)
    return _bodies.of_request(wire, call.sent_headers)
