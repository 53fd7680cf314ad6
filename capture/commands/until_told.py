"""Long work of a command, until it is done or somebody says stop.

What belongs here is what INT, TERM and HUP do to it: the first ends it in order, a second does not wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def until_told(work: Coroutine[Any, Any, T], stopping: Callable[[], None]) -> T | None:
    """Do the work, until its end or a signal.

    Args:
        work: What is to be done; cancelled by the first signal.
        stopping: Called when that comes.

    Returns:
        What the work returned; None where a signal ended it.
    """
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(work)

    def stop() -> None:
        stopping()
        task.cancel()
        for each in _STOPS:
            loop.remove_signal_handler(each)
            signal.signal(each, signal.SIG_DFL)

    for each in _STOPS:
        loop.add_signal_handler(each, stop)
    with contextlib.suppress(asyncio.CancelledError):
        return await task
    return None
