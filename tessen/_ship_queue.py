"""What waits to be shipped: bounded in number and in bytes, and never a reason for a call to wait.

What belongs here is the queue between the program's threads and the one that ships. It takes no lock, since
an event may be recorded by a signal handler, or by an object that is collected while another event is being
queued.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

MAX_BYTES = 64 * 1024 * 1024
"""Bytes of events that may wait; as many as would be lost if the process were killed, besides the log."""


class Waiting(NamedTuple):
    """One event, as it stands in the log."""

    agent: str
    line: bytes


class ShipQueue:
    """Events in the order of their recording; the oldest are dropped where they are too many."""

    def __init__(self, max_events: int, max_bytes: int = MAX_BYTES) -> None:
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._events: deque[Waiting] = deque()
        # Changed by several threads. CPython does not switch threads within such a statement; where there is
        # no global lock the counts may come out slightly wrong, which is better than a lock in the program's
        # way.
        self._bytes = 0
        self.dropped = 0
        """Events that had to make room."""

    def __len__(self) -> int:
        return len(self._events)

    def put(self, event: Waiting) -> None:
        """Add an event, and drop the oldest as long as there are too many."""
        self._events.append(event)
        self._bytes += len(event.line)
        while len(self._events) > self._max_events or self._bytes > self._max_bytes:
            if self._pop() is None:
                return
            self.dropped += 1

    def take(self, max_events: int, max_bytes: int) -> list[Waiting]:
        """Remove and return the oldest events: at least one, if there is one.

        Args:
            max_events: How many at most.
            max_bytes: How many bytes suffice.
        """
        taken: list[Waiting] = []
        size = 0
        while len(taken) < max_events and size < max_bytes:
            event = self._pop()
            if event is None:
                break
            taken.append(event)
            size += len(event.line)
        return taken

    def _pop(self) -> Waiting | None:
        try:
            event = self._events.popleft()
        except IndexError:
            return None
        self._bytes -= len(event.line)
        return event
