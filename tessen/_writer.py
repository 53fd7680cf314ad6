"""Lines onto the disk: whole, in order, before the call returns, and never in the program's way.

What belongs here is everything that opens and writes a log file. One write on an `O_APPEND` descriptor a
line, so that several processes can share a file; a torn tail is closed with a newline before the next line; a
log that cannot be written costs one warning and no exception.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from tessen import _guard, _native
from tessen._background import Background, close_quietly
from tessen.paths import log_files, log_name, make_private, parse_log_name, safe_agent

ROTATE_AT = 100 * 1024 * 1024
"""Bytes at which a file is full and the next number begins."""

RETRY_AFTER = 1.0
"""Seconds between attempts while the log cannot be written."""

_DAY = 86400
_LOOKS = 3
_LOOK_AGAIN_AFTER = 0.0005


class _LogFile:
    """One open log file of one agent."""

    __slots__ = ("date", "device", "end", "fd", "inode", "torn")

    def __init__(self, fd: int, date: str, status: os.stat_result) -> None:
        self.fd = fd
        self.date = date
        self.device, self.inode = status.st_dev, status.st_ino
        """A program that closes every descriptor may come to use our number itself."""
        self.end = 0
        """The file's size in bytes when we last knew whether its last line was whole."""
        self.torn = False
        """Whether there is something behind the last newline."""


