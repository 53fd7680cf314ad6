"""Delivering batches, counting what became of them, and saying when there is trouble.

What belongs here is one server's side of shipping. What cannot be delivered is counted and said once, when it
begins; it stays in the log, from where `tessen upload` can send it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from tessen import _guard
from tessen._config import Settings
from tessen._ship_body import events_body, shippable
from tessen._ship_queue import Waiting

if TYPE_CHECKING:
    from tessen._ship_wire import Wire

STILL_THERE = "they are in the log, and `tessen upload` sends them"


class Counts(NamedTuple):
    """What became of the events that were to be shipped."""

    shipped: int
    """Acknowledged by the server."""
    dropped: int
    """Oldest ones that had to make room in the queue."""
    refused: int
    """Not wanted by the server."""
    failed: int
    """Not delivered in all attempts, or not before the end."""


class Sender:
    """Sends to one server, for one thread. HTTP is imported with the first batch, and not before."""

    def __init__(self, settings: Settings, pause: Callable[[float], bool]) -> None:
        """Make it; nothing is opened before the first batch.

        Args:
            settings: Where to, with which key, and how often it is tried.
            pause: Waits that many seconds before another attempt; returns whether to go on.
        """
        self.counts = Counts(0, 0, 0, 0)
        self.in_trouble = False
        """Whether it was said that events are not delivered."""
        self._settings = settings
        self._pause = pause
        self._timeout = settings.http_timeout_sec
        self._wire: Wire | None = None

    def hurry(self, timeout: float) -> None:
        """Give each request no more than these seconds from now on, before the first one."""
        self._timeout = min(self._timeout, max(timeout, 0.1))

    def send_events(self, batch: list[Waiting]) -> None:
        """Deliver events, in one request for each agent."""
        for agent in dict.fromkeys(event.agent for event in batch):
            lines = [shippable(event.line) for event in batch if event.agent == agent]
            whole = [line for line in lines if line is not None]
            self._count(refused=len(lines) - len(whole))
            self._deliver(events_body(agent, whole), len(whole))

    def send_document(self, body: bytes) -> None:
        """Deliver a document, which no count is kept of."""
        self._deliver(body, 0)

    def close(self) -> None:
        """Close the connection, until there is something to send again."""
        if self._wire is not None:
            self._wire.close()

    def _deliver(self, body: bytes, events: int) -> None:
        from tessen._ship_wire import deliver

        wire = self._open()
        if wire is None:
            self._count(failed=events)
            return
        went = deliver(wire, body, os.urandom(16).hex(), self._settings.retry_max, self._pause)
        if went.acknowledged:
            self._count(shipped=events)
            self._recovered()
        elif went.refused:
            self._count(refused=events)
        else:
            self._count(failed=events)
        if not (went.acknowledged or self.in_trouble):
            self.in_trouble = True
            _guard.say(f"cannot ship events to {wire.where} ({went.why}); {STILL_THERE}")

    def _open(self) -> Wire | None:
        """Return the way to the server; None, which is said once, if the settings cannot be used."""
        from tessen._ship_wire import Wire

        if self._wire is None and not self.in_trouble:
            try:
                self._wire = Wire(self._settings.ingest_url, self._settings.api_key or "", self._timeout)
            except ValueError as problem:
                self.in_trouble = True
                _guard.say(f"{problem}; nothing is shipped, {STILL_THERE}")
        return self._wire

    def _recovered(self) -> None:
        if self.in_trouble:
            self.in_trouble = False
            lost = self.counts.refused + self.counts.failed
            _guard.say(f"events are shipped again; {lost} were not, {STILL_THERE}")

    def _count(self, **more: int) -> None:
        self.counts = self.counts._replace(
            **{name: getattr(self.counts, name) + n for name, n in more.items()}
        )
