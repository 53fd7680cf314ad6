"""The recording, done behind the event loop's back.

What belongs here is the thread in which it is: making a file takes longer than relaying an answer, taking an
answer apart does too, and a disk may be slow. Jobs are done one after another, in the order in which they
were given, and a few moments later: what the engine and the API wait for comes first.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

BREATH = 0.02
"""Seconds that jobs wait for company. Waking a thread costs the loop more than relaying a small piece."""

LAG = 4 * 1024 * 1024
"""Bytes that may wait for a disk that is slower than the network."""


class Disk:
    """Does jobs in a thread of its own. To be called in the event loop only."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="capture-disk")
        self._jobs: deque[tuple[Callable[[], None], int]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._given = 0
        """Bytes of all jobs so far."""
        self._done = 0
        """Bytes of those that are done; the thread's."""
        self._closed = False

    def do(self, job: Callable[[], None], size: int = 0) -> None:
        """Do a job, which must not raise, after all those before it.

        Args:
            job: What to do.
            size: Bytes that it holds in memory until then.
        """
        self._jobs.append((job, size))
        self._given += size
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(BREATH, self._start)

    async def room(self) -> None:
        """Wait while the disk lags far behind."""
        while self._given - self._done > LAG:
            await self.caught_up()

    async def caught_up(self) -> None:
        """Wait until all jobs given so far are done."""
        if not self._closed:
            await asyncio.wrap_future(self._start())

    async def close(self) -> None:
        """Do what is left, and end the thread."""
        await self.caught_up()
        self._closed = True
        await asyncio.to_thread(self._thread.shutdown)

    def _start(self) -> Future[None]:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        return self._thread.submit(self._work)

    def _work(self) -> None:
        while self._jobs:
            job, size = self._jobs.popleft()
            job()
            self._done += size
