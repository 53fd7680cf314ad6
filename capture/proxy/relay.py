"""One request on its way up, and its answer on its way down.

What belongs here is the order of things between two connections. Bytes travel on first and are recorded
then, and what has come together goes on together; the answer may begin while the request is still being sent;
what breaks is told apart by who broke it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import h11

from capture.proxy.headers import forwarded, values_of
from capture.proxy.held import IN_MEMORY, HeldBody
from capture.proxy.holding import (
    Hold,
    Refuse,
    RefusedError,
    Rewrite,
    StoredAnswer,
    Unanswered,
    let_through,
)
from capture.proxy.line import Line
from capture.proxy.parts import content, is_end, relayed
from capture.proxy.recording import Recording
from capture.proxy.spool import TAKEN_APART
from capture.proxy.upstream import Upstream, UpstreamError

T = TypeVar("T")


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
    refuse: Refuse | None
    """What has the last word on each model call."""

    @property
    def takes_in(self) -> bool:
        """Whether requests are taken in whole before any of them goes up."""
        return any(each is not None for each in (self.hold, self.rewrite, self.refuse))


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
        self._stored: StoredAnswer | None = None
        """The answer, where the API is not asked."""
        self._uploading: asyncio.Task[None] | None = None
        self.up: Line | None = None
        """The connection to the API; one that has served before may be put here. Its owner closes it."""
        self.began = False
        """Whether the engine has got a head of an answer."""

    async def run(self) -> None:
        """Relay the exchange.

        Raises:
            UpstreamError: The API failed.
            RefusedError: It may not be asked.
            EngineError: The request is not HTTP.
            EngineLeft: The engine is gone; where nothing is being read from it, this task is cancelled.
        """
        self._record.began()
        try:
            if self._route.takes_in:
                await self._take_in()
            if self._stored is not None:
                await self._give(self._stored)
                return
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
        await self._check()
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
        await self._check()  # connecting takes a while, in which others are answered
        sent, self._sent = bytes(self._sent or b""), None
        return self.up, await self._ask(self.up, sent)

    async def _check(self) -> None:
        """Let a model call go up, unless the owner refuses it now."""
        refuse = self._route.refuse
        if refuse is not None and self._record.operation is not None and (why := await refuse()) is not None:
            raise RefusedError(why)

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
        self._to_engine(head, *relayed(parts))
        os.sched_yield()  # or the engine, on few processors, reads it when the API and we have fallen silent
        self.began = True
        self._record.answer_began(answer.status_code, raw)
        self._answered(parts)
        line.patience = self._route.idle_timeout
        while not is_end(parts):
            await self._engine.caught_up()
            await self._record.room()
            parts = await self._from_upstream(line)
            if is_end(parts) and not content(parts):
                self._record.completed()  # the engine may have left with the last byte of its answer
            self._to_engine(*relayed(parts))
            self._answered(parts)
        line.patience = None

    async def _give(self, stored: StoredAnswer) -> None:
        """Give an answer in the API's place."""
        headers = [*stored.headers, (b"Content-Length", str(len(stored.body)).encode())]
        body = b"" if self._head.method == b"HEAD" else stored.body
        head = h11.Response(status_code=stored.status, headers=headers)
        self._to_engine(head, h11.Data(data=body), h11.EndOfMessage())
        self.began = True
        self._record.answered_by = "record"
        self._record.answer_began(stored.status, stored.headers)
        self._answered([h11.Data(data=body), h11.EndOfMessage()])
        await self._engine.caught_up()

    def _answered(self, parts: list[h11.Event]) -> None:
        """Note what of the answer has travelled on."""
        if data := content(parts):
            self._record.answer_data(data)
        if is_end(parts):
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
        self._whole = is_end(parts)
        data = content(parts)
        if data:
            self._record.request_data(data)
        if self._sent is not None:
            self._sent += data
            if len(self._sent) > TAKEN_APART:
                self._sent = None
        return data

    def _try_to_send(self, line: Line, *parts: h11.Event) -> None:
        """Send, unless the API has closed: why it did is told by who reads its answer."""
        if not line.gone:
            with contextlib.suppress(OSError):
                line.send(*parts)

    async def _take_in(self) -> None:
        """Take in the whole request, and have it let through."""
        held = self._held = HeldBody(self._record.folder)
        while not self._whole:
            parts = await self._from_engine()
            self._whole = is_end(parts)
            try:
                held.add(content(parts))
            except OSError as problem:
                raise UpstreamError.of(
                    problem, "the request could not be held back", "HoldError"
                ) from problem
        changed = await let_through(held, self._record, self._route.hold, self._route.rewrite)
        if isinstance(changed, Unanswered):
            await asyncio.Event().wait()
        elif isinstance(changed, StoredAnswer):
            self._stored = changed
        elif changed is not None:
            held.close()
            self._held = HeldBody(self._record.folder, changed)
            self._raw = forwarded(self._raw, b"content-encoding")

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
