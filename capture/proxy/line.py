"""One TCP connection that speaks HTTP/1.1, on either side of the proxy.

What belongs here is the socket: flow control both ways, its end, and the parts of messages that h11 makes of
its bytes. Who talks to whom is not known here.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable

import h11

READ_AHEAD = 256 * 1024
"""Bytes taken from the network and not asked for yet, above which no more are taken."""

MAX_HEAD = 256 * 1024
"""Longest request or status line with its headers, in bytes."""

Role = type[h11.SERVER] | type[h11.CLIENT]


class Line(asyncio.Protocol):
    """One connection.

    Args:
        role: h11.SERVER towards an engine, h11.CLIENT towards the API.
        on_gone: Called once, when the other side has closed its half or the connection is lost.
    """

    def __init__(self, role: Role, on_gone: Callable[[], None]) -> None:
        self.http = h11.Connection(role, max_incomplete_event_size=MAX_HEAD)
        self.gone = False
        """Whether the other side has closed, so that at most what has already come will come."""
        self.patience: float | None = None
        """Seconds that the other side may be silent while something is expected of it; None for any time."""
        self.received = 0
        """Bytes that have come in all."""
        self._on_gone = on_gone
        self._chunks: deque[bytes] = deque()
        self._waiting = 0
        self._paused = False
        self._lost: Exception | None = None
        self._nonsense: h11.RemoteProtocolError | None = None
        """What was wrong with the bytes after the parts that have been handed out."""
        self._arrived = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the socket."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take in what arrived; beyond `READ_AHEAD` the sender has to wait."""
        self._chunks.append(data)
        self._waiting += len(data)
        self.received += len(data)
        if self._waiting > READ_AHEAD and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._arrived.set()

    def eof_received(self) -> None:
        """Note that nothing more will come; neither engines nor APIs close one half only."""
        self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake whoever waits for this connection."""
        self._lost = exc
        self._end()

    def pause_writing(self) -> None:
        """The other side reads slower than we write."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """The other side has caught up."""
        self._writable.set()

    async def receive(self) -> h11.Event:
        """Return the next part of the message that is being received.

        Raises:
            TimeoutError: The other side was silent for longer than `patience`.
            ConnectionError: The connection broke.
            h11.RemoteProtocolError: What came is not HTTP, or ended in the middle of a message.
        """
        while (part := self._parse()) is None:
            await self._more()
        return part

    async def receive_all(self) -> list[h11.Event]:
        """Return the next parts of the message, at least one: waits and raises as `receive` does."""
        while not (parts := self.ready()):
            if self._nonsense is not None:
                raise self._nonsense
            await self._more()
        return parts

    def ready(self) -> list[h11.Event]:
        """Return the parts of the message that have come already, up to its end; a body's pieces joined.

        What is wrong with the bytes after them is told by `receive`.
        """
        pieces: list[bytes] = []
        end: list[h11.Event] = []
        try:
            while not end:
                part = self._parse()
                if isinstance(part, h11.Data):
                    pieces.append(bytes(part.data))
                elif part is not None:
                    end.append(part)
                elif self._chunks:
                    self._feed()
                else:
                    break
        except h11.RemoteProtocolError as problem:
            self._nonsense = problem
        return [h11.Data(data=b"".join(pieces)), *end] if pieces else end

    def send(self, *parts: h11.Event) -> None:
        """Send parts of a message, without waiting.

        Raises:
            ConnectionError: The connection is gone.
        """
        data = b"".join(self.http.send(part) or b"" for part in parts)
        if self._transport.is_closing():
            raise ConnectionResetError("the connection is closed")
        if data:
            self._transport.write(data)

    async def go_on_as(self, line: Line, context: ssl.SSLContext, name: str) -> None:
        """Secure the connection, and hand it to another line.

        Args:
            line: One that has no connection yet.
            context: Whom to trust.
            name: The name that the other side must prove.

        Raises:
            OSError: That failed; `ssl.SSLError` is one.
        """
        loop = asyncio.get_running_loop()
        secured = await loop.start_tls(self._transport, line, context, server_hostname=name)
        if secured is None:
            raise ConnectionResetError("the connection is closed")
        line.connection_made(secured)

    async def caught_up(self) -> None:
        """Wait while the other side lags far behind."""
        await self._writable.wait()

    def close(self) -> None:
        """Close, after what was sent has gone out."""
        self._transport.close()

    def abort(self) -> None:
        """Close at once, so that the other side sees that something is missing."""
        self._transport.abort()

    async def linger(self, seconds: float) -> None:
        """Say that nothing more will be sent, and forget what still comes.

        Closing with something unread would destroy what was sent last, on its way.
        """
        if self._transport.can_write_eof():
            self._transport.write_eof()
        try:
            async with asyncio.timeout(seconds):
                while not self.gone:
                    self._chunks.clear()
                    self._resume()
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            return

    def _parse(self) -> h11.Event | None:
        """Return the next part that is complete, if there is one."""
        if self._nonsense is not None:
            raise self._nonsense
        event = self.http.next_event()
        if event is h11.PAUSED:
            raise h11.RemoteProtocolError("a message was asked for before the one before it was answered")
        if event is h11.NEED_DATA:
            return None
        assert not isinstance(event, type)
        return event

    def _feed(self) -> None:
        """Hand the next bytes to h11."""
        data = self._chunks.popleft()
        self._resume(len(data))
        self.http.receive_data(data)

    async def _more(self) -> None:
        """Hand the next bytes to h11, or the end of all bytes; wait for either."""
        if self._chunks:
            self._feed()
        elif self._lost is not None:
            raise ConnectionResetError(str(self._lost)) from self._lost
        elif self.gone:
            self.http.receive_data(b"")
        else:
            if self.http.they_are_waiting_for_100_continue:
                self.send(h11.InformationalResponse(status_code=100, headers=[]))
            self._arrived.clear()
            async with asyncio.timeout(self.patience):
                await self._arrived.wait()

    def _resume(self, taken: int | None = None) -> None:
        self._waiting = 0 if taken is None else self._waiting - taken
        if self._paused and self._waiting <= READ_AHEAD:
            self._paused = False
            self._transport.resume_reading()

    def _end(self) -> None:
        self._arrived.set()
        self._writable.set()
        if not self.gone:
            self.gone = True
            self._on_gone()
