"""Stretches of a log file, cut into whole lines, in bounded memory.

What belongs here reads bytes and finds newlines. Nothing is decoded, and nothing is held longer than a
chunk or, where one line is longer than that, the line.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

CHUNK = 1 << 20
"""Bytes read at once."""

MAX_LINE = 64 << 20
"""Longest line that is read, in bytes; a longer one is counted and passed over."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Whole lines that follow each other in a file."""

    offset: int
    """Where the first one starts."""
    chunk: bytes | None
    """What was read, which may go on behind the lines. None when the line at `offset` is too long."""
    size: int
    """Bytes of the lines at the head of `chunk`, without the last newline."""
    end: int
    """Where the next one starts."""

    @property
    def lines(self) -> list[bytes]:
        """The lines one by one, without their newlines."""
        return [] if self.chunk is None else self.chunk[: self.size].split(b"\n")


def next_line(fd: int, at: int) -> int | None:
    """Where the first line starts that starts at `at` or later; None when no newline follows."""
    if at <= 0:
        return 0
    if os.pread(fd, 1, at - 1) == b"\n":
        return at
    found = find_newline(fd, at - 1)
    return None if found is None else found + 1


def find_newline(fd: int, start: int, stop: int | None = None) -> int | None:
    """The place of the first newline in [start, stop), or to the file's end; None when there is none."""
    while stop is None or start < stop:
        chunk = os.pread(fd, CHUNK if stop is None else min(CHUNK, stop - start), start)
        if not chunk:
            return None
        found = chunk.find(b"\n")
        if found >= 0:
            return start + found
        start += len(chunk)
    return None


def whole_lines(
    fd: int, start: int, stop: int, chunk_bytes: int = CHUNK, max_line: int = MAX_LINE
) -> Iterator[Lines]:
    """Yield the lines that start in [start, stop) and are ended by a newline, even one beyond `stop`.

    Args:
        fd: The file.
        start: A place where a line starts.
        stop: Where no further line is begun.
        chunk_bytes: How much is read at once.
        max_line: A longer line is passed over: it comes without its bytes.
    """
    while start < stop:
        chunk = os.pread(fd, chunk_bytes, start)
        cut = chunk.find(b"\n", stop - start - 1) if len(chunk) >= stop - start else -1
        last = cut if cut >= 0 else chunk.rfind(b"\n")
        if last >= 0:
            yield Lines(start, chunk, last, start + last + 1)
            start += last + 1
            continue
        found = find_newline(fd, start + len(chunk))
        if found is None:
            return
        too_long = found - start > max_line
        del chunk
        yield Lines(start, None if too_long else read_bytes(fd, start, found), found - start, found + 1)
        start = found + 1


def read_bytes(fd: int, start: int, stop: int) -> bytes:
    """These bytes, or as many of them as there still are."""
    line = os.pread(fd, stop - start, start)
    while len(line) < stop - start and (more := os.pread(fd, stop - start - len(line), start + len(line))):
        line += more
    return line
