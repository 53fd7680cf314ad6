"""Events for calls that were watched from outside: by a proxy that sees them pass, without the SDK.

What belongs here is the way into the log for such a watcher. The line is the recorder's own, of tier 3, with
the same signals and the same care for credentials; the watcher brings what it saw.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tessen import _event, _headers, _json, _redact, _verdict
from tessen._aws_events import AwsEventParser
from tessen._sse import SseParser
from tessen._writer import LogWriter
from tessen.usage import usage_of
from tessen.vendors.interface import Endpoint, Failure, Vendor

__all__ = ["AwsEventParser", "EventLog", "ObservedCall", "SseParser", "public_url", "secret_free"]

CLOSE_BOUND = 2.0
"""Seconds that `EventLog.close()` waits for the disk at most."""

_TIER = 3
_NULL = b"null"


class ObservedCall(NamedTuple):
    """One HTTP exchange that asked a model, from its start to its end."""

    vendor: Vendor
    endpoint: Endpoint
    ts: float
    """Start, in seconds since the epoch."""
    duration_ms: float
    ttft_ms: float | None
    """From the start to the first content; None where none came, or the answer was not streamed."""
    method: str
    url: str
    request_headers: Sequence[tuple[bytes, bytes]]
    """As sent. Only read for the secrets that must not be in the line."""
    request_body: bytes
    status: int | None
    """None where no answer came."""
    response_headers: Sequence[tuple[bytes, bytes]]
    streamed: bool
    answer: object
    """The parsed body, put together if it was streamed; text if it is not JSON; None for nothing."""
    answer_bytes: bytes | None
    """The body as it came, its content encoding undone; None where `answer` was put together."""
    chunks: int | None
    """Events of a stream that carried something."""
    failure: Failure | None
    """What went wrong beside the HTTP status: said by the vendor, or of the connection."""
    outcome: str = "complete"
    """complete, abandoned (the caller left in the middle) or cancelled (it left before an answer)."""


class EventLog:
    """Appends observed calls to one agent's log. Any thread may record."""

    def __init__(self, log_dir: Path, agent_name: str, session_id: str | None = None) -> None:
        """Make it; nothing is created before the first event.

        Args:
            log_dir: The folder of the agents' folders.
            agent_name: Who is calling.
            session_id: 32 hexadecimal digits; a new one when None.
        """
        self.agent_name = agent_name
        self.session_id = session_id or os.urandom(16).hex()
        self._writer = LogWriter(log_dir)

    def record(self, call: ObservedCall) -> str:
        """Write one event; when this returns it is in the file. Returns its id."""
        event = self._event(call)
        secrets = _redact.secrets_of(call.request_headers) | _redact.clean_url(call.url)[1]
        self._writer.write(self.agent_name, _redact.clean_line(_event.line(event), secrets, ()))
        return event.event_id

    def close(self) -> None:
        """Force the events to the disk, and close the file."""
        self._writer.close(CLOSE_BOUND)

    def _event(self, call: ObservedCall) -> _event.Event:
        headers = _headers.kept(call.response_headers)
        body = _answer(call)
        error = _error(call, body, headers)
        plain = error is None and not call.streamed
        return _event.Event(
            event_id=os.urandom(16).hex(),
            session_id=self.session_id,
            agent_name=self.agent_name,
            ts=call.ts,
            tier=_TIER,
            provider=call.vendor.provider,
            surface=_surface(call),
            http_method=call.method,
            http_url=_redact.clean_url(call.url)[0],
            call_site=None,
            duration_ms=call.duration_ms,
            request_body=_json.fragment(call.request_body)[0] if call.request_body else _NULL,
            streamed=call.streamed,
            error=error,
            casted_response=body if plain else None,
            response_body=None if plain or body == _NULL else body,
            response_headers=headers,
            chunks_captured=call.chunks,
            model=_model(call),
            usage=usage_of(call.answer) if call.endpoint.billed else None,
            ttft_ms=call.ttft_ms,
            attempts=(_attempt(call, headers),),
            outcome=call.outcome,
            quality_signals=tuple(_signals(call, error)),
        )


def _answer(call: ObservedCall) -> bytes:
    """The answer as JSON: its own bytes, where it came in one piece."""
    if call.answer is None:
        return _NULL
    return _json.fragment(call.answer_bytes)[0] if call.answer_bytes else _json.dumps(call.answer)


def _error(call: ObservedCall, body: bytes, headers: Mapping[str, str]) -> _event.Error | None:
    """The error that an exchange came to: the vendor's or the connection's, else the HTTP status."""
    failure = call.failure
    if failure is None and call.endpoint.dialect is not None and isinstance(call.answer, Mapping):
        failure = call.endpoint.dialect.failure(call.answer)
    if failure is not None:
        told = _json.dumps(failure.body)
        return _event.Error(failure.names[0], failure.message, "", call.status, told, headers, failure.names)
    if call.status is not None and call.status >= 400:
        return _event.Error("HTTPStatusError", f"HTTP {call.status}", "", call.status, body, headers)
    return None


def _attempt(call: ObservedCall, headers: Mapping[str, str]) -> _event.Attempt:
    """The one HTTP request; it is written only where it failed."""
    failed = call.status is None or call.status >= 400
    name = call.failure.names[0] if call.failure is not None and failed else None
    if name is None and failed and isinstance(call.answer, Mapping):
        stated = call.answer.get("error")
        name = stated.get("type") if isinstance(stated, Mapping) else None
    return _event.Attempt(
        call.status,
        call.duration_ms,
        name if isinstance(name, str) else None,
        _headers.retry_after(headers) if failed else None,
        _headers.request_id(headers),
    )


def _signals(call: ObservedCall, error: _event.Error | None) -> Iterator[str]:
    dialect = call.endpoint.dialect
    if error is not None:
        signal = _verdict.http_signal(error.names, error.status_code)
        if signal is not None:
            yield signal
    elif call.outcome == "complete" and dialect is not None and isinstance(call.answer, Mapping):
        yield from dialect.signals(call.request_body, call.answer)
    if call.outcome == "abandoned":
        yield "stream_abandoned"


def _surface(call: ObservedCall) -> str | None:
    surface = call.endpoint.surface
    if call.streamed and surface is not None and call.endpoint.dialect is not None:
        return surface.removesuffix(".create") + ".stream"
    return surface


def _model(call: ObservedCall) -> str | None:
    """The model that answered; where none did, the one that was asked."""
    for source in (call.answer, _asked(call)):
        model = source.get("model") if isinstance(source, Mapping) else None
        if isinstance(model, str):
            return model
    return None


def _asked(call: ObservedCall) -> object:
    """The request's body, parsed only where the answer does not name the model."""
    return _json.fragment(call.request_body)[1] if call.request_body else None


def secret_free(headers: Iterable[tuple[bytes, bytes]], text: str) -> str:
    """Return a text without the secrets that these headers carry and without what looks like a key."""
    line = _redact.clean_line(_json.dumps(text), _redact.secrets_of(headers), ())
    cleaned = _json.parse(line.decode())
    return cleaned if isinstance(cleaned, str) else ""


def public_url(url: str) -> str:
    """Return a URL without its password and the values of its secret parameters."""
    return _redact.clean_url(url)[0]
