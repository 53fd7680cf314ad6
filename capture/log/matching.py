"""Which rows a query selects: masks over columns, a whole stretch of rows at once.

What belongs here is the meaning of terms for columns. A name's test runs once for each different name, not
for each row. Terms of free text are not seen here: they need the bodies (`bodies.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import numpy as np
import numpy.typing as npt

from capture.log.columns import ERROR, NO_COUNT, OUTCOMES, STREAMED, Array, id_number
from capture.log.table import Table
from tessen.query import Query, Term
from tessen.query_fields import Range, Time, glob

Mask = npt.NDArray[np.bool_]

_TOLERANCE = 1e-6
"""Columns hold 32-bit floats: numbers that differ by less than this part are equal."""


def mask(query: Query, table: Table, start: int, stop: int, now: float) -> Mask:
    """Which of the rows in [start, stop) hold all terms but those of free text.

    Args:
        query: The query.
        table: The rows.
        start: The first row.
        stop: The row after the last.
        now: Seconds since the epoch, that `since:15m` counts back from.
    """
    found = np.ones(stop - start, bool)
    rows = slice(start, stop)
    for term in query.terms:
        if term.field == "text":
            continue
        holds = _term(term, table, rows, now)
        found &= ~holds if term.negated else holds
    return found


def _term(term: Term, table: Table, rows: slice, now: float) -> Mask:
    if term.ranges:
        return _number(term, table, rows)
    if term.times:
        return _time(term, table, rows, now)
    if term.field in ("session", "event"):
        return _any([_id(table[term.field][rows], value) for value in term.values])
    return _finding(term, table, rows) if term.field == "finding" else _name(term, table, rows)


def _finding(term: Term, table: Table, rows: slice) -> Mask:
    """Which rows are evidence of such findings; with `none`, which are of no finding at all."""
    tests = [glob(value) for value in term.values if value != "none"]
    any_at_all = np.zeros(rows.stop - rows.start, bool)
    holds = any_at_all.copy()
    for kind, shown in table.evidence.items():
        here = shown[(shown >= rows.start) & (shown < rows.stop)] - rows.start
        any_at_all[here] = True
        if any(test(kind) for test in tests) or "any" in term.values:
            holds[here] = True
    return holds | ~any_at_all if "none" in term.values else holds


def _any(masks: list[Mask]) -> Mask:
    return reduce(np.logical_or, masks)


def _name(term: Term, table: Table, rows: slice) -> Mask:
    tests = [glob(value) for value in term.values]

    def holds(text: str) -> bool:
        return any(test(text) for test in tests)

    if term.field == "status":
        return _flag(table["flags"][rows], ERROR, holds("error"), holds("ok"))
    if term.field == "streamed":
        return _flag(table["flags"][rows], STREAMED, holds("yes"), holds("no"))
    if term.field == "outcome":
        return _by_number(table["outcome"][rows], list(OUTCOMES), holds)
    if term.field == "signal":
        return _by_number(table["signals"][rows], table.strings["signals"].texts, _signals(term, holds))
    column = "error_type" if term.field == "type" else term.field
    return _by_number(
        table[column][rows], table.strings[column].texts, lambda text: bool(text) and holds(text)
    )


def _signals(term: Term, holds: Callable[[str], bool]) -> Callable[[str], bool]:
    """The test of an event's signals, which stand in one string."""
    wants_any, wants_none = "any" in term.values, "none" in term.values

    def test(joined: str) -> bool:
        if not joined:
            return wants_none
        return wants_any or any(map(holds, joined.split("\n")))

    return test


def _flag(flags: Array, bit: int, when_set: bool, when_not: bool) -> Mask:
    return np.where(flags & bit != 0, when_set, when_not)


def _by_number(numbers: Array, texts: list[str], test: Callable[[str], bool]) -> Mask:
    """Test each different name once."""
    holds = np.fromiter(map(test, texts), bool, len(texts))
    chosen: Mask = holds[numbers]
    return chosen


def _id(numbers: Array, wanted: str) -> Mask:
    """Ids that are `wanted`, or begin with it; the first 8 digits of a beginning count (`id_number`)."""
    digits = wanted[:8]
    if len(wanted) < 32 and set(digits) <= set("0123456789abcdef"):
        shift = 4 * (8 - len(digits))
        low = int(digits or "0", 16) << shift + 32
        high = low + (1 << shift + 32) - 1
        return np.asarray((numbers >= np.uint64(low)) & (numbers <= np.uint64(high)) & (numbers != 0))
    return np.asarray(numbers == np.uint64(id_number(wanted)))


def _time(term: Term, table: Table, rows: slice, now: float) -> Mask:
    bound = moment(term.times[0], now)
    order = table["order"][rows]
    holds: Mask = order >= bound if term.field == "since" else order <= bound
    return holds


def moment(time: Time, now: float) -> float:
    """The moment, in seconds since the epoch."""
    kind, seconds = time
    return now - seconds if kind == "ago" else seconds


def _number(term: Term, table: Table, rows: slice) -> Mask:
    values = numbers_of(term.field, table, rows)
    return _any([_compare(values, term.operator, bounds) for bounds in term.ranges])


def _compare(values: Array, operator: str, bounds: Range) -> Mask:
    """Compare, with NaN never true."""
    low, high = bounds
    slack = _TOLERANCE * max(abs(low), abs(high))
    match operator:
        case ">":
            return values > high + slack
        case ">=":
            return values >= low - slack
        case "<":
            return values < low - slack
        case "<=":
            return values <= high + slack
        case _:
            return (values >= low - slack) & (values <= high + slack)


def numbers_of(field: str, table: Table, rows: slice) -> Array:  # noqa: PLR0911 - a table
    """A field's numbers as the query language counts them: seconds, USD, tokens, bytes; NaN for none."""
    match field:
        case "dur":
            return table["duration_ms"][rows].astype("f8") / 1000
        case "ttft":
            return table["ttft_ms"][rows].astype("f8") / 1000
        case "cost":
            return table["cost"][rows].astype("f8")
        case "http":
            return _or_nan(table["http_status"][rows], 0)
        case "attempts":
            return table["attempts"][rows].astype("f8")
        case "size":
            return table["length"][rows].astype("f8")
        case "tok":
            both = _or_nan(table["input_tokens"][rows]), _or_nan(table["output_tokens"][rows])
            total: Array = np.nansum(both, axis=0)
            total[np.isnan(both[0]) & np.isnan(both[1])] = np.nan
            return total
        case _:
            return _or_nan(table[_COUNTS[field]][rows])


_COUNTS = {"in": "input_tokens", "out": "output_tokens", "cached": "cache_read_tokens"}


def _or_nan(numbers: Array, nothing: int = NO_COUNT) -> Array:
    values = numbers.astype("f8")
    values[numbers == nothing] = np.nan
    return values
