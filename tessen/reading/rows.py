"""Events on their way into sums: those that are alike together, as rows of plain values.

What belongs here is the form that a pass adds up. What calls have in common (their kin) is one key; what is
each one's own is a row. Rows are tuples, and their numbers may still be digits as they stood in the line:
thousands of them are turned into numbers at once, which takes a fraction of the time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tessen.reading.facts import Facts

Row = tuple[Any, ...]
"""Session id, event id, ts, duration, the five counts or None, time to the first token or None, size, tool
calls, failed tools; and the whole of the event's columns where anything else is unusual about it."""


@dataclass(frozen=True, slots=True, eq=False)
class Kin:
    """What calls that are alike have in common; made by `kin_of` only, so that it can be told by identity."""

    agent: str
    provider: str | None
    surface: str | None
    call_site: str | None
    streamed: bool
    failed: bool
    error_type: str | None
    http_status: int | None
    model: str | None
    signals: tuple[str, ...]
    outcome: str = "complete"
    computed: tuple[str, ...] = ()
    old: bool = False

    @property
    def error_name(self) -> str:
        """The error's type with its HTTP status, as reports name it: `RateLimitError (429)`."""
        name = self.error_type or "?"
        return f"{name} ({self.http_status})" if self.http_status else name


kin_of = lru_cache(maxsize=4096)(Kin)
"""The one kin of these values; a second one, once it was forgotten among many, only divides the work."""

MOST_WAITING = 16_384
"""So many rows wait to be added up together."""


def row_of(facts: Facts) -> tuple[Kin, Row]:
    """Return the kin and the row of an event."""
    f = facts
    kin = kin_of(
        *(f.agent, f.provider, f.surface, f.call_site, f.streamed, f.error, f.error_type, f.http_status),
        *(f.model, f.signals, f.outcome, f.computed, f.old),
    )
    duration = -1.0 if f.duration_ms is None else f.duration_ms
    own = (f.session_id.encode("utf-8", "replace"), f.event_id.encode("utf-8", "replace"), f.ts, duration)
    return kin, (*own, f.usage, f.ttft_ms, f.size, f.tool_calls, f.failed_tools, f)


class Waiting:
    """Rows that wait to be added up, by kin."""

    def __init__(self) -> None:
        self._rows: dict[Kin, list[Row]] = {}
        self.count = 0

    def take(self, kin: Kin, row: Row) -> None:
        """Take one row."""
        alike = self._rows.get(kin)
        if alike is None:
            alike = self._rows[kin] = []
        alike.append(row)
        self.count += 1

    def drain(self) -> Iterator[Alike]:
        """Yield the rows of each kin, and forget them."""
        rows, self._rows, self.count = self._rows, {}, 0
        for kin, alike in rows.items():
            yield Alike(kin, alike)


class Alike:
    """Calls that are alike, as columns of numbers.

    Attributes:
        ts: Starts, in seconds since the epoch.
        durations: In milliseconds; negative where not known.
        usages: The five counts of each, or None.
        calls: The tools that each asks for.
        rows: As they came.
    """

    def __init__(self, kin: Kin, rows: list[Row]) -> None:
        self.kin = kin
        self.rows = rows
        self.sessions, self.events, ts, durations, usages, *_ = zip(*rows, strict=True)
        self.ts = finite(ts)
        self.durations = finite(durations)
        self.usages = _counts(usages)

    def __len__(self) -> int:
        return len(self.rows)

    def part(self, keep: list[bool]) -> Alike:
        """Return those of the calls that are to be kept."""
        return Alike(self.kin, [row for row, kept in zip(self.rows, keep, strict=True) if kept])


def _counts(usages: tuple[Any, ...]) -> list[tuple[int, ...] | None]:
    """Counts as numbers; None stays None."""
    if None in usages:
        return [None if counts is None else tuple(map(int, counts)) for counts in usages]
    return list(zip(*map(_whole, zip(*usages, strict=True)), strict=True))


def _whole(digits: tuple[Any, ...]) -> Iterable[int]:
    """Digits or numbers, as numbers; those that are mostly the same are each turned into one once."""
    different = set(digits)
    if len(different) * 4 > len(digits):
        return map(int, digits)
    return map({each: int(each) for each in different}.__getitem__, digits)


def finite(values: Sequence[Any]) -> list[float]:
    """Digits or numbers, as numbers; zero for what is not finite."""
    found = list(map(float, values))
    return found if math.isfinite(sum(found)) else [value if math.isfinite(value) else 0.0 for value in found]
