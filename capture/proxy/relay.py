"""One request on its way up, and its answer on its way down.

What belongs here is the order of things between two connections. Bytes travel on first and are recorded
then; the answer may begin while the request is still being sent; what breaks is told apart by who broke it.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import h11

from capture.proxy.decoding import decoded
from capture.proxy.headers import forwarded, values_of
from capture.proxy.line import Line
from capture.proxy.recording import ProxyRequest, Recording
from capture.proxy.upstream import Upstream, UpstreamError

T = TypeVar("T")
Rewrite = Callable[[ProxyRequest], bytes | Awaitable[bytes | None] | None]


class EngineError(Exception):
    """The engine's request is not HTTP."""


class EngineLeft(Exception):  # noqa: N818 - it may leave; that is no error of anybody's
    """The engine has closed its connection."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where requests go, and what happens to them on the way."""

    upstream: Upstream
    idle_timeout: float
    """Seconds that the API may be silent."""
    rewrite: Rewrite | None


class Relay:
    """One exchange.

    Args:
        engine: The connection that the request's head has come from.
        head: That head.
        route: Where it goes.
        record: Where it is noted.
        connect: Makes a fresh connection to the API.
    """

    def __init__(
        self,
        engine: Line,
        head: h11.Request,
        route: Route,
        record: Recording,
        connect: Callable[[], Awaitable[Line]],
    ) -> None:
        self._engine = engine
        self._head = head
        self._raw = head.headers.raw_items()
        self._route = route
        self._record = record
        self._connect = connect
        self._pending: bytes | None = None
        """A body that is known whole before any of it goes up."""
        self._whole = False
        """Whether the engine's request has come to its end."""
        self._uploading: asyncio.Task[None] | None = None
        self.up: Line | None = None
        """The connection to the API; one that has served before may be put here. Its owner closes it."""
        self.began = False
        """Whether the engine has got a head of an answer."""

    async def run(self) -> None:
        """Relay the exchange.

        Raises:
            UpstreamError: The API failed.
            EngineError: The request is not HTTP.
            EngineLeft: The engine is gone; where nothing is being read from it, this task is cancelled.
        """
        self._record.began()
        try:
            if self._route.rewrite is not None:
                await self._rewrite(self._route.rewrite)
            line, answer = await self._ask_once()
            await self._answer(line, answer)
        finally:
            await self._stop_uploading()

    async def take_rest(self) -> None:
        """Take in what the engine has still to send of its request, for the record."""
        while not self._whole:
            part = await self._from_engine()
            if isinstance(part, h11.Data):
                self._record.request_data(bytes(part.data))
                await self._record.room()

    async def _ask_once(self) -> tuple[Line, h11.Response]:
        """Send the request and wait for the answer's head.

        The API may close a connection that has been idle in the very moment in which it is used again. If so,
        and nothing has come back, the request is sent anew over a fresh one.
        """
        used = self.up
        sent = b""
        if used is not None:
            before = used.received
            try:
                return used, await self._ask(used, sent)
            except UpstreamError:
                await self._stop_uploading()
                once_more = b"" if self._pending is not None else self._record.sent()
                if used.received > before or once_more is None or not used.gone:
                    raise
                sent = once_more
                used.abort()
        self.up = await self._connect()
        return self.up, await self._ask(self.up, sent)

    async def _ask(self, line: Line, sent: bytes) -> h11.Response:
        """Send the request, beginning with what was sent once already; return the answer's head."""
        target = self._route.upstream.target(self._head.target)
        request = h11.Request(method=self._head.method, target=target, headers=self._up_headers())
        self._try_to_send(line, request, *([h11.Data(data=sent)] if sent else []))
        self._uploading = asyncio.create_task(self._upload(line))
        answering = asyncio.create_task(self._answer_head(line))
        try:
            await asyncio.wait({self._uploading, answering}, return_when=asyncio.FIRST_COMPLETED)
            if self._uploading.done():
                self._uploading.result()
            return await self._in_time(answering)
        finally:
            answering.cancel()

    async def _answer_head(self, line: Line) -> h11.Response:
        while True:
            part = await self._from_upstream(line)
            if isinstance(part, h11.Response):
                return part
            if not isinstance(part, h11.InformationalResponse):
                raise UpstreamError("the API closed the connection without an answer", "ConnectionError")

    async def _answer(self, line: Line, answer: h11.Response) -> None:
        """Relay the answer."""
        raw = answer.headers.raw_items()
        self._to_engine(
            h11.Response(status_code=answer.status_code, headers=forwarded(raw), reason=answer.reason)
        )
        self.began = True
        self._record.answer_began(answer.status_code, raw)
        line.patience = self._route.idle_timeout
        while isinstance(part := await self._from_upstream(line), h11.Data):
            self._to_engine(h11.Data(data=part.data))
            self._record.answer_data(bytes(part.data))
            await self._engine.caught_up()
            await self._record.room()
        line.patience = None
        self._record.completed()
        self._to_engine(h11.EndOfMessage())

    async def _upload(self, line: Line) -> None:
        """Send the request's body, as it comes from the engine, until its end or the API's."""
        if self._pending is not None:
            self._try_to_send(line, h11.Data(data=self._pending), h11.EndOfMessage())
            return
        while not self._whole:
            part = await self._from_engine()
            if isinstance(part, h11.Data):
                self._try_to_send(line, h11.Data(data=part.data))
                self._record.request_data(bytes(part.data))
                await line.caught_up()
                await self._record.room()
        self._try_to_send(line, h11.EndOfMessage())

    def _try_to_send(self, line: Line, *parts: h11.Event) -> None:
        """Send, unless the API has closed: why it did is told by who reads its answer."""
        if not line.gone:
            with contextlib.suppress(OSError):
                line.send(*parts)

    async def _rewrite(self, rewrite: Rewrite) -> None:
        """Take in the whole request and have it rewritten; the engine's own is kept beside it."""
        body = bytearray()
        while not self._whole:
            part = await self._from_engine()
            if isinstance(part, h11.Data):
                body += part.data
        original = decoded(self._record.encoding, bytes(body))
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in self._raw)
        record = self._record
        try:
            changed = rewrite(ProxyRequest(record.number, record.method, record.target, headers, original))
            if inspect.isawaitable(changed):
                changed = await changed
        except Exception as problem:
            record.body.add(original)
            raise UpstreamError.of(problem, "the request could not be rewritten", "RewriteError") from problem
        if changed is None or changed == original:
            self._pending = bytes(body)
            record.body.add(original)
        else:
            self._pending = changed
            self._raw = forwarded(self._raw, b"content-encoding")
            record.replaced(original)
            record.body.add(changed)

    def _up_headers(self) -> list[tuple[bytes, bytes]]:
        """The request's headers as the API gets them: its own name under Host, and a framing of ours."""
        headers = [(b"Host", self._route.upstream.authority), *forwarded(self._raw, b"host", b"expect")]
        chunked = values_of(self._head.headers, b"transfer-encoding")
        if self._pending is None:
            return [*headers, (b"Transfer-Encoding", b"chunked")] if chunked else headers
        if self._pending or chunked or values_of(self._head.headers, b"content-length"):
            length = str(len(self._pending)).encode()
            return [*forwarded(headers, b"content-length"), (b"Content-Length", length)]
        return headers

    async def _from_engine(self) -> h11.Event:
        try:
            part = await self._engine.receive()
        except OSError as problem:
            raise EngineLeft from problem
        except h11.RemoteProtocolError as problem:
            if self._engine.gone:
                raise EngineLeft from problem
            raise EngineError(str(problem)) from problem
        self._whole = isinstance(part, h11.EndOfMessage)
        return part

    def _to_engine(self, *parts: h11.Event) -> None:
        try:
            self._engine.send(*parts)
        except OSError as problem:
            raise EngineLeft from problem

    async def _from_upstream(self, line: Line) -> h11.Event:
        try:
            return await line.receive()
        except TimeoutError as problem:
            raise self._silence() from problem
        except (OSError, h11.RemoteProtocolError) as problem:
            raise UpstreamError.of(problem, "the API's connection broke") from problem

    async def _in_time(self, awaited: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self._route.idle_timeout):
                return await awaited
        except TimeoutError as problem:
            raise self._silence() from problem

    def _silence(self) -> UpstreamError:
        return UpstreamError(f"the API was silent for {self._route.idle_timeout:g} s", "TimeoutError")

    async def _stop_uploading(self) -> None:
        task, self._uploading = self._uploading, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