class LogWriter:
    """Appends events to the agents' files. Any thread may write."""

    def __init__(
        self,
        log_dir: Path,
        *,
        fsync: bool = True,
        rotate_at: int = ROTATE_AT,
        clock: Callable[[], float] = time.time,
        look: Callable[[], float | None] = lambda: None,
    ) -> None:
        """Make a writer; nothing is opened or created before the first line.

        Args:
            log_dir: The folder of the agents' folders.
            fsync: Whether lines are forced to the disk, in groups, soon after they are written.
            rotate_at: Bytes after which a file is full.
            clock: Gives the time, in seconds since the epoch, that the files' dates are taken from.
            look: What the background thread is to do after `watch()`; see `Background`.
        """
        self._log_dir = log_dir
        self._rotate_at = rotate_at
        self._clock = clock
        self._fsync = fsync
        self._look = look
        self._files: dict[str, _LogFile] = {}
        self._midnight = float("-inf")
        self._date = ""
        self._lost = 0
        self._retry_at = 0.0
        self._reset()

    def _reset(self) -> None:
        self._lock = _native.lock()
        self._owner = 0
        self._waiting: deque[tuple[str, bytes, Callable[[], None] | None]] = deque()
        self._background = Background(self._write_left, self._look, fsync=self._fsync)

    def write(self, agent: str, line: bytes, then: Callable[[], None] | None = None) -> None:
        """Append one line; when this returns it is in the file, or counted as lost.

        A signal handler that interrupts this very function leaves its line to it, and returns at once.

        Args:
            agent: The agent's name, as in the event.
            line: One JSON object in UTF-8, without its newline.
            then: Called once that is so.
        """
        self._waiting.append((agent, line, then))
        if self._owner != threading.get_ident():
            self._write_waiting()

    def write_soon(self, agent: str, line: bytes, then: Callable[[], None] | None = None) -> None:
        """Have one line appended by the background thread: safe while an object is being collected."""
        self._waiting.append((agent, line, then))
        self._background.wake()

    def watch(self) -> None:
        """Have the background thread look after calls, soon."""
        self._background.watch()

    def expect_collection(self) -> None:
        """Be ready for `write_soon()`: the thread it relies on cannot be started at that point."""
        self._background.start()

    def flush(self, timeout: float) -> bool:
        """Write what is waiting and force all of it to the disk; return whether `timeout` sufficed."""
        self._write_waiting()
        return self._background.flush(timeout)

    def close(self, timeout: float) -> None:
        """Flush, and close every file. A later write opens them again."""
        self.flush(timeout)
        with self._lock:
            for file in self._files.values():
                self._background.retire(file.fd)
            self._files.clear()

    def after_fork(self) -> None:
        """Begin anew in a forked child: its locks may be held by threads that it does not have."""
        self._reset()
        for file in self._files.values():
            close_quietly(file.fd)
        self._files.clear()

    def _write_waiting(self) -> None:
        with self._lock:
            try:
                self._owner = threading.get_ident()
                while self._waiting:
                    agent, line, then = self._waiting.popleft()
                    self._attempt(agent, line)
                    if then is not None:
                        then()
            finally:
                self._owner = 0

    def _write_left(self) -> None:
        """Write what was left to the background thread, which otherwise keeps off the program's lock.

        A thread that gets the lock from another one still waits for the interpreter, and all for it.
        """
        if self._waiting:
            self._write_waiting()

    def _attempt(self, agent: str, line: bytes) -> None:
        if self._lost and time.monotonic() < self._retry_at:
            self._lost += 1
            return
        try:
            self._append(agent, line)
        except OSError as problem:
            self._failed(agent, problem)
        else:
            if self._lost:
                _guard.say(f"the log can be written again; {self._lost} event(s) were lost")
                self._lost = 0

    def _append(self, agent: str, line: bytes) -> None:
        """Append to today's file, which is not full, still in its folder, and has its tail looked at."""
        now = self._clock()
        if not 0 <= now - self._midnight < _DAY:
            self._midnight = now // _DAY * _DAY
            self._date = time.strftime("%Y-%m-%d", time.gmtime(self._midnight))
        file = self._files.get(agent)
        if file is None or not self._still_good(agent, file):
            file = self._files[agent] = self._open(agent)
        size = len(line) + 1
        parts: tuple[bytes, ...] = (line, b"\n")  # put together by the system, which need not copy them
        if file.torn:
            parts, size = (b"\n", *parts), size + 1
        if os.writev(file.fd, parts) != size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        file.end += size
        file.torn = False
        self._background.dirty(file.fd)

    def _still_good(self, agent: str, file: _LogFile) -> bool:
        try:
            status = os.fstat(file.fd)
        except OSError:
            return False  # closed behind our back
        size = status.st_size
        if status.st_ino != file.inode or status.st_dev != file.device:
            return False  # the number belongs to somebody else now: not ours to close
        if file.date != self._date or size >= self._rotate_at or not status.st_nlink:
            del self._files[agent]
            self._background.retire(file.fd)
            return False
        if size != file.end:
            _look_at_tail(file, size)
        return True

    def _open(self, agent: str) -> _LogFile:
        folder = self._log_dir / safe_agent(agent)
        make_private(folder)
        path = folder / log_name(self._date, self._next_number(folder))
        fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        status = os.fstat(fd)
        file = _LogFile(fd, self._date, status)
        _look_at_tail(file, status.st_size)
        return file

    def _next_number(self, folder: Path) -> int:
        """Return the number of today's newest file, or the one after it if that file is full."""
        number = 0
        for path in log_files(folder):
            date, number_of_file = parse_log_name(path.name) or ("", 0)
            if date == self._date:
                number = number_of_file + (path.stat().st_size >= self._rotate_at)
        return number

    def _failed(self, agent: str, problem: OSError) -> None:
        self._retry_at = time.monotonic() + RETRY_AFTER
        self._lost += 1
        file = self._files.pop(agent, None)
        if file is not None:
            self._background.retire(
                file.fd
            )  # what stands under its name may be another one when it works again
        if self._lost == 1:
            where = self._log_dir / safe_agent(agent)
            _guard.say(f"cannot write to {where} ({problem.strerror}); events are lost until that is mended")


def _look_at_tail(file: _LogFile, size: int) -> None:
    """See whether the last line is whole: another process, or an earlier run, may have torn it.

    The system shows a long line of another process's page by page while it is being written, so a tail that
    looks torn is looked at again. Should that not suffice, the cost is an empty line.
    """
    for _ in range(_LOOKS):
        file.end = size
        file.torn = size > 0 and os.pread(file.fd, 1, size - 1) != b"\n"
        if not file.torn:
            return
        _native.sleep(_LOOK_AGAIN_AFTER)
        size = os.fstat(file.fd).st_size
