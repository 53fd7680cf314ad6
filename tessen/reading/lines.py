"""The lines of one file, forward and backward, in bounded memory.

What belongs here is the order in which lines are read, and the last one, which may lack its newline.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tessen.reading.stretch import MAX_LINE, next_line, read_bytes, whole_lines

_BLOCK = 1 << 16
_AT_ONCE = 1 << 18
"""Bytes read at once: as many as stay in a processor's cache until they are looked at."""


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """Open a file to read from, as a descriptor; never waits for what is no regular file.

    Raises:
        OSError: it cannot be opened, or is a folder, a pipe or a device.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        yield fd
    finally:
        os.close(fd)


def forward(fd: int, start: int, stop: int, max_line: int = MAX_LINE) -> Iterator[Sequence[bytes | None]]:
    """Yield the lines that start in [start, stop), some at a time.

    Args:
        fd: The file.
        start: Where to begin; a line that starts before it is left out.
        stop: Where no further line is begun.
        max_line: A longer line comes as None.
    """
    for data, size in together(fd, start, stop, max_line):
        yield [None] if data is None else data[:size].split(b"\n")


def together(fd: int, start: int, stop: int, max_line: int = MAX_LINE) -> Iterator[tuple[bytes | None, int]]:
    """Yield the same lines as `forward`, as they were read.

    Yields:
        Bytes, and how many of them are whole lines, without the newline of the last; None for a line that is
        longer.
    """
    at = next_line(fd, start)
    if at is None:
        return
    for lines in whole_lines(fd, at, stop, _AT_ONCE, max_line):
        yield lines.chunk, lines.size
        at = lines.end
    size = os.fstat(fd).st_size
    if at < min(stop, size):  # the last line, which has no newline
        line = read_bytes(fd, at, size) if size - at <= max_line else None
        yield line, size - at


def backward(
    fd: int, stop: int, start: int = 0, max_line: int = MAX_LINE
) -> Iterator[tuple[int, bytes | None]]:
    """Yield the lines in [start, stop) with their offsets, the last one first; a longer one comes as None.

    Reads from the end, so that looking at the last few lines costs no more than they are long.
    """
    end = stop
    while end > start:
        begin = max(start, end - _BLOCK)
        data = read_bytes(fd, begin, end)
        cut = 0 if begin == start else data.find(b"\n") + 1
        if begin == start or 0 < cut < len(data):
            yield from _reversed(data[cut:], begin + cut)
            end = begin + cut
            continue
        line_end = end - data.endswith(b"\n")  # the block lies inside one long line
        del data
        end = line_start(fd, start, begin)
        if line_end > end:
            yield end, read_bytes(fd, end, line_end) if line_end - end <= max_line else None


def _reversed(data: bytes, offset: int) -> Iterator[tuple[int, bytes]]:
    """The lines of a piece that starts at `offset`, last first, blank ones left out."""
    end = offset + len(data)
    for line in reversed(data.split(b"\n")):
        if line:
            yield end - len(line), line
        end -= len(line) + 1


def line_start(fd: int, start: int, stop: int) -> int:
    """Where the line that holds `stop` starts."""
    while stop > start:
        begin = max(start, stop - _BLOCK)
        found = read_bytes(fd, begin, stop).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        stop = begin
    return start
