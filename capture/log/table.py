"""The index in memory: columns that only grow, a few numbers for each event, never an object.

What belongs here is storage. Columns lie in address space that is reserved once and filled by the system
page by page, so that growing never copies; other threads may read rows below `count` at any time, one
thread appends.
"""

from __future__ import annotations

import mmap
import time
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from capture.log.columns import COLUMNS, NAMES, NO_COUNT, OUTCOMES, PARSED, STREAMED, Array, Batch, Strings
from capture.log.columns import ERROR as ERROR_FLAG
from capture.log.source import Row

RESERVED_ROWS = 4_194_304
"""Rows that fit before columns have to move."""

ROW_BYTES = sum(np.dtype(kind).itemsize for kind in COLUMNS.values())
FUTURE_S = 86_400.0
"""A time further ahead than this is a broken clock, and does not count for the order."""

_NORESERVE = getattr(mmap, "MAP_NORESERVE", 0)


class Table:
    """All rows, by column.

    Attributes:
        count: rows so far. A row's number is its place.
        strings: for each named column, its list of strings.
        evidence: for each kind of finding over several events, the rows that show one.
    """

    def __init__(self, reserve: int = RESERVED_ROWS) -> None:
        self.count = 0
        self.strings = {name: Strings() for name in NAMES}
        self.evidence: Mapping[str, npt.NDArray[np.int32]] = {}
        self._capacity = reserve
        self._columns = {name: _reserved(reserve, kind) for name, kind in COLUMNS.items()}

    def __getitem__(self, name: str) -> Array:
        """A column as it is now, not copied."""
        return self._columns[name][: self.count]

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the rows and their strings take."""
        return self.count * ROW_BYTES + sum(strings.nbytes for strings in self.strings.values())

    def append(self, batch: Batch, file: int, fallback_ts: float) -> range:
        """Take a batch in.

        Args:
            batch: The rows.
            file: The number of their file.
            fallback_ts: The time to sort rows by that state none and have no neighbour that does.

        Returns:
            The new rows' numbers.
        """
        start, stop = self.count, self.count + len(batch)
        if stop > self._capacity:
            self._move(stop)
        for name in PARSED:
            values = batch.columns[name]
            if name in NAMES:
                values = self.strings[name].translation(batch.strings[name])[values]
            self._columns[name][start:stop] = values
        self._columns["file"][start:stop] = file
        self._columns["cost"][start:stop] = np.nan
        self._columns["order"][start:stop] = order_of(batch.columns["ts"], fallback_ts)
        self.count = stop
        return range(start, stop)

    def _move(self, needed: int) -> None:
        self._capacity = max(needed, 2 * self._capacity)
        for name, old in self._columns.items():
            new = _reserved(self._capacity, COLUMNS[name])
            new[: self.count] = old[: self.count]
            self._columns[name] = new

    def set_cost(self, rows: slice | npt.NDArray[np.int64], cost: Array) -> None:
        """Set what calls cost, in USD; NaN where it is not known."""
        self._columns["cost"][: self.count][rows] = cost

    def text(self, name: str, row: int) -> str:
        """The string that a named column holds for a row."""
        return self.strings[name].texts[int(self._columns[name][row])]

    def row(self, row: int) -> Row:
        """A row's columns as values.

        Raises:
            IndexError: there is no such row.
        """
        if not 0 <= row < self.count:
            raise IndexError(f"no row {row}")
        get = self._value
        flags, signals = int(get("flags", row)), self.text("signals", row)
        return Row(
            id=row,
            ts=float(get("ts", row)),
            agent=self.text("agent", row),
            provider=self.text("provider", row) or None,
            surface=self.text("surface", row) or None,
            model=self.text("model", row) or None,
            session=int(get("session", row)),
            error=bool(flags & ERROR_FLAG),
            http_status=int(get("http_status", row)) or None,
            error_type=self.text("error_type", row) or None,
            outcome=OUTCOMES[int(get("outcome", row))],
            signals=tuple(signals.split("\n")) if signals else (),
            duration_ms=_known(get("duration_ms", row)),
            ttft_ms=_known(get("ttft_ms", row)),
            input_tokens=_count(get("input_tokens", row)),
            output_tokens=_count(get("output_tokens", row)),
            cache_read_tokens=_count(get("cache_read_tokens", row)),
            cache_write_tokens=_count(get("cache_write_tokens", row)),
            cost_usd=_known(get("cost", row)),
            attempts=int(get("attempts", row)),
            streamed=bool(flags & STREAMED),
            size=int(get("length", row)),
        )

    def _value(self, name: str, row: int) -> float:
        value: float = self._columns[name].item(row)
        return value


def order_of(ts: Array, fallback: float) -> Array:
    """The times to sort by: those stated, and for a row without a sensible one that of the row before it."""
    good = (ts > 0) & (ts < time.time() + FUTURE_S)
    if good.all():
        return ts
    if not good.any():
        return np.full(len(ts), fallback)
    before = np.maximum.accumulate(np.where(good, np.arange(len(ts)), -1))
    order: Array = ts[np.where(before >= 0, before, int(np.argmax(good)))]
    return order


def _reserved(rows: int, kind: str) -> Array:
    """An array whose memory is taken from the system only where it is written."""
    dtype = np.dtype(kind)
    space = mmap.mmap(-1, rows * dtype.itemsize, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NORESERVE)
    return np.frombuffer(space, dtype)


def _known(value: float) -> float | None:
    return None if value != value else value  # noqa: PLR0124 - the test for NaN


def _count(value: float) -> int | None:
    return None if value == NO_COUNT else int(value)
