"""HTTP/1.1 for the scripted server: connections that read requests and are told what to write.

Framing is h11's. What is added here is the sockets: keep-alive, flow control in both directions, a connection
dropped on purpose, and the end of all work for a client that has gone away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

import h11


class DroppedError(Exception):
    """The connection is to be closed as it stands, in the middle of an answer."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request, whole."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    """By lower-case name; repeated ones joined by commas."""
    body: bytes


class Connection(asyncio.Protocol):
    """One client's connection: hands on its requests, one after another.

    Args:
        serve: Called with each request and this connection, on which it must send one whole answer, or raise
            DroppedError. It is cancelled when the client goes away.
        alive: The connections that are open; this one adds and removes itself.
    """

    def __init__(
        self, serve: Callable[[Request, Connection], Awaitable[None]], alive: set[Connection]
    ) -> None:
        self._serve = serve
        self._alive = alive
        self._http = h11.Connection(h11.SERVER)
        self._arrived = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start reading."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._alive.add(self)
        self._task = asyncio.get_running_loop().create_task(self._run())

    def data_received(self, data: bytes) -> None:
        """Take in what arrived."""
        self._http.receive_data(data)
        self._arrived.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop all work for this client."""
        self._alive.discard(self)
        self._task.cancel()

    def pause_writing(self) -> None:
        """The client reads slower than we write: wait."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """The client has caught up."""
        self._writable.set()

    def close(self) -> None:
        """Break off at once."""
        self._transport.abort()

    async def respond(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Send an answer of known length."""
        await self.start(status, {**headers, "content-length": str(len(body))})
        await self.send(body)
        await self.finish()

    async def start(self, status: int, headers: Mapping[str, str]) -> None:
        """Send the status and headers; without a content-length the body will be chunked."""
        lines = [(name.encode(), value.encode("utf-8")) for name, value in headers.items()]
        await self._write(h11.Response(status_code=status, headers=lines, reason=_reason(status)))

    async def send(self, data: bytes) -> None:
        """Send a part of the body, and wait while the client lags far behind."""
        await self._write(h11.Data(data=data))

    async def finish(self) -> None:
        """End the body."""
        await self._write(h11.EndOfMessage())

    async def _run(self) -> None:
        try:
            while request := await self._next_request():
                await self._serve(request, self)
                if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
                    break
                self._http.start_next_cycle()
        except h11.RemoteProtocolError as error:
            await self._refuse(error)
        except DroppedError:
            pass
        finally:
            self._transport.close()  # sends what is still buffered first

    async def _next_request(self) -> Request | None:
        """Read one request; None when the client has closed between two."""
        head = await self._next_event()
        if not isinstance(head, h11.Request):
            return None
        body = bytearray()
        while isinstance(part := await self._next_event(), h11.Data):
            body += part.data
        return _request(head, bytes(body))

    async def _next_event(self) -> h11.Event:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                await self._write(h11.InformationalResponse(status_code=100, headers=[]))
            self._arrived.clear()
            await self._arrived.wait()
        assert not isinstance(event, type)  # PAUSED comes only to who reads on before having answered
        return event

    async def _write(self, event: h11.Event) -> None:
        if data := self._http.send(event):
            self._transport.write(data)
        await self._writable.wait()

    async def _refuse(self, error: h11.RemoteProtocolError) -> None:
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            message = f"{error}\n".encode()
            headers = {"connection": "close", "content-type": "text/plain"}
            await self.respond(error.error_status_hint, headers, message)


def _request(head: h11.Request, body: bytes) -> Request:
    path, _, query = head.target.decode("latin-1").partition("?")
    headers: dict[str, str] = {}
    for raw_name, raw_value in head.headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Request(head.method.decode("latin-1"), path, query, headers, body)


def _reason(status: int) -> bytes:
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b"Overloaded" if status == 529 else b""
