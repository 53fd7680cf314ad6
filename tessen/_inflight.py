"""The calls of this process that have started and not ended, each a small file as long as it lasts.

What belongs here is making these files appear and disappear without the program waiting for it. Creating a
file costs as much as all the rest of recording a call, and may wait for the disk; so the background thread
does it, while the program waits for its answer. Deleting it is left to the end of the call, so that it is
gone when the call returns. A failure here is silent: the log's own writer says what is wrong with the folder.
"""

from __future__ import annotations

import itertools
import os
import time
from collections import deque
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from tessen import _json, _process
from tessen._cut import beginning
from tessen._frames import CallSite
from tessen.paths import make_private

FOLDER = ".inflight"
ENDING = ".json"

SHOWN_AFTER = 0.002
"""Seconds that a call has lasted for when its file appears."""
QUICK_ONES = 8
QUICK_SHOWN_AFTER = 0.05
"""The same where so many calls in a row were answered sooner, which no model does: waking for each would cost
the program more than it can tell."""

_LONGEST = 1000
"""Characters that are kept of a path or a model's name: the file is to be written at one go."""
_TRIES = 100
_numbers = itertools.count(1)  # of the process, since a recorder may follow another in it


class Started(NamedTuple):
    """What is known of a call when it starts."""

    event_id: str
    session_id: str
    agent_name: str
    ts: float
    provider: str
    surface: str | None
    model: str | None
    call_site: CallSite | None


class Flight:
    """One call on its way."""

    __slots__ = ("call", "path", "pid", "since", "unshown")

    def __init__(self, call: Callable[[], Started]) -> None:
        self.call: Callable[[], Started] | None = call
        """Says what is known of it; asked only if it lasts long enough to be shown. None when it is over:
        what belongs to the call is freed with its end, and not when the thread comes by."""
        self.since = time.monotonic()
        self.unshown = True
        """Deleted by whose file is the call's, which only one can."""
        self.path: str | None = None
        """Its file, once it has been written."""
        self.pid = 0
        """The process that has written it."""


class Board:
    """Shows the calls of one agent in one process. Takes no lock: no step can be divided."""

    def __init__(self, agent_dir: Path, clean: Callable[[bytes], bytes]) -> None:
        """Make it; nothing is created before the first call.

        Args:
            agent_dir: The folder of the agent's log files.
            clean: Takes secrets out of what is to be written.
        """
        self._folder = f"{agent_dir}/{FOLDER}"
        self._clean = clean
        self._young: deque[Flight] = deque()
        self._quick = 0
        """How many calls in a row ended before they were shown."""
        self._quick_before = 0
        """The same at the last look."""

    def begin(self, call: Callable[[], Started]) -> Flight:
        """Note a call; `show` is to be called soon."""
        flight = Flight(call)
        self._young.append(flight)
        return flight

    def end(self, flight: Flight) -> None:
        """Show a call no longer. In a forked child, those of its parent stay."""
        flight.call = None
        self._quick += 1
        if flight.path is not None and flight.pid == os.getpid():
            _delete(flight.path)

    def show_now(self, flight: Flight) -> None:
        """Write one call's file on the caller's own thread; it is there, whole, on return."""
        call = flight.call
        if call is not None:
            self._write(flight, call)

    def show(self) -> float | None:
        """Write the files that are due; on the background thread.

        Returns:
            Seconds until the next is due, or may be; None if no call is waiting for its file.
        """
        while self._young:
            flight = self._young[0]
            call = flight.call
            if call is not None:
                after = SHOWN_AFTER if self._quick < QUICK_ONES else QUICK_SHOWN_AFTER
                due_in = flight.since + after - time.monotonic()
                if due_in > 0:
                    return due_in
                self._quick = 0
                self._write(flight, call)
            self._young.popleft()
        before, self._quick_before = self._quick_before, self._quick
        return QUICK_SHOWN_AFTER if self._quick > max(before, QUICK_ONES) else None

    def after_fork(self) -> None:
        """In a forked child: the calls are the parent's to show."""
        self._young.clear()

    def _write(self, flight: Flight, call: Callable[[], Started]) -> None:
        if flight.path is not None:
            return
        data = self._clean(_json.dumps(_described(call())))
        try:
            path = _create(self._folder, data)
        except OSError:
            return
        try:
            del flight.unshown
        except AttributeError:
            _delete(path)  # another thread has written one meanwhile
            return
        flight.pid = os.getpid()
        flight.path = path
        if flight.call is None:
            _delete(path)  # it ended meanwhile, and did not know of the file


def _described(call: Started) -> dict[str, object]:
    site = call.call_site and call.call_site._replace(file=call.call_site.file[-_LONGEST:])._asdict()
    model = call.model and beginning(call.model, _LONGEST)
    return {**call._asdict(), "model": model, "call_site": site, **_of_process(os.getpid())}


@lru_cache(maxsize=1)
def _of_process(pid: int) -> dict[str, object]:
    """What is said of this process: the system is asked once, and again after a fork."""
    return {"pid": pid, "pid_started": _process.started(pid), **_process.machine()._asdict()}


def _create(folder: str, data: bytes) -> str:
    for _ in range(_TRIES):
        path = f"{folder}/{os.getpid()}-{next(_numbers)}{ENDING}"
        try:
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            continue  # evidence that an earlier process of this number has left
        except FileNotFoundError:
            make_private(Path(folder))
            continue
        try:
            os.write(fd, data + b"\n")
        finally:
            os.close(fd)
        return path
    raise FileExistsError(folder)


def _delete(path: str) -> None:
    try:
        os.unlink(path)  # noqa: PTH108 - pathlib is slower
    except OSError:
        return  # somebody has tidied up
