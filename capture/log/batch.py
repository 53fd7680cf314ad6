"""Lines into a batch of columns: the inner loop of indexing.

What belongs here turns a stretch of a file into arrays, counting what could not be read. A line is decoded
once; everything after that works on whole columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any, Final

import numpy as np

from capture.log import patience, record
from capture.log.columns import NAMES, NO_COUNT, PARSED, Array, Batch, Strings, id_numbers
from capture.log.record import OUTCOME_NUMBER, Counts, Fields

_BLANK = b" \t\r\n"
_COUNTS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
_NO_COUNTS = Counts()
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
                if event.model is None or (event.usage is None and event.error is None):
                    record.complete(event, line)
                keep(event)
                place(offset)
                length(size)
            except (ValueError, RecursionError):
                self._add_patiently(line, offset)
            offset += size + 1

    def _add_patiently(self, line: bytes, offset: int) -> None:
        if not line.strip(_BLANK):
            return
        try:
            value = patience.parse_any(line)
        except (ValueError, RecursionError):
            self._torn += 1
            self._add_glued(line, offset)
            return
        if not patience.is_event(value):
            self._foreign += 1
            return
        self._odd += bool(patience.odd_fields(value))
        self._keep(patience.read(value), offset, len(line))

    def _add_glued(self, line: bytes, offset: int) -> None:
        """Save the event that was written behind a torn one."""
        for start in patience.glued_events(line):
            try:
                value = patience.parse_any(line[start:])
            except (ValueError, RecursionError):
                continue
            self._keep(patience.read(value), offset + start, len(line) - start)
            return

    def _keep(self, event: Fields, offset: int, length: int) -> None:
        self._events.append(event)
        self._places.append(offset)
        self._lengths.append(length)

    def skip(self) -> None:
        """Count a line that is too long to be read."""
        self._lines += 1
        self._torn += 1

    def take(self) -> Batch:
        """Return what was collected, and start anew."""
        batch = _batch(self._events)
        batch.columns["offset"] = np.array(self._places, PARSED["offset"])
        batch.columns["length"] = np.array(self._lengths, PARSED["length"])
        batch.torn, batch.foreign, batch.odd_fields = self._torn, self._foreign, self._odd
        batch.lines = self._lines
        self._clear()
        return batch


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
    names["error_type"] = ["" if event.error is None else event.error.type for event in events]
    names["signals"] = ["\n".join(signals) if (signals := e.quality_signals) else "" for e in events]
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
    outcomes = [OUTCOME_NUMBER.get(event.outcome, 0) for event in events]
    columns["outcome"] = np.array(outcomes, "<u1")
    columns["http_status"] = _whole(record.http_statuses(events), "<u2", 1000, 0)
    columns["attempts"] = _whole([len(event.attempts) or 1 for event in events], "<u2", 65_536, 1)
    counts = [event.usage or _NO_COUNTS for event in events]
    for column in _COUNTS:
        columns[column] = _whole(list(map(attrgetter(column), counts)), "<u4", NO_COUNT, NO_COUNT)
    return batch


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
