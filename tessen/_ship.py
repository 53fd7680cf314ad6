"""Shipping: events to the ingest server, from a thread of its own, where a key is set.

What belongs here is when something is sent: the thread, its batches, its end. The program only ever appends
to a queue. What cannot be delivered is counted and said once; it stays in the log, from where `tessen upload`
can send it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping
from queue import Empty
from typing import Any

from tessen import _guard, _native, _redact
from tessen._config import Settings
from tessen._ship_body import MEMBERS, document_body
from tessen._ship_queue import ShipQueue, Waiting
from tessen._ship_send import STILL_THERE, Counts, Sender

BATCH_BYTES = 4 * 1024 * 1024
"""Bytes of events in one request, unless one event alone has more."""

_MAX_DOCUMENTS = 8


def ship_document(kind: str, payload: Mapping[str, Any]) -> bool:
    """Ship a document about the program's code, in the background.

    Args:
        kind: `manifest` or `git_fingerprint`.
        payload: The document; credentials are taken out, as they are of events.

    Returns:
        Whether it will be tried: not so without a key.

    Raises:
        ValueError: There is no such kind.
    """
    from tessen import _recorder

    if kind not in MEMBERS:
        raise ValueError(f"{kind!r} is not one of {', '.join(MEMBERS)}")
    recorder = _recorder.active
    if recorder is None or recorder.shipper is None:
        return False
    recorder.shipper.put_document(recorder.agent_name, kind, payload)
    return True


class Shipper:
    """Ships what it is given, in batches. Any thread may give."""

    def __init__(self, settings: Settings) -> None:
        """Make it; the thread starts with the first event, and only there is HTTP imported.

        Args:
            settings: Where to, with which key, how often, and how much at once.
        """
        self._settings = settings
        self._reset()

    def _reset(self) -> None:
        self._queue = ShipQueue(self._settings.queue_max)
        self._documents: deque[bytes] = deque(maxlen=_MAX_DOCUMENTS)
        self._sender = Sender(self._settings, self._pause)
        self._overrun = False
        self._in_flight = 0
        self._busy = False
        self._awake = self._hurried = False
        self._wakes = _native.queue()
        self._done = threading.Condition()
        self._end: float | None = None
        self._closing = threading.Event()
        self._starting = _native.lock()
        self._thread: _native.Thread | None = None

    @property
    def counts(self) -> Counts:
        """What became of everything so far."""
        return self._sender.counts._replace(dropped=self._queue.dropped)

    def put(self, agent: str, line: bytes, *, soon: bool = False) -> None:
        """Have one event shipped, in its batch's time. Never waits.

        Args:
            agent: The agent's name, as in the event.
            line: The event, as in the log.
            soon: An object is being collected: no thread can be started now.
        """
        self._queue.put(Waiting(agent, line))
        if not soon:
            self.start()
        self._wake(hurry=len(self._queue) >= self._settings.batch_max_events)

    def put_document(self, agent: str, kind: str, payload: Mapping[str, Any]) -> None:
        """Have a document shipped, at once.

        Args:
            agent: The agent's name.
            kind: One of `MEMBERS`.
            payload: The document.
        """
        body = document_body(agent, kind, payload)
        own_key = self._settings.api_key
        secrets = _redact.of_environment() | ({own_key} if own_key else set())
        self._documents.append(_redact.clean_line(body, secrets, self._settings.redact))
        self.start()
        self._wake(hurry=True)

    def start(self) -> None:
        """Start the thread, once; not for use while an object is being collected."""
        if self._thread is not None or not self._starting.acquire(blocking=False):
            return
        thread = _native.thread(self._run, "tessen-ship")
        try:
            thread.start()
        except RuntimeError:
            self._starting.release()  # none is to be had now; at the interpreter's end close() does it itself
            return
        self._thread = thread

    def flush(self, timeout: float) -> bool:
        """Send what waits now; return whether nothing is left to send after `timeout` seconds."""
        if self._is_idle():
            return True
        self.start()
        self._wake(hurry=True)
        with self._done:
            return self._done.wait_for(self._is_idle, max(timeout, 0.0))

    def close(self, timeout: float) -> None:
        """Send what waits, as far as that is done within `timeout` seconds, and say what is left."""
        self._end = time.monotonic() + timeout
        self._closing.set()
        if not self._is_idle():
            self.start()
        if self._thread is not None:
            self.flush(timeout)
            self._wakes.put(None)  # the thread may be asleep, with nothing left to do but to end
        elif not self._is_idle():
            self._sender.hurry(timeout)
            self._ship_waiting()
        left = len(self._queue) + self._in_flight
        if left and not self._sender.in_trouble:
            _guard.say(f"{left} event(s) were not shipped; {STILL_THERE}")

    def after_fork(self) -> None:
        """In a forked child: thread and connection are the parent's, and so is what waits."""
        self._reset()

    def _wake(self, *, hurry: bool) -> None:
        if not self._awake or (hurry and not self._hurried):
            self._awake = True
            self._hurried = self._hurried or hurry
            self._wakes.put(None)

    def _is_idle(self) -> bool:
        return not (self._queue or self._documents or self._busy)

    def _is_late(self) -> bool:
        return self._end is not None and time.monotonic() >= self._end

    def _run(self) -> None:
        while not (self._closing.is_set() and (self._is_idle() or self._is_late())):
            self._wakes.get()
            self._gather()
            self._awake = self._hurried = False
            if not self._is_idle():
                self._ship_waiting()
            if not self._is_idle():
                self._wake(hurry=len(self._queue) >= self._settings.batch_max_events)

    def _gather(self) -> None:
        """Let a batch come together: until it is full, or its time has passed, or somebody waits for it."""
        until = time.monotonic() + self._settings.flush_interval_sec
        while not (self._hurried or self._closing.is_set()) and (left := until - time.monotonic()) > 0:
            try:
                self._wakes.get(timeout=left)
            except Empty:
                return

    def _ship_waiting(self) -> None:
        """Send what is there now; events that come meanwhile are a later batch's."""
        self._busy = True
        try:
            self._ship_all(len(self._queue))
        except Exception:
            _guard.swallow("shipping events")
        finally:
            self._busy = False
            with self._done:
                self._done.notify_all()

    def _ship_all(self, left: int) -> None:
        while self._documents:
            self._sender.send_document(self._documents.popleft())
        while left > 0 and not self._is_late():
            batch = self._queue.take(min(left, self._settings.batch_max_events), BATCH_BYTES)
            left -= max(len(batch), 1)
            self._in_flight = len(batch)
            self._sender.send_events(batch)
            self._in_flight = 0
        self._sender.close()
        if self._queue.dropped and not self._overrun:
            self._overrun = True
            _guard.say(f"more events than can be shipped: some are left out, {STILL_THERE}")

    def _pause(self, seconds: float) -> bool:
        """Wait before another attempt; return False once there is no time for it."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._end is None:
                self._closing.wait(left)
            elif until >= self._end:
                return False
            else:
                time.sleep(left)
        return not self._is_late()
