"""One logical call of a program to a model, from its start to its event.

What belongs here is what is gathered while a call runs: the HTTP attempts under it, its answer or its stream,
its end. Every method that a hook calls is guarded: it does its work or nothing, and never raises.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

from tessen import _bodies, _guard, _headers, _json, _problems, _redact, _verdict
from tessen._event import Attempt, Error, Event
from tessen._floor.message import path_of
from tessen._frames import CallSite
from tessen._inflight import Started
from tessen._stream import Ending, StreamRecord
from tessen.usage import usage_of
from tessen.vendors.interface import Endpoint, Failure, Vendor

if TYPE_CHECKING:
    from tessen._recorder import Recorder

CURRENT: ContextVar[Call | None] = ContextVar("tessen_call", default=None)
"""The call under which HTTP requests of this context are attempts."""

LEAF, TRUNK, DISCOVERED, FLOOR = range(4)
"""Where a call was seen: at a method of the SDK since the user wants it so, at the vendor client's base
request method, at a method of the SDK for want of that one, or only at the HTTP library."""

Tee = Callable[[StreamRecord], None]


class Outcome(NamedTuple):
    """What a call came to."""

    error: Error | None
    streamed: bool
    body: bytes = _bodies.NULL
    value: object = None
    outcome: str = "complete"
    chunks: int | None = None
    ttft_ms: float | None = None
    collected: bool = False


class Call:
    """One call in progress."""

    def __init__(
        self, recorder: Recorder, vendor: Vendor, endpoint: Endpoint, tier: int, site: CallSite | None
    ) -> None:
        """Begin a call now."""
        self.event_id = os.urandom(16).hex()
        self.ts = time.time()
        self.started = time.perf_counter()
        self.recorder = recorder
        self.vendor = vendor
        self.endpoint = endpoint
        self.tier = tier
        self.site = site
        self.session_id = recorder.session_id
        self.entered = id(sys.exc_info()[1])
        """Which exception was being handled when the call began: it is not what ends the call's stream."""
        self.clients: Callable[[], Iterable[object]] = tuple
        """Gives the HTTP clients whose requests are this call's attempts."""
        self.base_url: str | None = None
        """What the addresses of its requests begin with, where that is known and the client is not."""
        self.ends_with_http = False
        """Whether nobody above the HTTP library sees how this call ends."""
        self.method = "POST"
        self.intended_url: Callable[[], str] | None = None
        """Gives the address that a request would go to; asked only if none was sent."""
        self.asked_to_stream = False
        self.options_body: Any = None
        """The request's body as the program gave it to the SDK; what was really sent counts for more."""
        self._url = ""
        self._request: Any = None
        self._wire: bytes | None = None
        self._secrets: set[str] = set()
        self._searched: object = None
        """The headers in which secrets were last looked for."""
        self._attempts: list[Attempt] = []
        self._attempt_started = 0.0
        self._status: int | None = None
        self._headers: dict[str, str] = {}
        self._response: Any = None
        self._stream: StreamRecord | None = None
        self.recorded = False
        """Whether the event has been written; what happens afterwards is not this call's."""

    @property
    def attempted(self) -> bool:
        """Whether a request has been sent for it."""
        return bool(self._attempts)

    @property
    def status(self) -> int | None:
        """The HTTP status of the last attempt, if it has been answered."""
        return self._status

    @property
    def failing(self) -> bool:
        """Whether an SDK will raise over the answer: an HTTP error, or no JSON where there should be some."""
        if self._status is None or self._response is None or self._status >= 400:
            return self._status is not None and self._status >= 400
        body = _bodies.content(self._response).strip()
        return self.endpoint.dialect is not None and not (body[:1] == b"{" and body[-1:] == b"}")

    def owns(self, client: Any, request: Any) -> bool:
        """Whether a request that is sent in this call's context is an attempt of it."""
        if self.recorded:
            return False
        if any(client is own for own in self.clients()):
            return True
        if self.base_url is not None and str(request.url).startswith(self.base_url):
            return True
        return self.vendor.asks_a_model(path_of(str(request.url))) is not None

    @_guard.guarded("recording an HTTP request")
    def attempt_began(self, request: Any) -> None:
        """Note a request that is about to be sent.

        Args:
            request: A request of httpx2 or httpx, or a `Sent`.
        """
        self._attempt_started = time.perf_counter()
        self._status = None
        self._headers = {}
        self._note_secrets()
        self._request = request
        self.intended_url = None
        self.method = request.method
        self._url, secrets = _redact.clean_url(str(request.url).partition("#")[0])
        self._secrets |= secrets
        try:
            self._wire = request.content
        except Exception:
            self._wire = None  # an upload that is read as it is sent
        self.recorder.call_began(self)

    @_guard.guarded("recording a failed HTTP request")
    def attempt_failed(self, problem: BaseException) -> None:
        """Note that the request brought no answer."""
        self._attempts.append(Attempt(None, self._attempt_ms(), _problems.short(problem), None, None))

    @_guard.guarded("recording an HTTP answer")
    def attempt_answered(self, response: Any, tee: Tee | None = None) -> None:
        """Note the answer to the request.

        Args:
            response: A response of httpx2 or httpx, or a `Received`.
            tee: Puts a record of the body between the answer and its reader; None where it has been read.
        """
        status = self._status = response.status_code
        raw = response.headers.raw
        headers = self._headers = _headers.kept(raw)
        self._secrets |= _redact.secrets_in_answer(raw)
        failed = status >= 400
        error = _bodies.error_name(response) if failed and tee is None else None
        wait = _headers.retry_after(headers) if failed else None
        self._attempts.append(Attempt(status, self._attempt_ms(), error, wait, _headers.request_id(headers)))
        self._response = response
        if tee is not None:
            self.follow(response, tee)

    def answered(self, response: Any) -> None:
        """Take an answer whose body has been read, where its attempt was noted before that."""
        self._response = response

    @_guard.guarded("following an answer")
    def follow(self, response: Any, tee: Tee) -> None:
        """Learn from the body of the answer while the program reads it.

        The body of a failure is left to the SDK, which reads it and raises.
        """
        if response.status_code >= 400 and not self.ends_with_http:
            return
        self._response = None
        self._stream = StreamRecord(self, response)
        self.recorder.stream_opened(self._stream)
        tee(self._stream)

    @_guard.guarded("recording a call")
    def returned(self) -> None:
        """Note that the program has its answer; a stream's event waits until the stream has ended."""
        response, self._response = self._response, None
        if self._stream is not None or response is None:
            return
        body, value = _bodies.of_response(response)
        self.record(Outcome(self._stated_error(None, body, value), False, body, value))

    @_guard.guarded("recording a failed call")
    def failed(self, problem: BaseException) -> None:
        """Note that the program gets an exception instead of an answer."""
        if self._stream is not None:
            self._stream.forget()
            self.recorder.stream_closed(self._stream)
        outcome = "cancelled" if _problems.is_cancellation(problem) else "complete"
        self.record(Outcome(self._raised_error(problem), self.asked_to_stream, outcome=outcome))

    def stream_ended(self, stream: StreamRecord, ending: Ending) -> None:
        """Record a call whose answer has been read, or will not be read further."""
        self.recorder.stream_closed(stream)
        body, value = _bodies.of_stream(stream)
        if ending.broken is not None:
            error: Error | None = self._raised_error(ending.broken, ending.failure)
        else:
            error = self._stated_error(ending.failure, body, value)
        self.record(
            Outcome(
                error,
                stream.is_events or self.asked_to_stream,
                body,
                value,
                ending.outcome,
                stream.assembler.chunks if stream.assembler else None,
                stream.ttft_ms,
                ending.collected,
            )
        )

    @_guard.guarded("recording a call at the end of the process")
    def cut_off(self) -> None:
        """Record a call that the end of the process leaves without an answer."""
        message = "the process ended before the answer came"
        error = Error("ProcessEnded", message, "", self._status, _bodies.NULL, self._headers)
        self.record(Outcome(error, self.asked_to_stream, outcome="killed"))

    def started_as(self) -> Started:
        """What is known of the call while it is under way."""
        return Started(
            event_id=self.event_id,
            session_id=self.session_id,
            agent_name=self.recorder.agent_name,
            ts=self.ts,
            provider=self.vendor.provider,
            surface=self._surface(self.asked_to_stream),
            model=self._model(None),
            call_site=self.site,
        )

    def _note_secrets(self) -> None:
        """Note what the last request was authorised with; headers may be added as late as in sending."""
        if self._request is None:
            return
        headers = self._request.headers.raw
        if headers != self._searched:
            self._searched = headers
            self._secrets |= _redact.secrets_of(headers)

    def _attempt_ms(self) -> float:
        return (time.perf_counter() - self._attempt_started) * 1000

    def _stated_error(self, failure: Failure | None, body: bytes, value: object) -> Error | None:
        """The error that an answer itself states, by its content or its HTTP status."""
        dialect = self.endpoint.dialect
        if failure is None and dialect is not None and isinstance(value, dict):
            failure = dialect.failure(value)
        if failure is not None:
            told = _json.dumps(failure.body)
            names = failure.names
            return Error(names[0], failure.message, "", self._status, told, self._headers, names)
        if self._status is not None and self._status >= 400:
            return Error("HTTPStatusError", f"HTTP {self._status}", "", self._status, body, self._headers)
        return None

    def _raised_error(self, problem: BaseException, failure: Failure | None = None) -> Error:
        """The error of a call that ended in an exception; `failure` is what the vendor said before it."""
        body = _bodies.NULL
        if failure is not None:
            body = _json.dumps(failure.body)
        elif self._stream is None:
            body = _bodies.of_problem(problem, self._response)
        stated = () if failure is None else failure.names
        status = _problems.status(problem) or self._status
        return Error(
            type(problem).__name__,
            _problems.message(problem),
            _problems.trace(problem),
            status,
            body,
            self._headers,
            stated + _problems.names(problem),
        )

    def record(self, result: Outcome) -> None:
        """Write the call's event; the first time counts."""
        if self.recorded:
            return
        self.recorded = True
        try:
            self._write_event(result)
        except BaseException:
            self._over()
            raise

    def _over(self) -> None:
        self.recorder.call_ended(self)

    def _write_event(self, result: Outcome) -> None:
        self._response = None
        self._note_secrets()
        plain = result.error is None and not result.streamed
        model = self._model(result.value)
        event = Event(
            event_id=self.event_id,
            session_id=self.session_id,
            agent_name=self.recorder.agent_name,
            ts=self.ts,
            tier=self.tier,
            provider=self.vendor.provider,
            surface=self._surface(result.streamed),
            http_method=self.method,
            http_url=self._url or self._unsent_url(),
            call_site=self.site,
            duration_ms=(time.perf_counter() - self.started) * 1000,
            request_body=self._request_body(),
            streamed=result.streamed,
            error=result.error,
            casted_response=result.body if plain else None,
            response_body=None if plain or result.body == _bodies.NULL else result.body,
            response_headers=self._headers,
            chunks_captured=result.chunks,
            model=model,
            usage=usage_of(result.value) if self.endpoint.billed else None,
            ttft_ms=result.ttft_ms,
            attempts=tuple(self._attempts),
            outcome=result.outcome,
            quality_signals=tuple(self._signals(result, model)),
        )
        self.recorder.record(event, self._secrets, soon=result.collected, then=self._over)

    def _signals(self, result: Outcome, model: str | None) -> Iterator[str]:
        """The event's signals, in their order: HTTP, content, cache, the course of the call."""
        dialect = self.endpoint.dialect
        if result.error is not None:
            signal = _verdict.http_signal(result.error.names, result.error.status_code)
            if signal is not None:
                yield signal
        elif result.outcome == "complete" and dialect is not None and isinstance(result.value, dict):
            yield from dialect.signals(self._wire, result.value)
        if len(self._attempts) > 1:
            yield "silent_retry"
        if result.outcome == "abandoned":
            yield "stream_abandoned"
        pace = self.recorder.log.pace
        if result.ttft_ms is not None and pace.is_slow(self.recorder.agent_name, model or "", result.ttft_ms):
            yield "slow_first_token"

    def _unsent_url(self) -> str:
        return _redact.clean_url(self.intended_url())[0] if self.intended_url else ""

    def _surface(self, streamed: bool) -> str | None:
        surface = self.endpoint.surface
        if streamed and surface is not None and self.endpoint.dialect is not None:
            return self.endpoint.streamed_as or surface.removesuffix(".create") + ".stream"
        return surface

    def _model(self, value: object) -> str | None:
        """The model that answered; where none did, the one that was asked."""
        key = self.endpoint.dialect.model_key if self.endpoint.dialect else "model"
        answered = value.get(key) if isinstance(value, dict) else None
        if isinstance(answered, str):
            return answered
        body = self._asked_body()
        asked = body.get("model") or body.get("modelId")
        return asked if isinstance(asked, str) else self.vendor.model_in(self._url or self._unsent_url())

    def _asked_body(self) -> Mapping[str, Any]:
        """The request's body as an object, from the wire where the SDK's hook had only that."""
        body = self.options_body
        if body is None and self._wire:
            body = _json.fragment(self._wire)[1]
        return body if isinstance(body, Mapping) else {}

    def _request_body(self) -> bytes:
        """The request as it was sent; not parsed where the SDK has just made it from an object."""
        wire = self._wire
        if not wire:
            return _bodies.NULL if self.options_body is None else _json.dumps(self.options_body)
        made_by_sdk = isinstance(self.options_body, Mapping) and wire[:1] == b"{" and wire[-1:] == b"}"
        if made_by_sdk and not _json.names_no_number(wire):
            return _json.one_line(wire)
        return _json.fragment(wire)[0]


def discovery_underway() -> bool:
    """Whether a call in progress was seen at a method of the SDK, so that nothing below need see it."""
    call = CURRENT.get()
    return call is not None and call.tier in (LEAF, DISCOVERED) and not call.recorded
