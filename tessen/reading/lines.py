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
from typing import NamedTuple

from tessen.reading.stretch import MAX_LINE, Lines, next_line, read_bytes, whole_lines

_BLOCK = 1 << 16
AT_ONCE = 1 << 18
"""Bytes read at once: as many as stay in a processor's cache until they are looked at."""


class Line(NamedTuple):
    """One line, and where in its file it lies."""

    start: int
    data: bytes | None
    """Without its newline; None where the line is longer than was asked for."""
    stop: int
    """Where its newline is."""


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
    for some in together(fd, start, stop, max_line):
        yield [None] if some.chunk is None else some.lines


def placed(
    fd: int, start: int, stop: int, max_line: int = MAX_LINE, at_once: int = AT_ONCE
) -> Iterator[Line]:
    """Yield the same lines as `forward`, one by one, with their places.

    Args:
        fd: The file.
        start: Where to begin; a line that starts before it is left out.
        stop: Where no further line is begun.
        max_line: A longer line comes without its bytes.
        at_once: Bytes that are read at once: few, where few lines are going to be taken.
    """
    for some in together(fd, start, stop, max_line, at_once):
        at = some.offset
        if some.chunk is None:
            yield Line(at, None, at + some.size)
            continue
        for line in some.lines:
            yield Line(at, line, at + len(line))
            at += len(line) + 1


def together(
    fd: int, start: int, stop: int, max_line: int = MAX_LINE, at_once: int = AT_ONCE
) -> Iterator[Lines]:
    """Yield the same lines as `forward`, as they were read; one that is longer without its bytes."""
    at = next_line(fd, start)
    if at is None:
        return
    for some in whole_lines(fd, at, stop, at_once, max_line):
        yield some
        at = some.end
    size = os.fstat(fd).st_size
    if at < min(stop, size):  # the last line, which has no newline
        yield Lines(at, read_bytes(fd, at, size) if size - at <= max_line else None, size - at, size)


def backward(fd: int, stop: int, start: int = 0, max_line: int = MAX_LINE) -> Iterator[Line]:
    """Yield the lines in [start, stop), the last one first; a longer one without its bytes.

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
            yield Line(end, read_bytes(fd, end, line_end) if line_end - end <= max_line else None, line_end)


def _reversed(data: bytes, offset: int) -> Iterator[Line]:
    """The lines of a piece that starts at `offset`, last first, blank ones left out."""
    end = offset + len(data)
    for line in reversed(data.split(b"\n")):
        if line:
            yield Line(end - len(line), line, end)
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
