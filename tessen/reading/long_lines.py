"""Lines that are too long to be held, or to be parsed as they are: read from their file, and abridged.

What belongs here is which lines those are, and what is found in them: an event, or several that are glued
together, as `parse.py` finds them in a line that is held.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from tessen.reading import lines
from tessen.reading.abridge import Abridged, abridged
from tessen.reading.parse import EVENT_START, MOST_GLUED, Tally, is_event, parse
from tessen.reading.stretch import read_bytes
from tessen.reading.tokens import END, Read, Tokens

LONGEST_HELD = 4 << 20
"""Bytes of a line that is held and, if there are not many values in it, parsed as it is."""

_SHORT, _MANY_VALUES = 512 << 10, 100_000
_WINDOW, _OVERLAP = 1 << 20, 64 << 10


class LongEvent(NamedTuple):
    """One event of a long line."""

    event: dict[str, Any]
    """What is kept of it, parsed."""
    start: int
    stop: int
    """Where it stands."""


def is_long(line: bytes) -> bool:
    """Whether to parse a line may take more memory than a command is to have."""
    if len(line) <= _SHORT:
        return False
    return len(line) > LONGEST_HELD or sum(map(line.count, (b",", b"[", b"{"))) > _MANY_VALUES


def long_events(read: Read, start: int, stop: int, tally: Tally) -> Iterator[LongEvent]:
    """Yield the events of a line, and count it.

    Args:
        read: Gives bytes between two places.
        start: Where the line starts.
        stop: Where it ends.
        tally: Counts what cannot be read.
    """
    try:
        value = parse(abridged(read, start, stop).line)
    except (ValueError, RecursionError):
        yield from _rescued(read, start, stop, tally)
        return
    if is_event(value):
        tally.events += 1
        yield LongEvent(value, start, stop)
    else:
        tally.foreign_lines += 1


def _rescued(read: Read, start: int, stop: int, tally: Tally) -> Iterator[LongEvent]:
    """The events in a line that is none as a whole; see `parse.pieces`."""
    if Tokens(read, start, stop).sign() == END:
        return
    covered = 0
    starts = [*_starts(read, start, stop), stop]
    for at, following in pairwise(starts):
        found = _event_up_to(read, at, dict.fromkeys((stop, following)))
        if found is None:
            continue
        tally.events += 1
        covered += found.stop - at
        yield found
        if found.stop == stop:
            break
    tally.corrupt_lines += covered != stop - start


def _event_up_to(read: Read, at: int, stops: Iterable[int]) -> LongEvent | None:
    """What is JSON from here up to one of these places."""
    for stop in stops:
        with suppress(ValueError, RecursionError):
            return LongEvent(parse(abridged(read, at, stop).line), at, stop)
    return None


def _starts(read: Read, start: int, stop: int) -> Iterator[int]:
    """Where in a line an event may begin."""
    found = 0
    for at in range(start, stop, _WINDOW):
        window = read(at, min(at + _WINDOW + len(EVENT_START) - 1, stop))
        place = window.find(EVENT_START)
        while place >= 0 and found < MOST_GLUED:
            found += 1
            yield at + place
            place = window.find(EVENT_START, place + 1)


def overlapping(read: Read, start: int, stop: int) -> Iterator[bytes]:
    """Yield what stands in [start, stop) in pieces that overlap, so that no text is cut in two."""
    for at in range(start, stop, _WINDOW):
        yield read(at, min(at + _WINDOW + _OVERLAP, stop))


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a file, too long to be held."""

    path: Path
    start: int
    stop: int

    def __iter__(self) -> Iterator[bytes]:
        """Yield it in pieces that overlap, to look for something in it; none where the file is gone."""
        with suppress(OSError), lines.opened(self.path) as fd:
            yield from overlapping(partial(read_bytes, fd), self.start, self.stop)

    def pieces(self, size: int) -> Iterator[bytes]:
        """Yield it in pieces of so many bytes.

        Raises:
            OSError: The file is gone.
        """
        with lines.opened(self.path) as fd:
            for at in range(self.start, self.stop, size):
                yield read_bytes(fd, at, min(at + size, self.stop))

    def abridged(self, *, strict: bool = False) -> Abridged | None:
        """What of it fits into memory; None where it is no JSON, or cannot be read any more."""
        try:
            with lines.opened(self.path) as fd:
                return abridged(partial(read_bytes, fd), self.start, self.stop, strict=strict)
        except (OSError, ValueError, RecursionError):
            return None

    def read(self) -> bytes:
        """All of it, in whatever memory that takes; nothing where the file is gone."""
        with suppress(OSError), lines.opened(self.path) as fd:
            return read_bytes(fd, self.start, self.stop)
        return b""
