"""Lines into a batch of columns: the inner loop of indexing.

What belongs here turns a stretch of a file into arrays, counting what could not be read. A line is decoded
once; everything after that works on whole columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import Any, Final, TypeVar

import numpy as np

from capture.log import patience, record
from capture.log.columns import NAMES, NO_COUNT, PARSED, Array, Batch, Strings, id_numbers
from capture.log.record import COMPLETE, OUTCOME_NUMBER, Counts, Fields
from tessen.reading import parse
from tessen.reading.stretch import Lines

_OPENING, _CLOSING = b"{}"
_COUNTS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
_NO_COUNTS = Counts()
T = TypeVar("T")
_MOST = 1e30
"""Greater times and durations are nonsense, and would not fit their columns."""


class Batcher:
    """Collects the lines of one stretch of a file and makes a batch of them."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._events: list[Fields] = []
        self._places: list[int] = []
        self._lengths: list[int] = []
        self._torn = self._foreign = self._odd = self._lines = 0

    def take_in(self, part: Lines) -> None:
        """Take in a part of a file: decoded in one go where each of its lines is an event."""
        if part.chunk is None:
            self._lines += 1
            self._torn += 1
            return
        starts = _starts(part.chunk, part.size)
        try:
            events = record.decode_lines(memoryview(part.chunk)[: part.size]) if starts else []
            whole = bool(starts) and len(events) == len(starts)
            if whole:
                self._take(events, starts, part)
        except (ValueError, RecursionError):
            whole = False
        if not whole:
            self.add(part.lines, part.offset)

    def _take(self, events: list[Fields], starts: list[int], part: Lines) -> None:
        """Take in the events of a part, one a line."""
        assert part.chunk is not None
        lengths = [after - start - 1 for start, after in pairwise((*starts, part.size + 1))]
        for place, event in enumerate(events):
            if event.v is None or event.model is None:
                start = starts[place]
                record.complete(event, part.chunk[start : start + lengths[place]])
        self._lines += len(events)
        self._events += events
        self._places += [part.offset + start for start in starts]
        self._lengths += lengths

    def add(self, lines: Sequence[bytes], offset: int) -> None:
        """Take complete lines in.

        Args:
            lines: Lines without their newlines.
            offset: Where the first one starts in its file, in bytes; each next one starts a newline later.
        """
        keep, place, length = self._events.append, self._places.append, self._lengths.append
        decode = record.decode
        self._lines += len(lines)
        for line in lines:
            size = len(line)
            try:
                event = decode(line)
                if event.v is None or event.model is None:
                    record.complete(event, line)
                keep(event)
                place(offset)
                length(size)
            except (ValueError, RecursionError):
                self._add_patiently(line, offset)
            offset += size + 1

    def _add_patiently(self, line: bytes, offset: int) -> None:
        if not line.strip(parse.BLANK):
            return
        try:
            value = parse.parse_any(line)
        except (ValueError, RecursionError):
            self._add_pieces(line, offset)
            return
        if not parse.is_event(value):
            self._foreign += 1
            return
        self._odd += bool(patience.odd_fields(value))
        self._keep(patience.read(value), offset, len(line))

    def _add_pieces(self, line: bytes, offset: int) -> None:
        """Save the events that were written behind a torn one, or without a newline between them."""
        found = parse.pieces(line)
        self._torn += not parse.covers(found, line)
        for start, stop, value in found:
            self._keep(patience.read(value), offset + start, stop - start)

    def _keep(self, event: Fields, offset: int, length: int) -> None:
        self._events.append(event)
        self._places.append(offset)
        self._lengths.append(length)

    def take(self) -> Batch:
        """Return what was collected, and start anew."""
        batch = _batch(self._events)
        batch.columns["offset"] = np.array(self._places, PARSED["offset"])
        batch.columns["length"] = np.array(self._lengths, PARSED["length"])
        batch.torn, batch.foreign, batch.odd_fields = self._torn, self._foreign, self._odd
        batch.lines = self._lines
        self._clear()
        return batch


