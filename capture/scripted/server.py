"""The scripted model server: a loopback address that speaks the vendors' APIs, from a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from capture.scripted.answer import Answer, ErrorAnswer
from capture.scripted.http import Connection, Request
from capture.scripted.play import Play
from capture.scripted.received import Received
from capture.scripted.script import Script, as_answer
from capture.scripted.serving import answer_request

BACKLOG = 1024
"""Connections that may wait to be accepted: many clients may start in the same moment."""

Answered = Callable[[Received], None]


class ScriptedServer:
    """A model server that says what a script tells it to.

    Use it as a context manager, plain or `async`; either way it runs in a background thread, and never waits
    for the program that calls it.

    Args:
        script: A script, the path of one, or answers to serve in turn. Nothing: it says "ok" to everything.
        host: The address to listen on.
        port: The port; 0 for any that is free.
        keep: How many of the newest requests to keep in `requests`; None for all of them.
        on_answered: Called in the server's thread when a request has been dealt with, however that ended.

    Raises:
        ScriptError: (on creation) the script's file cannot be read or is wrong.
        OSError: (on entering) the address cannot be listened on.
    """

    def __init__(
        self,
        script: Script | str | Path | Sequence[Answer | ErrorAnswer] = (),
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        keep: int | None = None,
        on_answered: Answered | None = None,
    ) -> None:
        self._script = _script(script)
        self._play = Play(self._script)
        self._host = host
        self._port = port
        self._on_answered = on_answered
        self._received: deque[Received] = deque(maxlen=keep)
        self._count = 0
        self._changed = threading.Condition()
        self._alive: set[Connection] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="scripted-server", daemon=True)
        self._stopping = asyncio.Event()
        self._ready = threading.Event()
        self._failure: OSError | None = None

    @property
    def url(self) -> str:
        """Where it listens, such as `http://127.0.0.1:40123`. OpenAI clients want `/v1` behind it."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    @property
    def requests(self) -> list[Received]:
        """The requests received so far, oldest first."""
        with self._changed:
            return list(self._received)

    def enqueue(self, *answers: Answer | ErrorAnswer) -> None:
        """Serve these next, in order, before the rules."""
        for answer in answers:
            self._play.enqueue(as_answer(answer))

    def clear(self) -> None:
        """Forget what was enqueued and has not been served."""
        self._play.clear()

    def wait_for_requests(self, count: int, timeout: float = 60.0) -> list[Received]:
        """Wait until this many requests have been received in all.

        Args:
            count: How many, since the server started.
            timeout: Seconds.

        Returns:
            The requests kept.

        Raises:
            TimeoutError: fewer came in that time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._count >= count, timeout):
                raise TimeoutError(f"{self._count} requests after {timeout:g} s, not {count}")
            return list(self._received)

    def start(self) -> None:
        """Start listening; returns when the address is known."""
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure

    def stop(self) -> None:
        """Break off all connections and end the thread."""
        with contextlib.suppress(RuntimeError):  # it has ended already
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.start)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._listen())

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            listener = await loop.create_server(
                lambda: Connection(self._serve, self._alive), self._host, self._port, backlog=BACKLOG
            )
        except OSError as error:
            self._failure = error
            return
        else:
            self._port = listener.sockets[0].getsockname()[1]
        finally:
            self._ready.set()
        await self._stopping.wait()
        listener.close()
        for connection in list(self._alive):
            connection.close()

    async def _serve(self, request: Request, line: Connection) -> None:
        received = self._receive(request)
        try:
            await answer_request(received, line, self._play, self._script.seed)
        finally:
            if self._on_answered is not None:
                self._on_answered(received)

    def _receive(self, request: Request) -> Received:
        with self._changed:
            self._count += 1
            received = Received(
                number=self._count,
                method=request.method,
                path=request.path,
                query=request.query,
                headers=request.headers,
                body=request.body,
                received_at=time.time(),
            )
            self._received.append(received)
            self._changed.notify_all()
        return received


def _script(script: Script | str | Path | Sequence[Answer | ErrorAnswer]) -> Script:
    if isinstance(script, Script):
        return script
    if isinstance(script, str | Path):
        from capture.scripted.load import load_script

        return load_script(script)
    return Script.of(script)
