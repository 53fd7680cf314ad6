"""Files written behind the event loop's back.

What belongs here is the thread in which they are: making a file takes longer than relaying an answer, and a
disk may be slow. Jobs are done one after another, in the order in which they were given.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor


class Disk:
    """Does jobs in a thread of its own."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="capture-disk")

    def do(self, job: Callable[[], None]) -> Future[None]:
        """Do a job, which must not raise, after all those before it."""
        return self._thread.submit(job)

    async def caught_up(self) -> None:
        """Wait until all jobs given so far are done."""
        await asyncio.wrap_future(self.do(_nothing))

    async def close(self) -> None:
        """Do what is left, and end the thread."""
        await asyncio.to_thread(self._thread.shutdown)


def _nothing() -> None:
    """The job that shows that those before it are done."""
