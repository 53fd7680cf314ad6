"""One thread that reads the log: first the ends of its files, then what is kept of them, then whatever comes.

What belongs here is the order of work and the life of files: appended to, rotated, truncated, deleted,
recreated. It owns the `LogFile`s and posts what it finds; it never touches the table.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from capture.log import kept
from capture.log.backlog import STRETCH, Backlog
from capture.log.batch import Batcher
from capture.log.columns import Batch
from capture.log.files import (
    HEAD_BYTES,
    Found,
    LogFile,
    is_same,
    last_line_end,
    only_grew,
    open_log,
    scan,
)
from capture.log.stretch import find_newline, whole_lines
from capture.log.watch import Watch
from capture.log.worker import Task

FIRST_ROWS = 200
FIRST_BYTES = 512 << 10
"""How much is read of files' ends before the first picture: so many rows or bytes."""

TAIL_BYTES = 16 << 10
"""How much of one file's end is read at first."""

SLICE = 256 << 10
"""Bytes parsed at once while following: what holds the interpreter for about a millisecond."""

BIG_ARREAR = 32 << 20
"""If a file is this far ahead (the app was suspended), workers catch up."""

TORN_AFTER_S = 2.0
"""A last line that stays without its end so long is counted as torn."""

RESCAN_S = 2.0
"""The least time between two looks at the whole folder; more where a look takes long."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one file, to go into the table."""

    file: LogFile
    batch: Batch
    live: bool
    """Whether they arrived while looking, not before."""
    weight: int = 0
    """Bytes of the backlog that are done with them."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A file's rows are no longer on disk."""

    file: LogFile


@dataclass(frozen=True, slots=True)
class Looked:
    """Something else is different: progress, problems, the folder itself."""

    weight: int = 0
    """Bytes of the backlog that are done."""


Message = Rows | Forgotten | Looked
Post = Callable[[Message], None]


