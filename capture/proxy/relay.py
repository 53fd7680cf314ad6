"""One request on its way up, and its answer on its way down.

What belongs here is the order of things between two connections. Bytes travel on first and are recorded
then, and what has come together goes on together; the answer may begin while the request is still being sent;
what breaks is told apart by who broke it.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import h11

from capture.proxy.decoding import decoded
from capture.proxy.headers import forwarded, values_of
from capture.proxy.held import IN_MEMORY, HeldBody
from capture.proxy.line import Line
from capture.proxy.recording import ProxyRequest, Recording
from capture.proxy.spool import TAKEN_APART
from capture.proxy.upstream import Upstream, UpstreamError

T = TypeVar("T")
Hold = Callable[[ProxyRequest], Awaitable[None]]
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
    hold: Hold | None
    """What each request waits for before any of it goes up."""
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
        self._held: HeldBody | None = None
        """A body that was taken in whole before any of it goes up."""
        self._sent: bytearray | None = bytearray()
        """What has gone up, while it may have to go up once more; None where it need not, or is too much."""
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
            if self._route.hold is not None or self._route.rewrite is not None:
                await self._take_in()
            line, answer = await self._ask_once()
            await self._answer(line, answer)
        finally:
            await self._stop_uploading()
            if self._held is not None:
                self._held.close()

    async def take_rest(self) -> None:
        """Take in what the engine has still to send of its request, for the record."""
        while not self._whole:
            self._taken(await self._from_engine())
            await self._record.room()

    async def _ask_once(self) -> tuple[Line, h11.Response]:
        """Send the request and wait for the answer's head.

        The API may close a connection that has been idle in the very moment in which it is used again. If so,
        and nothing has come back, the request is sent anew over a fresh one.
        """
        used = self.up
        if used is not None:
            before = used.received
            try:
                return used, await self._ask(used, b"")
            except UpstreamError:
                await self._stop_uploading()
                if used.received > before or self._sent is None or not used.gone:
                    raise
                used.abort()
        self.up = await self._connect()
        sent, self._sent = bytes(self._sent or b""), None
        return self.up, await self._ask(self.up, sent)

    async def _ask(self, line: Line, sent: bytes) -> h11.Response:
        """Send the request, beginning with what was sent once already; return the answer's head."""
        target = self._route.upstream.target(self._head.target)
        request = h11.Request(method=self._head.method, target=target, headers=self._up_headers())
        body = self._at_once(sent)
        if self._whole and (self._held is None or self._held.size == len(body)):
            self._try_to_send(line, request, h11.Data(data=body), h11.EndOfMessage())
            return await self._in_time(self._answer_head(line))
        self._try_to_send(line, request, h11.Data(data=body))
        self._uploading = asyncio.create_task(self._upload(line))
        answering = asyncio.create_task(self._answer_head(line))
        try:
            await asyncio.wait({self._uploading, answering}, return_when=asyncio.FIRST_COMPLETED)
            if self._uploading.done():
                self._uploading.result()
            return await self._in_time(answering)
        finally:
            answering.cancel()

    def _at_once(self, sent: bytes) -> bytes:
        """Return what can go up together with the request's head."""
        if self._held is not None:
            return self._held.whole() if self._held.size <= IN_MEMORY else b""
        return sent if self._whole else sent + self._taken(self._engine.ready())

    async def _answer_head(self, line: Line) -> h11.Response:
        while True:
            with self._breaking():
                part = await line.receive()
            if isinstance(part, h11.Response):
                return part
            if not isinstance(part, h11.InformationalResponse):
                raise UpstreamError("the API closed the connection without an answer", "ConnectionError")

    async def _answer(self, line: Line, answer: h11.Response) -> None:
        """Relay the answer."""
        raw = answer.headers.raw_items()
        head = h11.Response(status_code=answer.status_code, headers=forwarded(raw), reason=answer.reason)
        parts = line.ready()
        self._to_engine(head, *_relayed(parts))
        self.began = True
        self._record.answer_began(answer.status_code, raw)
        self._answered(parts)
        line.patience = self._route.idle_timeout
        while not _is_end(parts):
            await self._engine.caught_up()
            await self._record.room()
            parts = await self._from_upstream(line)
            if _is_end(parts) and not _content(parts):
                self._record.completed()  # the engine may have left with the last byte of its answer
            self._to_engine(*_relayed(parts))
            self._answered(parts)
        line.patience = None

    def _answered(self, parts: list[h11.Event]) -> None:
        """Note what of the answer has travelled on."""
        if content := _content(parts):
            self._record.answer_data(content)
        if _is_end(parts):
            self._record.completed()

    async def _upload(self, line: Line) -> None:
        """Send the rest of the request's body, until its end or the API's."""
        if self._held is not None:
            for piece in self._held.pieces():
                self._try_to_send(line, h11.Data(data=piece))
                await line.caught_up()
        while not self._whole:
            self._try_to_send(line, h11.Data(data=self._taken(await self._from_engine())))
            await line.caught_up()
            await self._record.room()
        self._try_to_send(line, h11.EndOfMessage())

    def _taken(self, parts: list[h11.Event]) -> bytes:
        """Note what has come of the request's body, and return it."""
        self._whole = _is_end(parts)
        content = _content(parts)
        if content:
            self._record.request_data(content)
        if self._sent is not None:
            self._sent += content
            if len(self._sent) > TAKEN_APART:
                self._sent = None
        return content

    def _try_to_send(self, line: Line, *parts: h11.Event) -> None:
        """Send, unless the API has closed: why it did is told by who reads its answer."""
        if not line.gone:
            with contextlib.suppress(OSError):
                line.send(*parts)

    async def _take_in(self) -> None:
        """Take in the whole request; let it wait, and have it rewritten, before any of it goes up."""
        held = self._held = HeldBody(self._record.folder)
        while not self._whole:
            parts = await self._from_engine()
            self._whole = _is_end(parts)
            held.add(_content(parts))
        doing = "held back"
        try:
            if self._route.hold is not None:
                await self._route.hold(self._request(held.if_small()))
            doing = "rewritten"
            if self._route.rewrite is not None and await self._rewrite(self._route.rewrite, held):
                return
        except Exception as problem:
            await self._record_held(held)
            raise UpstreamError.of(problem, f"the request could not be {doing}", "HoldError") from problem
        await self._record_held(held)

    async def _rewrite(self, rewrite: Rewrite, held: HeldBody) -> bool:
        """Have the request rewritten, and tell whether it was; the engine's own is kept beside it."""
        request = self._request(held.whole())
        changed = rewrite(request)
        if inspect.isawaitable(changed):
            changed = await changed
        if changed is None or changed == request.body:
            return False
        self._raw = forwarded(self._raw, b"content-encoding")
        self._record.replaced(request.body, changed)
        held.close()
        self._held = HeldBody(self._record.folder, changed)
        return True

    def _request(self, body: bytes) -> ProxyRequest:
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in self._raw)
        record = self._record
        return ProxyRequest(
            record.number, record.method, record.target, headers, decoded(record.encoding, body)
        )

    async def _record_held(self, held: HeldBody) -> None:
        for piece in held.pieces():
            self._record.request_data(piece)
            await self._record.room()

    def _up_headers(self) -> list[tuple[bytes, bytes]]:
        """The request's headers as the API gets them: its own name under Host, and a framing of ours."""
        headers = [(b"Host", self._route.upstream.authority), *forwarded(self._raw, b"host", b"expect")]
        chunked = values_of(self._head.headers, b"transfer-encoding")
        if self._held is None:
            return [*headers, (b"Transfer-Encoding", b"chunked")] if chunked else headers
        if self._held.size or chunked or values_of(self._head.headers, b"content-length"):
            length = str(self._held.size).encode()
            return [*forwarded(headers, b"content-length"), (b"Content-Length", length)]
        return headers

    async def _from_engine(self) -> list[h11.Event]:
        try:
            return await self._engine.receive_all()
        except OSError as problem:
            raise EngineLeft from problem
        except h11.RemoteProtocolError as problem:
            if self._engine.gone:
                raise EngineLeft from problem
            raise EngineError(str(problem)) from problem

    def _to_engine(self, *parts: h11.Event) -> None:
        try:
            self._engine.send(*parts)
        except OSError as problem:
            raise EngineLeft from problem

    async def _from_upstream(self, line: Line) -> list[h11.Event]:
        with self._breaking():
            return await line.receive_all()

    @contextlib.contextmanager
    def _breaking(self) -> Iterator[None]:
        """Say what it means that receiving from the API fails."""
        try:
            yield
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


def _content(parts: list[h11.Event]) -> bytes:
    """Return what a message's parts hold of its body."""
    return b"".join(part.data for part in parts if isinstance(part, h11.Data))


def _is_end(parts: list[h11.Event]) -> bool:
    """Whether a message is over with these parts."""
    return bool(parts) and isinstance(parts[-1], h11.EndOfMessage)


def _relayed(parts: list[h11.Event]) -> list[h11.Event]:
    """Return parts as they travel on: a body without its trailer."""
    return [h11.EndOfMessage() if isinstance(part, h11.EndOfMessage) else part for part in parts]
