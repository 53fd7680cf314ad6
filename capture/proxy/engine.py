"""One engine's connection: its requests one after another, and the connection to the API that goes with it.

What belongs here is how long connections live. Each connection of an engine has one of its own to the API, so
that the engine sees what it would have seen without a proxy: kept alive as long as the API keeps it alive.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import h11

from capture.proxy.headers import Headers
from capture.proxy.holding import RefusedError
from capture.proxy.line import Line
from capture.proxy.recording import Recording
from capture.proxy.refusals import Refuser, no_answer, not_sent
from capture.proxy.relay import EngineError, EngineLeft, Relay, Route
from capture.proxy.upstream import UpstreamError

LINGER = 2.0
"""Seconds that an engine has to read an answer that came before it had sent its whole request."""

LEFT = "the engine closed the connection before the answer was complete"


class EngineConnection:
    """One connection.

    Args:
        route: Where its requests go.
        begin: Called with a request's head when it has come; gives its recording.
        finish: Called with each recording at its end.
    """

    def __init__(
        self,
        route: Route,
        begin: Callable[[h11.Request], Recording],
        finish: Callable[[Recording], None],
    ) -> None:
        self.line = Line(h11.SERVER, self._engine_left)
        self._route = route
        self._begin = begin
        self._finish = finish
        self._up: Line | None = None
        """The connection to the API, while nothing is going over it."""
        self._idle_from: int | None = None
        """How many bytes the engine had sent when it fell idle; None while it is not."""
        self._task: asyncio.Task[None] | None = None

    def start(self) -> asyncio.Task[None]:
        """Start serving; the task ends with the connection."""
        self._task = asyncio.create_task(self._serve())
        return self._task

    async def _serve(self) -> None:
        try:
            with contextlib.suppress(OSError):
                await self._serve_all()
                if self.line.http.their_state in (h11.SEND_BODY, h11.ERROR):
                    await self.line.linger(LINGER)
        finally:
            self.line.close()
            if self._up is not None:
                self._up.abort()

    async def _serve_all(self) -> None:
        """Serve requests until one of the two sides has had enough."""
        try:
            while (head := await self._next_head()) is not None:
                await self._exchange(head)
                if not self._reusable(self.line):
                    return
                self.line.http.start_next_cycle()
        except h11.RemoteProtocolError as problem:
            self._refuse_nonsense(problem)

    async def _next_head(self) -> h11.Request | None:
        """Wait for a request; None when the engine has closed between two."""
        self._idle_from = self.line.received
        part = await self.line.receive()
        self._idle_from = None
        return part if isinstance(part, h11.Request) else None

    async def _exchange(self, head: h11.Request) -> None:
        record = self._begin(head)
        relay = Relay(self.line, head, self._route, record, self._connect)
        relay.up, self._up = self._up, None
        try:
            await relay.run()
            if relay.up is not None and self._reusable(relay.up):
                relay.up.http.start_next_cycle()
                self._up, relay.up = relay.up, None
        except UpstreamError as problem:
            record.failed(f"{problem.names[0]}: {problem}", problem.names)
            await self._answer_for(relay, record, no_answer)
        except RefusedError as problem:
            record.failed(str(problem), ("RefusedError",))
            await self._answer_for(relay, record, not_sent)
        except EngineError as problem:
            record.failed(f"BadRequest: {problem}", ("invalid_request_error",))
            self._refuse_nonsense(h11.RemoteProtocolError(str(problem)))
        except EngineLeft:
            record.cut(LEFT)
        except asyncio.CancelledError:
            record.cut(LEFT if self.line.gone else "the proxy was stopped")
            raise
        finally:
            self._finish(record)
            if relay.up is not None:
                relay.up.abort()

    async def _connect(self) -> Line:
        return await self._route.upstream.connect(self._api_left)

    async def _answer_for(self, relay: Relay, record: Recording, refuse: Refuser) -> None:
        """Give the engine an error where the API gave nothing; a half answer stays one."""
        if relay.began:
            self.line.abort() if self.line.http.their_http_version == b"1.0" else self.line.close()
            return
        with contextlib.suppress(EngineLeft, EngineError):
            await relay.take_rest()
        api_format = record.operation.api_format if record.operation else None
        status, reason, more, body = refuse(api_format, record.headers, record.error or "")
        length = str(len(body)).encode()
        headers = [(b"Content-Type", b"application/json"), *more, (b"Content-Length", length)]
        record.answered_by = "proxy"
        record.answer_began(status, headers)
        record.answer_data(body)
        self._respond(status, reason, headers, body)

    def _refuse_nonsense(self, problem: h11.RemoteProtocolError) -> None:
        """Answer what is not HTTP, and say no more on this connection."""
        body = f"{problem}\n".encode()
        headers: Headers = [
            (b"Content-Type", b"text/plain"),
            (b"Content-Length", str(len(body)).encode()),
            (b"Connection", b"close"),
        ]
        self._respond(problem.error_status_hint, b"", headers, body)

    def _respond(self, status: int, reason: bytes, headers: Headers, body: bytes) -> None:
        if self.line.http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        response = h11.Response(status_code=status, headers=headers, reason=reason)
        with contextlib.suppress(OSError):
            self.line.send(response, h11.Data(data=body), h11.EndOfMessage())

    def _reusable(self, line: Line) -> bool:
        return line.http.our_state is h11.DONE and line.http.their_state is h11.DONE and not line.gone

    def _engine_left(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _api_left(self) -> None:
        """Pass on that the API has closed a connection that nothing is going over."""
        if self._up is not None and self._up.gone and self.line.received == self._idle_from:
            self.line.close()
