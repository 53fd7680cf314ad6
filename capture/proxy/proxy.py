"""The proxy between an engine and its API: it listens, counts, and sees that everything ends on the disk.

What belongs here is the life of the whole: the listening socket, the connections, the numbers, and the thread
in which rows are written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

import h11

from capture.proxy.book import Book, EventSink
from capture.proxy.callers import IsMain, offers_tools_if_claude
from capture.proxy.capture import Capture
from capture.proxy.disk import Disk
from capture.proxy.dumps import FOLDER
from capture.proxy.engine import EngineConnection
from capture.proxy.holding import Hold, Refuse, Rewrite
from capture.proxy.line import Line
from capture.proxy.recording import Recording
from capture.proxy.relay import Route
from capture.proxy.upstream import Upstream

CONNECT_TIMEOUT = 30.0
"""Seconds until a connection to the API must stand."""

IDLE_TIMEOUT = 1800.0
"""Seconds that the API may be silent: thrice what the vendors' SDKs wait for an answer by default."""

ENDING_TIMEOUT = 5.0
"""Seconds that the API has to end a stream in which it has said everything."""

BACKLOG = 1024


class CaptureProxy:
    """Records everything that an engine and its API say to each other, and changes nothing of it.

    Use it as an async context manager. It listens on loopback only. Engines append their own paths to `url`.

    Args:
        session_dir: The session's folder, made if missing: `raw_dumps/` and `api_captures.jsonl` go there.
        upstream: The API's base URL, http or https, with a path in front of every target or without.
        hold: Awaited with each request before any of it goes up. A large request waits on the disk;
            one that is too large to be taken apart (over 32 MiB) is shown without its body.
        rewrite: Called with each request before it goes up; gives the body to send instead, an answer to give
            without asking the API, that there is none, or None. The request waits for it where it is
            awaitable, and is in memory as a whole.
        refuse: Asked about each model call right before it goes up. A reason refuses the call: the API is not
            asked, and the engine gets an error in its API's shape after which no SDK tries again. None lets
            it pass. It must not raise.
        on_capture: Called in the event loop with each exchange when its row has been written.
        events: Where model calls go as events of the log; see `tessen.observed.EventLog`.
        main_agent: Tells turns of the main agent from the engine's own requests, for those that no header
            gives to a subagent. Default: Claude Code's without tools are its own, all others are turns.
        connect_timeout: Seconds until a connection to the API must stand.
        idle_timeout: Seconds that the API may be silent.

    Raises:
        ValueError: (on creation) `upstream` is not such a URL.
        OSError: (on entering) the folder cannot be made, or no port listened on.
    """

    def __init__(  # noqa: PLR0913 - all but two are keywords
        self,
        session_dir: Path,
        upstream: str,
        *,
        hold: Hold | None = None,
        rewrite: Rewrite | None = None,
        refuse: Refuse | None = None,
        on_capture: Callable[[Capture], None] | None = None,
        events: EventSink | None = None,
        main_agent: IsMain | None = None,
        connect_timeout: float = CONNECT_TIMEOUT,
        idle_timeout: float = IDLE_TIMEOUT,
    ) -> None:
        self._dumps = session_dir / FOLDER
        self._disk = Disk()
        self._route = Route(Upstream(upstream, connect_timeout), idle_timeout, hold, rewrite, refuse)
        self._on_capture = on_capture
        self._book = Book(session_dir, events, main_agent or offers_tools_if_claude)
        self._next = 1
        self._connections: dict[asyncio.Task[None], EngineConnection] = {}
        self._open: dict[Recording, asyncio.Event] = {}
        """Exchanges under way, each with its end."""
        self._entries: set[asyncio.Task[None]] = set()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="capture-book")
        self.url = ""
        """Where it listens, such as `http://127.0.0.1:40123`."""

    @property
    def problem(self) -> str | None:
        """Why not everything is on the disk; None while it is. Rows say it of their own exchange too."""
        return self._book.problem

    async def __aenter__(self) -> Self:
        self._dumps.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._next = 1 + max(self._numbers_taken(), default=0)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._accept, "127.0.0.1", 0, backlog=BACKLOG)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening, break off what is going on, and write all rows."""
        self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self.settled()
        await self._disk.close()
        await asyncio.to_thread(self._thread.shutdown)

    async def settled(self) -> None:
        """Wait until what has been relayed so far is on the disk, and the rows of what has ended."""
        await self._disk.caught_up()
        while self._entries:
            await asyncio.wait(set(self._entries))

    async def counted(self) -> None:
        """Wait for the rows of all exchanges whose answer has come to its end, as its words go.

        An engine may ask on when it has heard the last of them, and the stream ends a moment later.
        """
        await self._disk.caught_up()
        ending = [asyncio.ensure_future(end.wait()) for record, end in self._open.items() if record.said_all]
        if ending:
            await asyncio.wait(ending, timeout=ENDING_TIMEOUT)
            for each in ending:
                each.cancel()
        await self.settled()

    @property
    def behind(self) -> bool:
        """Whether an exchange has ended whose row is still to come."""
        return bool(self._entries)

    @property
    def busy(self) -> bool:
        """Whether any exchange is under way."""
        return bool(self._open)

    def _accept(self) -> Line:
        connection = EngineConnection(self._route, self._begin, self._finish)
        task = connection.start()
        self._connections[task] = connection
        task.add_done_callback(self._connections.pop)
        return connection.line

    def _begin(self, head: h11.Request) -> Recording:
        """Take the next number for a request whose head has come."""
        number, self._next = self._next, self._next + 1
        record = Recording(
            self._dumps,
            self._disk,
            number,
            head.method.decode("latin-1"),
            head.target.decode("latin-1"),
            self._route.upstream,
            head.headers.raw_items(),
        )
        self._open[record] = asyncio.Event()
        return record

    def _finish(self, record: Recording) -> None:
        record.close()
        self._open.pop(record).set()
        entry = asyncio.create_task(self._enter(record))
        self._entries.add(entry)
        entry.add_done_callback(self._entries.discard)

    async def _enter(self, record: Recording) -> None:
        loop = asyncio.get_running_loop()
        await self._disk.caught_up()
        try:
            capture = await loop.run_in_executor(self._thread, self._book.enter, record)
        except Exception as problem:  # a fault of ours must not end the run that it fails to describe
            self._book.failed(record, problem)
            return
        shrunk = loop.run_in_executor(self._thread, self._book.shrink, record, capture)
        try:
            if self._on_capture is not None:
                self._on_capture(capture)
        finally:
            await shrunk

    def _numbers_taken(self) -> list[int]:
        """The numbers of exchanges that an earlier proxy has left in this folder."""
        names = (path.name.partition("_headers")[0] for path in self._dumps.glob("request_*_headers.json"))
        numbers = (name.removeprefix("request_") for name in names)
        return [int(number) for number in numbers if number.isascii() and number.isdigit()]