class Follower:
    """Reads a log folder.

    Args:
        folder: The log folder.
        agents: The agents to read; all when empty.
        cache: Where indexes are kept; None to keep none.
        post: Takes what is found, in order for each file; called from several threads, may block.
        polling: Do without file-system events.

    Attributes:
        files: Every file ever seen, by number.
        tail_bytes: Bytes read before the first picture.
        backlog_bytes: Bytes parsed behind, the kept index not counted.
    """

    def __init__(
        self, folder: Path, agents: Sequence[str], cache: Path | None, post: Post, *, polling: bool = False
    ) -> None:
        self.files: list[LogFile] = []
        self.exists = folder.is_dir()
        self.total_bytes = 0
        self.tail_bytes = 0
        self.backlog_bytes = 0
        self.backlog = Backlog(self._parsed)
        self._unreadable: dict[str, str] = {}
        self._unopened: dict[str, str] = {}
        self._folder = folder
        self._agents = tuple(agents)
        self._cache = cache
        self._post = post
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._known: dict[str, LogFile] = {}
        self._watch = Watch(folder, self._stop, polling=polling)
        self._thread = threading.Thread(target=self._run, name="log-follower", daemon=True)
        self._rescan_at = 0.0

    @property
    def unreadable(self) -> tuple[str, ...]:
        """Each "path: reason"."""
        return tuple(f"{path}: {why}" for path, why in sorted({**self._unreadable, **self._unopened}.items()))

    # -- opening

    def first(self) -> list[Rows]:
        """Read the newest screenfuls: the ends of the newest files, in bounded work."""
        looked = scan(self._folder, self._agents)
        self.exists, self._unreadable = looked.exists, looked.unreadable
        self.total_bytes = sum(found.size for found in looked.files)
        opened = [self._add(found) for found in looked.files]
        rows: list[Rows] = []
        for window in (TAIL_BYTES, FIRST_BYTES // 2):
            for file in opened:
                if sum(len(each.batch) for each in rows) >= FIRST_ROWS or self.tail_bytes >= FIRST_BYTES:
                    return rows
                if file.high == 0 or (file.low > 0 and window > TAIL_BYTES):
                    rows.extend(self._tail(file, min(window, FIRST_BYTES - self.tail_bytes)))
        return rows

    def _add(self, found: Found) -> LogFile:
        number = len(self.files)
        file = LogFile(number, found.path, found.agent, found.device, found.inode, found.mtime, found.size)
        self.files.append(file)
        self._known[found.path] = file
        return file

    def _tail(self, file: LogFile, window: int) -> Iterator[Rows]:
        """Read the lines that start in the last bytes before what was read of a file."""
        stop = file.low if file.high else file.size
        at = max(0, stop - window)
        try:
            fd = open_log(file.path)
        except OSError as error:
            self._unopened[file.path] = error.strerror or "not readable"
            return
        try:
            file.head = file.head or os.pread(fd, HEAD_BYTES, 0)
            newline = -1 if at == 0 else find_newline(fd, at - 1, stop)
            self.tail_bytes += stop - at
            if newline is None:
                return
            start = newline + 1
            batcher, end = Batcher(), start
            for lines in whole_lines(fd, start, stop):
                batcher.take_in(lines)
                end = lines.end
        finally:
            os.close(fd)
        if end > start:
            file.low, file.high = start, file.high or end
            yield Rows(file, self._counted(file, batcher), live=False, weight=end - start)

    def _counted(self, file: LogFile, batcher: Batcher) -> Batch:
        """The batch, its problems added to the file's."""
        batch = batcher.take()
        count_problems(file, batch)
        return batch

    # -- behind

    def start(self) -> None:
        """Go on behind: the backlog first, then whatever comes."""
        self._thread.start()

    def close(self) -> None:
        """Stop everything, and wait until it has stopped."""
        self._stop.set()
        self.backlog.close()
        if self._thread.ident is not None:
            self._thread.join()
        self._watch.close()

    def _run(self) -> None:
        self._watch.wait(0)  # listen before looking, so that nothing falls between
        opened = [file for file in self.files if not file.gone]
        for file in opened:
            if self._stop.is_set():
                return
            self._index_backlog(file)
        for file in opened:
            self._catch_up(file)
        while not self._stop.is_set():
            self._turn()

    def _index_backlog(self, file: LogFile) -> None:
        """Bring in what lies before the tail: from the kept index, and the rest by the workers."""
        try:
            fd = open_log(file.path)
        except OSError as error:
            self._unopened[file.path] = error.strerror or "not readable"
            self._post(Looked(file.size))
            return
        try:
            file.head = file.head or os.pread(fd, HEAD_BYTES, 0)
            if not file.high:
                file.low = file.high = last_line_end(fd, file.size)
            self._post(Looked(max(0, file.size - file.high)))
            found = kept.load(self._cache, file, fd) if self._cache and file.low else None
            start = self._take_kept(file, fd, *found) if found else 0
        finally:
            os.close(fd)
        self._hand_out(file, start, file.low)
        file.indexed = True

    def _take_kept(self, file: LogFile, fd: int, batch: Batch, high: int) -> int:
        """Post the kept rows before the tail; returns up to where they reach."""
        file.kept_high = high
        if any(file.problems) and file.low < high:
            twice = Batcher()
            for lines in whole_lines(fd, file.low, high):
                twice.take_in(lines)
            count_problems(file, twice.take(), -1)
        count_problems(file, batch)
        stop = int(batch.columns["offset"].searchsorted(file.low))
        for start in range(0, stop, _KEPT_ROWS):
            part = slice(start, min(stop, start + _KEPT_ROWS))
            columns = {name: column[part] for name, column in batch.columns.items()}
            self._post(Rows(file, Batch(columns, batch.strings), live=False))
        reach = min(high, file.low)
        self._post(Looked(reach))
        return reach

    def _hand_out(self, file: LogFile, start: int, stop: int) -> None:
        """Give [start, stop) to the workers, the newest stretch first."""
        while stop > start:
            at = max(start, stop - STRETCH)
            with self._lock:
                file.backlog_left += 1
            self.backlog.add(Task(file.path, file.device, file.inode, at, stop, file.number))
            stop = at

    def _parsed(self, task: Task, answer: Batch | str) -> None:
        """Take a worker's answer; runs in the threads of the backlog."""
        file = self.files[task.file]
        weight = task.stop - task.start
        with self._lock:
            self.backlog_bytes += weight
            file.backlog_left -= 1
            if not isinstance(answer, str):
                count_problems(file, answer)
        if isinstance(answer, str):
            self._unopened[file.path], file.indexed = answer, False
        if isinstance(answer, str) or file.gone:
            self._post(Looked(weight))
        else:
            self._post(Rows(file, answer, live=False, weight=weight))

    # -- following

    def _turn(self) -> None:
        changed = self._watch.wait(min(1.0, max(0.01, self._rescan_at - time.monotonic())))
        if self._stop.is_set():
            return
        if changed is None:
            changed = self._moved()
        strange = any(path not in self._known and _matters(path) for path in changed)
        if strange or time.monotonic() >= self._rescan_at:
            changed |= self._look()
        waiting = [file.path for file in self._known.values() if file.waiting_since]
        for path in changed.union(waiting):
            if (file := self._known.get(path)) is not None:
                self._catch_up(file)

    def _moved(self) -> set[str]:
        """The files, of those lately written, that changed: for where no events are to be had."""
        hot = sorted(self._known.values(), key=lambda file: -file.mtime)[:_HOT_FILES]
        return {file.path for file in hot if _differs(file)}

    def _look(self) -> set[str]:
        """Look at the whole folder; returns the files that changed."""
        started = time.monotonic()
        looked = scan(self._folder, self._agents)
        here = {(found.device, found.inode): found for found in looked.files}
        for file in list(self._known.values()):
            self._keep_or_forget(file, here)
        if (looked.exists, looked.unreadable) != (self.exists, self._unreadable):
            self.exists, self._unreadable = looked.exists, looked.unreadable
            self._post(Looked())
        changed = {found.path for found in reversed(looked.files) if self._is_news(found)}
        took = time.monotonic() - started
        self._rescan_at = time.monotonic() + min(60.0, max(RESCAN_S, 500 * took))
        return changed

    def _is_news(self, found: Found) -> bool:
        file = self._known.get(found.path)
        if file is None:
            file = self._add(found)
            file.size, file.indexed = 0, True
            return True
        return file.size != found.size or file.mtime != found.mtime

    def _keep_or_forget(self, file: LogFile, here: dict[tuple[int, int], Found]) -> None:
        """Follow a file to its new name; forget it when it is gone."""
        found = here.get(file.identity)
        if found is None:
            self._forget(file)
        elif found.path != file.path:
            if self._known.get(file.path) is file:
                del self._known[file.path]
            if (other := self._known.get(found.path)) is not None and other.identity not in here:
                self._forget(other)
            file.path = found.path
            self._known[found.path] = file

    def _forget(self, file: LogFile) -> None:
        file.gone = True
        if self._known.get(file.path) is file:
            del self._known[file.path]
        self._unopened.pop(file.path, None)
        self._post(Forgotten(file))

    def _catch_up(self, file: LogFile) -> None:
        """Read what was appended to a file, or see that it is another one now."""
        try:
            fd = open_log(file.path)
        except FileNotFoundError:
            self._rescan_at = 0.0
            return
        except OSError as error:
            if file.path not in self._unopened:
                self._unopened[file.path] = error.strerror or "not readable"
                self._post(Looked())
            return
        try:
            if not is_same(file, fd) or not only_grew(file, fd):
                self._rescan_at = 0.0
                if is_same(file, fd):
                    self._forget(file)
                return
            if self._unopened.pop(file.path, None):
                self._post(Looked())
            self._read_on(file, fd)
        finally:
            os.close(fd)

    def _read_on(self, file: LogFile, fd: int) -> None:
        status = os.fstat(fd)
        file.size, file.mtime = status.st_size, status.st_mtime
        if len(file.head) < HEAD_BYTES:
            file.head = os.pread(fd, HEAD_BYTES, 0)
        if file.size - file.high > BIG_ARREAR:
            self._skip_ahead(file, fd)
        grown = file.size != file.scanned
        self._read_lines(file, fd)
        if file.high == file.size:
            self._settle(file)
        elif grown or not file.waiting_since:
            file.waiting_since = time.monotonic()
        elif not file.torn_tail and time.monotonic() - file.waiting_since > TORN_AFTER_S:
            self._judge_tail(file, fd)

    def _settle(self, file: LogFile) -> None:
        """Note that nothing incomplete is left."""
        was_torn, file.torn_tail, file.waiting_since = file.torn_tail, False, 0.0
        if was_torn:
            self._post(Looked())

    def _read_lines(self, file: LogFile, fd: int) -> None:
        """Post the complete lines after `high`, in slices."""
        if find_newline(fd, max(file.high, file.scanned), file.size) is None:
            file.scanned = file.size
            return
        for lines in whole_lines(fd, file.high, file.size, SLICE):
            batcher = Batcher()
            batcher.take_in(lines)
            file.high = file.scanned = lines.end
            file.unterminated = file.torn_tail = False
            batch = self._counted(file, batcher)
            self._post(Rows(file, batch, live=True))
            if self._stop.is_set():
                return

    def _judge_tail(self, file: LogFile, fd: int) -> None:
        """See what a last line is that stays without its end: whole all the same, or torn."""
        line = os.pread(fd, min(file.size - file.high, BIG_ARREAR), file.high)
        batcher = Batcher()
        batcher.add([line], file.high)
        batch = batcher.take()
        if len(batch) and not batch.torn:
            file.high, file.unterminated, file.waiting_since = file.size, True, 0.0
            count_problems(file, batch)
            self._post(Rows(file, batch, live=True))
        else:
            file.torn_tail = True
            self._post(Looked())

    def _skip_ahead(self, file: LogFile, fd: int) -> None:
        """Leave a big arrear to the workers, and go on after it."""
        start, file.high = file.high, last_line_end(fd, file.size)
        file.scanned = file.high
        self.total_bytes += file.high - start
        self._hand_out(file, start, file.high)


_KEPT_ROWS = 16_384
_HOT_FILES = 64


def _differs(file: LogFile) -> bool:
    try:
        status = os.stat(file.path)  # noqa: PTH116 - runs often
    except OSError:
        return True
    return (status.st_size, status.st_mtime) != (file.size, file.mtime)


def _matters(path: str) -> bool:
    """Whether an unknown path may be a log file or an agent's folder."""
    name = os.path.basename(path)  # noqa: PTH119 - runs for every event of the file system
    return name.endswith(".jsonl") or "." not in name


def count_problems(file: LogFile, batch: Batch, sign: int = 1) -> None:
    """Add a batch's problems to its file's."""
    for place, count in enumerate((batch.torn, batch.foreign, batch.odd_fields)):
        file.problems[place] += sign * count
