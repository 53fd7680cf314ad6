"""Reading one file of the work directory as it is, whoever may be writing to it.

What belongs here never follows a link, never blocks on what is no regular file, and never holds a large file.
"""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass

from capture.shadow.large import LARGE, note_of
from capture.shadow.tree import Nature, Signature

RACY_NS = 50_000_000
"""A file may change again within the same tick of the file system's clock, and look the same."""

_TRIES = 3
_CHUNK = 1 << 20
_SNIFFED = 8000
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(slots=True)
class Reading:
    """The content of a file, and what tells that it is still the same."""

    status: os.stat_result
    body: bytes
    """For a large file the note that stands for it."""
    nature: Nature
    steady: bool
    """Whether nobody wrote to it meanwhile; else the content may be torn, and is read again next time."""

    @property
    def signature(self) -> Signature | None:
        """None while it cannot be told from a file written to just afterwards."""
        newest = max(self.status.st_mtime_ns, self.status.st_ctime_ns)
        racy = newest > time.time_ns() - RACY_NS
        return None if racy or not self.steady else signature(self.status)


def signature(status: os.stat_result) -> Signature:
    """What tells cheaply whether a file is the same."""
    return (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino, status.st_mode)


def nature_of(body: bytes) -> Nature:
    """Whether content is binary, as git decides it."""
    return "binary" if b"\0" in body[:_SNIFFED] else "plain"


def read_file(path: str) -> Reading:
    """Read a regular file; again, a few times, when somebody writes to it meanwhile.

    Raises:
        OSError: it cannot be read, is gone, or is by now something else.
    """
    for attempt in range(1, _TRIES + 1):
        fd = os.open(path, _FLAGS)
        try:
            before = os.fstat(fd)
            if not stat.S_ISREG(before.st_mode):
                raise FileNotFoundError("no regular file any more")
            large = before.st_size > LARGE
            body = note_of(fd) if large else _whole(fd, before.st_size)
            after = os.fstat(fd)
        finally:
            os.close(fd)
        steady = signature(before) == signature(after)
        if steady or attempt == _TRIES:
            return Reading(after, body, "large" if large else nature_of(body), steady)
    raise AssertionError("unreachable")


def read_link(path: str, status: os.stat_result) -> Reading:
    """Read where a symbolic link leads, and not what is there.

    Raises:
        OSError: it is gone, or is by now something else.
    """
    return Reading(status, os.fsencode(os.readlink(path)), "plain", True)  # noqa: PTH115 - bytes, not a path


def _whole(fd: int, size: int) -> bytes:
    body = os.read(fd, size + 1)  # one more, so that a stable file takes a single call
    if len(body) == size:
        return body
    parts = [body]
    while len(body) and sum(map(len, parts)) <= size:
        body = os.read(fd, _CHUNK)
        parts.append(body)
    return b"".join(parts)
