"""One line into JSON, as tolerantly as it can be done without guessing.

What belongs here is what a line may be: an event, a foreign object, torn, or several things glued together
because a writer died before its newline. What an event says is read elsewhere.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

EVENT_START = b'{"event_id"'
"""How every recorder's line begins."""

BLANK = b" \t\r\n"
MOST_GLUED = 64
_EVENT_KEYS = frozenset({"event_id", "agent_name", "provider", "surface", "request_body", "quality_signals"})


class Piece(NamedTuple):
    """A part of a line that is JSON by itself."""

    start: int
    """Bytes from the line's beginning."""
    stop: int
    value: Any


def _fastest() -> Callable[[bytes], Any]:
    """The quicker of the parsers that happen to be installed; the standard library's is always there."""
    try:
        loads: Callable[[bytes], Any] = import_module("orjson").loads
    except ImportError:
        return json.loads
    return loads


_loads = _fastest()


def parse(line: bytes) -> Any:
    """Parse one line of JSON, with what strict parsers refuse: see `parse_any`.

    Raises:
        ValueError: it is not JSON.
        RecursionError: it is nested too deep.
    """
    try:
        return _loads(line)
    except (ValueError, RecursionError):
        return parse_any(line)


def parse_any(line: bytes) -> Any:
    """Parse one line of JSON, taking what strict parsers refuse: NaN, invalid UTF-8, numbers of any length.

    Raises:
        ValueError: it is not JSON.
        RecursionError: it is nested too deep.
    """
    return json.loads(line.decode("utf-8", "replace"), parse_int=_any_int)


def _any_int(digits: str) -> int | float:
    return int(digits) if len(digits) < 400 else math.inf


def pieces(line: bytes) -> list[Piece]:
    """The events in a line that does not parse as a whole: behind a torn one, behind padding, or in a row.

    A piece is only taken where it begins as an event does and is JSON up to the next beginning, or to the
    line's end; what a body quotes is neither.
    """
    starts = _starts(line)
    found: list[Piece] = []
    for number, start in enumerate(starts):
        following = starts[number + 1] if number + 1 < len(starts) else len(line)
        for stop in dict.fromkeys((len(line), following)):
            try:
                found.append(Piece(start, stop, parse_any(line[start:stop])))
            except (ValueError, RecursionError):
                continue
            if stop == len(line):
                return found
            break
    return found


def covers(found: list[Piece], line: bytes) -> bool:
    """Whether the pieces are all there is in a line, so that nothing of it is lost."""
    return sum(piece.stop - piece.start for piece in found) == len(line)


def _starts(line: bytes) -> list[int]:
    starts: list[int] = []
    at = line.find(EVENT_START)
    while at >= 0 and len(starts) < MOST_GLUED:
        starts.append(at)
        at = line.find(EVENT_START, at + 1)
    return starts


def is_event(value: object) -> bool:
    """Whether a parsed line is an event, however incomplete."""
    return isinstance(value, dict) and not _EVENT_KEYS.isdisjoint(value)


class Tally:
    """What could not be read of a log, counted: nothing is dropped in silence."""

    __slots__ = ("corrupt_lines", "events", "foreign_lines", "unreadable_files")

    def __init__(self) -> None:
        self.events = 0
        self.corrupt_lines = 0
        """Lines that end in the middle, or are no JSON."""
        self.foreign_lines = 0
        """Lines that are JSON and no event."""
        self.unreadable_files: list[str] = []
        """Each "path: reason"."""

    @contextmanager
    def reading(self, path: Path) -> Iterator[None]:
        """Count a file that cannot be read, or not to its end; the rest of the block is left out then."""
        try:
            yield
        except OSError as error:
            self.unreadable_files.append(f"{path}: {error.strerror or error}")

    def add(self, other: Tally) -> None:
        """Add what another one counted."""
        self.events += other.events
        self.corrupt_lines += other.corrupt_lines
        self.foreign_lines += other.foreign_lines
        self.unreadable_files += other.unreadable_files


def events_of(line: bytes, tally: Tally) -> list[dict[str, Any]]:
    """Parse one line, and count it.

    Returns:
        The event; none where the line holds none; several where events are glued together.
    """
    try:
        value = parse(line)
    except (ValueError, RecursionError):
        return _rescued(line, tally)
    if is_event(value):
        tally.events += 1
        return [value]
    tally.foreign_lines += 1
    return []


def _rescued(line: bytes, tally: Tally) -> list[dict[str, Any]]:
    if not line.strip(BLANK):
        return []
    found = pieces(line)
    tally.corrupt_lines += not covers(found, line)
    tally.events += len(found)
    return [piece.value for piece in found]
