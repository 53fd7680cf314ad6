"""The recorder's one background thread: forces lines to the disk in groups, and writes what could not wait.

What belongs here is work that must not happen on the program's own threads. The thread sleeps while nothing
is going on. After the first line of a group it lets a moment pass for others, then calls `fsync` once for
each file; and it looks after calls that last. Waking it is safe anywhere, even while an object is being
collected in the midst of other code of ours: it waits on a `SimpleQueue`, whose `put` may interrupt itself.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from queue import Empty

from tessen import _native

GROUP_FOR = 0.05
"""Seconds that a group collects lines for: what a power cut can take at most, besides the disk's own time."""


class Background:
    """Knows which descriptors hold lines that are not on the disk yet, and gets them there."""

    def __init__(
        self, write_waiting: Callable[[], None], look: Callable[[], float | None], *, fsync: bool
    ) -> None:
        """Make it; the thread starts with `start()`.

        Args:
            write_waiting: Writes the lines that were left waiting; called on the thread whenever it wakes.
            look: Looks after calls: shows those that have lasted, and writes what was held back of them.
                Returns in how many seconds to call it again, None for not before `watch()`.
            fsync: Whether files are synced at all; descriptors are closed here either way.
        """
        self._write_waiting = write_waiting
        self._look = look
        self._fsync = fsync
        self._dirty: deque[int] = deque()
        self._retired: deque[int] = deque()
        self._busy = False
        self._awake = False
        """Whether the thread will look for lines by itself: a group is open, or it is about to wake."""
        self._watching = False
        """Whether it will look for calls by itself."""
        self._hurried = False
        self._wakes = _native.queue()
        self._done = threading.Condition()
        self._thread: _native.Thread | None = None

    def start(self) -> None:
        """Start the thread, once; not for use while an object is being collected."""
        if self._thread is not None:
            return
        self._thread = _native.thread(self._run, "tessen")
        try:
            self._thread.start()
        except RuntimeError:
            self._thread = None  # the interpreter is ending; the kernel holds every line already

    def wake(self) -> None:
        """Have the thread look for lines, soon."""
        if not self._awake:
            self._awake = True
            self._wakes.put(None)

    def watch(self) -> None:
        """Have the thread look for calls, soon."""
        if not self._watching:
            self._watching = True
            self.start()
            self._wakes.put(None)

    def dirty(self, fd: int) -> None:
        """Note that a line was written to a descriptor.

        Takes no lock: the writer calls it while it holds its own.
        """
        if self._fsync:
            self._dirty.append(fd)
            if not self._awake or self._thread is None:
                self.start()
                self.wake()

    def retire(self, fd: int) -> None:
        """Take over a descriptor that will not be written again, and close it once its lines are safe."""
        if self._thread is None:
            close_quietly(fd)
            return
        self._retired.append(fd)
        self.wake()

    def flush(self, timeout: float) -> bool:
        """Wait until every line is on the disk, for at most `timeout` seconds; return whether it is."""
        if self._thread is None:
            return not self._dirty
        self._hurried = True
        self._wakes.put(None)
        with self._done:
            return self._done.wait_for(self._idle, timeout)

    def _idle(self) -> bool:
        return not (self._dirty or self._retired or self._busy)

    def _run(self) -> None:
        group_ends: float | None = None
        wait: float | None = None
        while True:
            self._sleep(wait)
            self._write_waiting()
            if group_ends is None and self._awake:
                group_ends = time.monotonic() + GROUP_FOR
            if self._hurried or (group_ends is not None and time.monotonic() >= group_ends):
                group_ends, self._hurried, self._awake = None, False, False
                self._sync()
            until_calls = self._look_after_calls()
            until_sync = None if group_ends is None else max(group_ends - time.monotonic(), 0.0)
            wait = min((until for until in (until_calls, until_sync) if until is not None), default=None)

    def _sleep(self, seconds: float | None) -> None:
        """Wait to be woken, at most so long."""
        try:
            self._wakes.get(timeout=seconds)
        except Empty:
            return

    def _look_after_calls(self) -> float | None:
        again_in = self._look()
        if again_in is None:
            self._watching = (
                False  # from here on `watch()` wakes again; what came just before is looked for once more
            )
            again_in = self._look()
        return again_in

    def _sync(self) -> None:
        self._busy = True
        retired = [self._retired.popleft() for _ in range(len(self._retired))]
        for fd in {self._dirty.popleft() for _ in range(len(self._dirty))}:
            _sync_quietly(fd)
        for fd in retired:
            close_quietly(fd)
        with self._done:
            self._busy = False
            self._done.notify_all()


def close_quietly(fd: int) -> None:
    """Close a descriptor that may be closed already."""
    try:
        os.close(fd)
    except OSError:
        return  # it was closed behind our back


def _sync_quietly(fd: int) -> None:
    try:
        os.fsync(fd)
    except OSError:
        return  # a full or vanished disk was reported when the line was written; there is nothing to add
