"""One logical call of a program to a model, from its start to its end.

What belongs here is what is gathered while a call runs: the HTTP attempts under it, its answer or its stream,
its end. What an end comes to is read in `_outcome`, and what is told of the call in `_account`. Every method
that a hook calls is guarded: it does its work or nothing, and never raises.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from tessen import _account, _bodies, _guard, _headers, _problems, _redact, _session
from tessen._event import Attempt, Error
from tessen._floor.message import path_of
from tessen._frames import CallSite
from tessen._outcome import Outcome, cut_off, raised_error, stated_error
from tessen._stream import Ending, StreamRecord

if TYPE_CHECKING:
    from tessen._inflight import Started
    from tessen._recorder import Recorder
    from tessen.vendors.interface import Endpoint, Vendor

CURRENT: ContextVar[Call | None] = ContextVar("tessen_call", default=None)
"""The call under which HTTP requests of this context are attempts."""

LEAF, TRUNK, DISCOVERED, FLOOR = range(4)
"""Where a call was seen: at a method of the SDK since the user wants it so, at the vendor client's base
request method, at a method of the SDK for want of that one, or only at the HTTP library."""

Tee = Callable[[StreamRecord], None]


class Call:
    """One call in progress.

    What most calls leave as it is stands on the class: a call is made before every request of the program.
    """

    clients: Callable[[], Iterable[object]] = tuple
    """Gives the HTTP clients whose requests are this call's attempts."""
    base_url: str | None = None
    """What the addresses of its requests begin with, where that is known and the client is not."""
    ends_with_http = False
    """Whether nobody above the HTTP library sees how this call ends."""
    method = "POST"
    intended_url: Callable[[], str] | None = None
    """Gives the address that a request would go to; asked only if none was sent."""
    asked_to_stream = False
    options_body: Any = None
    """The request's body as the program gave it to the SDK; what was really sent counts for more."""
    url = ""
    """Where the last request went, without secrets."""
    wire: bytes | None = None
    """The body of the last request, as it was sent."""
    attempts: tuple[Attempt, ...] = ()
    status: int | None = None
    """The HTTP status of the last attempt, if it has been answered."""
    headers: Mapping[str, str] = {}
    """What is kept of the headers of the last answer; replaced, never changed."""
    response: Any = None
    """The last answer, while it is not known what the program makes of it."""
    stream: StreamRecord | None = None
    recorded = False
    """Whether the event has been written; what happens afterwards is not this call's."""
    _request: Any = None
    _secrets: frozenset[str] = frozenset()
    _searched: object = None
    """The headers in which secrets were last looked for."""
    _attempt_started = 0.0

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
        self.session_id = _session.current(recorder.process_session)
        self.entered = id(sys.exc_info()[1])
        """Which exception was being handled when the call began: it is not what ends the call's stream."""

    @property
    def attempted(self) -> bool:
        """Whether a request has been sent for it."""
        return bool(self.attempts)

    @property
    def sent_headers(self) -> Any:
        """The headers of the last request, as its library has them; empty if none was sent."""
        return {} if self._request is None else self._request.headers

    @property
    def accepted(self) -> bool:
        """Whether the last request has been answered, and not with an HTTP error."""
        return self.status is not None and self.status < 400

    @property
    def refused(self) -> bool:
        """Whether the last request has been answered with an HTTP error."""
        return self.status is not None and self.status >= 400

    @property
    def failing(self) -> bool:
        """Whether an SDK will raise over the answer: an HTTP error, or no JSON where there should be some."""
        if self.response is None or not self.accepted:
            return self.refused
        body = _bodies.content(self.response).strip()
        return self.endpoint.dialect is not None and not (body[:1] == b"{" and body[-1:] == b"}")

    def owns(self, client: Any, request: Any) -> bool:
        """Whether a request that is sent in this call's context is an attempt of it."""
        if self.recorded:
            return False
        for own in self.clients():
            if own is client:
                return True
        if self.base_url is None and self.intended_url is not None:
            self.base_url = self.intended_url()  # the program's client may leave the sending to another
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
        if self._request is not None:
            self._note_secrets()
            self.status = None
            self.headers = {}
        self._request = request
        self.intended_url = None
        self.method = request.method
        self.url, secrets = _redact.clean_url(str(request.url).partition("#")[0])
        if secrets:
            self._secrets |= secrets
        try:
            self.wire = request.content
        except Exception:
            self.wire = None  # an upload that is read as it is sent
        self.recorder.call_began(self)

    @_guard.guarded("recording a failed HTTP request")
    def attempt_failed(self, problem: BaseException) -> None:
        """Note that the request brought no answer."""
        self.attempts += (Attempt(None, self._attempt_ms(), _problems.short(problem), None, None),)

    @_guard.guarded("recording an HTTP answer")
    def attempt_answered(self, response: Any, tee: Tee | None = None) -> None:
        """Note the answer to the request.

        Args:
            response: A response of httpx2 or httpx, or a `Received`.
            tee: Puts a record of the body between the answer and its reader; None where it has been read.
        """
        took = self._attempt_ms()
        status = self.status = response.status_code
        raw = response.headers.raw
        headers = self.headers = _headers.kept(raw)
        secrets = _redact.secrets_in_answer(raw)
        if secrets:
            self._secrets |= secrets
        failed = status >= 400
        error = _bodies.error_name(response) if failed and tee is None else None
        wait = _headers.retry_after(headers) if failed else None
        self.attempts += (Attempt(status, took, error, wait, _headers.request_id(headers)),)
        self.response = response
        if tee is not None:
            self.follow(response, tee)

    def answered(self, response: Any) -> None:
        """Take an answer whose body has been read, where its attempt was noted before that."""
        self.response = response

    @_guard.guarded("following an answer")
    def follow(self, response: Any, tee: Tee) -> None:
        """Learn from the body of the answer while the program reads it.

        The body of a failure is left to the SDK, which reads it and raises.
        """
        if response.status_code >= 400 and not self.ends_with_http:
            return
        self.response = None
        self.stream = StreamRecord(self, response)
        self.recorder.stream_opened(self.stream)
        tee(self.stream)

    @_guard.guarded("recording a call")
    def returned(self) -> None:
        """Note that the program has its answer; a stream's event waits until the stream has ended."""
        self.take_answer()

    def take_answer(self) -> None:
        """Do what `returned` does, for who has a guard of its own."""
        response, self.response = self.response, None
        if self.stream is not None or not self.attempts:
            return
        body, value = _bodies.of_response(response)
        self.record(Outcome(stated_error(self, None, body, value), False, body, value))

    @_guard.guarded("recording a failed call")
    def failed(self, problem: BaseException) -> None:
        """Note that the program gets an exception instead of an answer."""
        if self.stream is not None:
            self.stream.forget()
            self.recorder.stream_closed(self.stream)
        outcome = "cancelled" if _problems.is_cancellation(problem) else "complete"
        error = raised_error(self, problem)
        raised_over_answer = self.response is not None and self.accepted
        value = _bodies.of_response(self.response)[1] if raised_over_answer else None
        self.record(Outcome(error, self.asked_to_stream, value=value, outcome=outcome))

    def stream_ended(self, stream: StreamRecord, ending: Ending) -> None:
        """Record a call whose answer has been read, or will not be read further."""
        self.recorder.stream_closed(stream)
        body, value = _bodies.of_stream(stream)
        if ending.broken is not None:
            error: Error | None = raised_error(self, ending.broken, ending.failure)
        else:
            error = stated_error(self, ending.failure, body, value)
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
                stream.assembler.usage if stream.assembler else None,
            )
        )

    @_guard.guarded("recording a call at the end of the process")
    def cut_off(self) -> None:
        """Record a call that the end of the process leaves without an answer."""
        self.record(cut_off(self))

    def started_as(self) -> Started:
        """What is known of the call while it is under way."""
        return _account.started_as(self)

    def record(self, result: Outcome) -> None:
        """Write the call's event; the first time counts."""
        if self.recorded:
            return
        self.recorded = True
        self.response = None
        try:
            if self._request is not None:
                self._note_secrets()
            event = _account.event_of(self, result)
            self.recorder.record(event, self._secrets, soon=result.collected, then=self._over)
        except BaseException:
            self._over()
            raise

    def _over(self) -> None:
        self.recorder.call_ended(self)

    def _note_secrets(self) -> None:
        """Note what the last request was authorised with; headers may be added as late as in sending."""
        headers = self._request.headers.raw
        if headers != self._searched:
            self._searched = headers
            self._secrets |= _redact.secrets_of(headers)

    def _attempt_ms(self) -> float:
        return (time.perf_counter() - self._attempt_started) * 1000


def discovery_underway(vendor: Vendor) -> bool:
    """Whether a call in progress was seen at a method of this SDK, so that nothing below need see it."""
    call = CURRENT.get()
    if call is None or call.tier not in (LEAF, DISCOVERED) or call.vendor is not vendor:
        return False
    return not call.recorded
