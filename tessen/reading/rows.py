"""Events on their way into sums: those that are alike together, as rows of plain values.

What belongs here is the form that a pass adds up. What calls have in common (their kin) is one key; what is
each one's own is a row. Rows are tuples, and their numbers may still be digits as they stood in the line:
thousands of them are turned into numbers at once, which takes a fraction of the time.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress
from typing import Any, TypeVar, cast

from tessen.reading.facts import Facts
from tessen.reading.parse import parse
from tessen.reading.tools import call_of
from tessen.usage import Usage

Row = tuple[Any, ...]
"""Session id, event id, ts, duration, numbers that make the five counts or None, time to the first token or
None, size, tool calls, failed tools; and the event's columns where they were read from a parsed one."""

Scan = Callable[[bytes, int, int], "tuple[Kin, Row] | None"]
"""(lines, start of one, its end) → what is read of it; None where it has to be parsed."""

Counting = tuple[tuple[int, ...], ...]
"""Which numbers of a row each of the five counts is the sum of."""


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
    counting: Counting | None = None
    """None where the numbers are the five counts themselves."""

    def counts(self, numbers: Sequence[Any]) -> list[int]:
        """The five counts of a row."""
        found = list(map(int, numbers))
        return found if self.counting is None else [sum([found[n] for n in each]) for each in self.counting]

    @property
    def error_name(self) -> str:
        """The error's type with its HTTP status, as reports name it: `RateLimitError (429)`."""
        name = self.error_type or "?"
        return f"{name} ({self.http_status})" if self.http_status else name


kin_of = lru_cache(maxsize=4096)(Kin)
"""The one kin of these values; a second one, once it was forgotten among many, only divides the work."""

MOST_WAITING = 2_048
"""So many rows wait to be added up together: many, and few enough to stay in a processor's cache."""

SomeNumber = TypeVar("SomeNumber", int, float)


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


def facts_of_row(kin: Kin, row: Row) -> Facts | None:
    """Return the columns that a row stands for; None where what stood in the line is no JSON."""
    if row[9] is not None:
        return cast(Facts, row[9])
    session_id, event_id, ts, duration, numbers, ttft, size, calls, failed_tools, _ = row
    try:
        return Facts(
            event_id.decode(),
            session_id.decode(),
            kin.agent,
            float(ts),
            kin.provider,
            kin.surface,
            kin.call_site,
            None if duration == -1.0 else float(duration),
            kin.streamed,
            kin.failed,
            kin.error_type,
            kin.http_status,
            kin.signals,
            kin.model,
            None if numbers is None else Usage(*kin.counts(numbers)),
            size,
            None if ttft is None else float(ttft),
            kin.outcome,
            old=kin.old,
            computed=kin.computed,
            tool_calls=tuple([call_of(each) for each in calls]),
            failed_tools=failed_tools,
        )
    except (ValueError, RecursionError):
        return None


class Waiting:
    """Rows that wait to be added up, by kin."""

    def __init__(self) -> None:
        self._rows: defaultdict[Kin, list[Row]] = defaultdict(list)
        self.count = 0

    def take(self, rows: Sequence[tuple[Kin, Row]]) -> None:
        """Take some rows."""
        known = self._rows
        for kin, row in rows:
            known[kin].append(row)
        self.count += len(rows)

    def drain(self) -> Iterator[Alike]:
        """Yield the rows of each kin, and forget them."""
        rows, self._rows, self.count = self._rows, defaultdict(list), 0
        for kin, alike in rows.items():
            yield Alike(kin, alike)


class Alike:
    """Calls that are alike, as columns.

    Attributes:
        sessions: Their ids.
        events: Their ids.
        ts: Starts, in seconds since the epoch.
        durations: In milliseconds; negative where not known.
        counts: The five counts, each a column; 0 where a call has none.
        known: How many of the calls have counts.
        calls: The tools that each asks for.
        failed_tools: Those that failed before each.
        parsed: The columns of each in full, where it was parsed; else None.
    """

    def __init__(self, kin: Kin, rows: list[Row]) -> None:
        self.kin = kin
        self._rows = rows
        columns = zip(*rows, strict=True)
        self.sessions, self.events, ts, durations, numbers, _, _, *others = columns
        self.calls, self.failed_tools, self.parsed = others
        self.ts = finite(ts)
        self.durations = finite(durations)
        self.known = len(rows) - numbers.count(None)
        self.counts = _columns(numbers, self.known, kin.counting)

    def __len__(self) -> int:
        return len(self._rows)

    def part(self, keep: list[bool]) -> Alike:
        """Return those of the calls that are to be kept."""
        return Alike(self.kin, list(compress(self._rows, keep)))


def _columns(numbers: Sequence[Any], known: int, counting: Counting | None) -> list[list[int]]:
    """Five columns of counts, of rows' numbers."""
    if not known:
        return [[0] * len(numbers)] * 5
    if known < len(numbers):
        nothing = (b"0",) * len(next(filter(None, numbers)))
        numbers = [each or nothing for each in numbers]
    columns = [_values(column, int) for column in zip(*numbers, strict=True)]
    if counting is None:
        return columns
    return [_total([columns[n] for n in each], len(numbers)) for each in counting]


def _total(columns: list[list[int]], size: int) -> list[int]:
    if len(columns) == 1:
        return columns[0]
    return list(map(sum, zip(*columns, strict=True))) if columns else [0] * size


def finite(values: Sequence[Any]) -> list[float]:
    """Digits or numbers, as numbers; zero for what is not finite."""
    found = _values(values, float)
    return found if math.isfinite(sum(found)) else [value if math.isfinite(value) else 0.0 for value in found]


def _values(digits: Sequence[Any], one: type[SomeNumber]) -> list[SomeNumber]:
    """Digits, as JSON writes them, or numbers, as numbers: a list of digits takes a parser less than each."""
    try:
        found: list[SomeNumber] = parse(b"[%b]" % b",".join(digits))
    except TypeError:  # some are numbers
        return list(map(one, digits))
    return found