def _starts(chunk: bytes, size: int) -> list[int]:
    """Where the lines of a chunk start; empty if not each of them begins and ends as an object does.

    `decode_lines` takes any white space for a line's end. With this looked at, as many events as lines means
    an event a line.
    """
    if not (size and chunk[0] == _OPENING and chunk[size - 1] == _CLOSING):
        return []
    starts, find = [0], chunk.find
    while (at := find(b"\n", starts[-1], size)) >= 0:
        if chunk[at - 1] != _CLOSING or chunk[at + 1] != _OPENING:
            return []
        starts.append(at + 1)
    return starts


_NAME_OF: Final = {
    "agent": attrgetter("agent_name"),
    "provider": attrgetter("provider"),
    "surface": attrgetter("surface"),
    "model": attrgetter("model"),
}


def _batch(events: list[Fields]) -> Batch:
    """Make the columns that the fields give."""
    batch = Batch({}, {})
    names: dict[str, Iterable[str | None]] = {name: map(get, events) for name, get in _NAME_OF.items()}
    names["site"] = record.sites(events)
    total = len(events)
    errors = [(row, event.error) for row, event in enumerate(events) if event.error is not None]
    names["error_type"] = _mostly("", total, ((row, error.type) for row, error in errors))
    marked = ((row, "\n".join(e.quality_signals)) for row, e in enumerate(events) if e.quality_signals)
    names["signals"] = _mostly("", total, marked)
    for name in NAMES:
        batch.columns[name], batch.strings[name] = _numbered(names[name])
    columns = batch.columns
    columns["event"] = id_numbers([event.event_id for event in events])
    columns["session"] = id_numbers([event.session_id for event in events])
    for column in ("ts", "duration_ms", "ttft_ms"):
        values = _floats(list(map(attrgetter(column), events)), "<f8")
        values[~(np.abs(values) < _MOST)] = 0.0 if column == "ts" else np.nan
        columns[column] = values.astype(PARSED[column])
    columns["flags"] = np.array(record.flags(events), "<u1")
    ends = ((row, OUTCOME_NUMBER.get(e.outcome, 0)) for row, e in enumerate(events) if e.outcome != COMPLETE)
    columns["outcome"] = np.array(_mostly(0, total, ends), "<u1")
    statuses = _mostly(0, total, ((row, error.status_code or 0) for row, error in errors))
    columns["http_status"] = _whole(statuses, "<u2", 1000, 0)
    tries = _mostly(1, total, ((row, len(e.attempts)) for row, e in enumerate(events) if e.attempts))
    columns["hour_writes"] = _whole(record.hour_writes(events), "<u4", NO_COUNT, 0)
    columns["attempts"] = _whole(tries, "<u2", 65_536, 1)
    counts = [event.usage or _NO_COUNTS for event in events]
    for column in _COUNTS:
        columns[column] = _whole(list(map(attrgetter(column), counts)), "<u4", NO_COUNT, NO_COUNT)
    return batch


def _mostly(usual: T, count: int, others: Iterable[tuple[int, T]]) -> list[T]:
    """A column of one value, but for some rows."""
    column = [usual] * count
    for row, value in others:
        column[row] = value
    return column


def _numbered(values: Iterable[str | None]) -> tuple[Array, list[str]]:
    """Strings as numbers, and what the numbers stand for."""
    known = Strings()
    return np.array(list(map(known.__getitem__, values)), "<u2"), known.texts


def _floats(values: list[Any], dtype: str) -> Array:
    """Numbers; NaN for those beyond every float."""
    try:
        return np.array(values, dtype)
    except OverflowError:  # an integer of more than 308 digits
        return np.array([record.NAN if abs(value) > 1e300 else value for value in values], dtype)


def _whole(values: list[Any], dtype: str, limit: int, instead: int) -> Array:
    """Counts below the limit; `instead` for those that are not."""
    wide = _floats(values, "<f8")
    wide[~((wide >= 0) & (wide < limit))] = instead
    return wide.astype(dtype)
