"""Threads, locks and queues as the system has them, whatever the program has put in their place.

What belongs here is getting round gevent, which can put greenlets in place of threads, and may do so when
half of the program has been imported. A thread of ours that were a greenlet would hold up the whole program
while it waits for the disk, and for ever where it waits in a queue that was made before.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from importlib import import_module
from queue import SimpleQueue
from typing import Any


class _SystemThread:
    """A thread that is known to the system only."""

    def __init__(self, run: Callable[[], None]) -> None:
        self._run = run

    def start(self) -> None:
        """Start it; it does not outlive the process's main thread."""
        _original("_thread", "start_new_thread")(self._run, ())


Thread = threading.Thread | _SystemThread


def thread(run: Callable[[], None], name: str) -> Thread:
    """Return a thread that does not keep the process alive, yet to be started.

    Args:
        run: What it does.
        name: What debuggers show.
    """
    if "gevent.monkey" in sys.modules:
        return _SystemThread(run)
    return threading.Thread(target=run, name=name, daemon=True)


def lock() -> threading.Lock:
    """Return a lock, for work in which nothing waits for another greenlet."""
    made: threading.Lock = _original("_thread", "allocate_lock")()
    return made


def queue() -> SimpleQueue[None]:
    """Return a queue to wake a thread of ours with."""
    made: SimpleQueue[None] = _original("queue", "SimpleQueue")()
    return made


def sleep(seconds: float) -> None:
    """Wait, and let no other greenlet run meanwhile: a lock of the system's may be held."""
    _original("time", "sleep")(seconds)


def _original(module: str, name: str) -> Any:
    monkey = sys.modules.get("gevent.monkey")
    return getattr(import_module(module), name) if monkey is None else monkey.get_original(module, name)
