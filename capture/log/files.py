"""The files of a log folder: finding them, telling one from another, knowing what of each is indexed.

What belongs here is names, identities and positions. What lies in the files is read elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tessen.paths import parse_log_name, safe_agent
from tessen.reading.stretch import CHUNK

HEAD_BYTES = 256
"""How much of a file's beginning is remembered, to see that it is still the same file."""


@dataclass(slots=True)
class LogFile:
    """One file of the log. [low, high) is in the index; the backlog below `low` comes behind."""

    number: int
    path: str
    agent: str
    """The agent's folder name; its events may state the name in full."""
    device: int
    inode: int
    mtime: float
    size: int
    """Bytes, when last looked at."""
    head: bytes = b""
    low: int = 0
    high: int = 0
    """Where the next line to be followed starts."""
    scanned: int = 0
    """Up to where no newline follows `high`."""
    unterminated: bool = False
    """Whether the line before `high` has no newline yet, but was whole all the same."""
    torn_tail: bool = False
    """Whether what follows `high` has stayed without an end."""
    waiting_since: float = 0.0
    """Since when (monotonic seconds) the last line has been incomplete; 0 when it is not."""
    gone: bool = False
    indexed: bool = False
    """Whether all below `high` is in the index, or with the workers (`backlog_left`)."""
    kept_high: int = 0
    """Up to where the kept index has it."""
    backlog_left: int = 0
    """Tasks of the backlog that are not done."""
    problems: list[int] = field(default_factory=lambda: [0, 0, 0])
    """Torn and foreign lines, and events with odd fields."""

    @property
    def identity(self) -> tuple[int, int]:
        """Device and inode."""
        return self.device, self.inode


@dataclass(frozen=True, slots=True)
class Found:
    """A log file as it lies in the folder now."""

    path: str
    agent: str
    device: int
    inode: int
    size: int
    mtime: float


@dataclass(slots=True)
class Scan:
    """A look at the folder."""

    exists: bool
    files: list[Found]
    """Newest first, each file once however many names it has."""
    unreadable: dict[str, str]
    """Path → reason."""


def scan(folder: Path, agents: Sequence[str]) -> Scan:
    """Look for log files: in the folder itself and in its agents' folders, no deeper.

    Args:
        folder: The log folder, or one agent's.
        agents: Names of the agents to read; all when empty.
    """
    wanted = {safe_agent(name) for name in agents} | set(agents)
    found: dict[tuple[int, int], Found] = {}
    unreadable: dict[str, str] = {}
    exists = folder.is_dir()
    for place in _folders(folder, wanted, unreadable) if exists else ():
        for each in _files(place, unreadable):
            known = found.get((each.device, each.inode))
            if known is None or each.path < known.path:
                found[each.device, each.inode] = each
    newest_first = sorted(
        found.values(), key=lambda f: (f.mtime, parse_log_name(Path(f.path).name) or ("", 0))
    )
    return Scan(exists, newest_first[::-1], unreadable)


def _folders(folder: Path, wanted: set[str], unreadable: dict[str, str]) -> Iterator[str]:
    """The folder and those in it, hidden ones left out."""
    if not wanted or folder.name in wanted:
        yield str(folder)
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                named = not entry.name.startswith(".") and (not wanted or entry.name in wanted)
                if named and not entry.name.endswith(".jsonl") and entry.is_dir():
                    yield entry.path
    except OSError as error:
        unreadable[str(folder)] = error.strerror or "not readable"


def _files(folder: str, unreadable: dict[str, str]) -> Iterator[Found]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if parse_log_name(entry.name) is not None:
                    try:
                        status = entry.stat()
                        if entry.is_file():
                            agent = os.path.basename(folder)  # noqa: PTH119 - a thousand files a second
                            yield Found(
                                entry.path,
                                agent,
                                status.st_dev,
                                status.st_ino,
                                status.st_size,
                                status.st_mtime,
                            )
                    except OSError as error:
                        unreadable[entry.path] = error.strerror or "not readable"
    except OSError as error:
        unreadable[folder] = error.strerror or "not readable"


def open_log(path: str) -> int:
    """Open a file to read from; never blocks on what is no regular file.

    Raises:
        OSError: it cannot be opened.
    """
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)


def last_line_end(fd: int, size: int) -> int:
    """Where the line after the last newline starts."""
    stop = size
    while stop > 0:
        start = max(0, stop - CHUNK // 16)
        found = os.pread(fd, stop - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        stop = start
    return 0


def is_same(file: LogFile, fd: int) -> bool:
    """Whether an open file is the one that was indexed, wherever its name leads now."""
    status = os.fstat(fd)
    return (status.st_dev, status.st_ino) == file.identity


def only_grew(file: LogFile, fd: int) -> bool:
    """Whether nothing but an end was added: its size, its beginning, and a newline before `high` say so."""
    if os.fstat(fd).st_size < file.high or os.pread(fd, len(file.head), 0) != file.head:
        return False
    return file.high == 0 or file.unterminated or os.pread(fd, 1, file.high - 1) == b"\n"
