"""Which events a query selects: the meaning of its terms for one event.

What belongs here is what `capture.log.matching` says for whole columns; one set of tests holds both to it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from tessen.query import Query, Term, parse_query
from tessen.query_fields import Range, glob
from tessen.query_text import text_test
from tessen.reading.envelope import dumps
from tessen.reading.facts import Facts, facts_of

Written = bytes | Iterable[bytes]
"""An event's line; or pieces of it that overlap, where it is too long to be held."""

Test = Callable[[Facts, Written], bool]
"""Whether an event, and its line, hold something."""

_TOLERANCE = 1e-6
"""The app's columns hold 32-bit floats: numbers that differ by less than this part are equal."""


class Matcher:
    """The test of one query.

    Args:
        query: The query; its errors count for nothing.
        now: Seconds since the epoch, that `since:15m` counts back from; by default the clock.
    """

    def __init__(self, query: Query, now: float | None = None) -> None:
        self.needs_line = bool(query.texts)
        """Whether the line itself is looked at, not only its columns."""
        at = time.time() if now is None else now
        self._tests = [(_test(term, at), term.negated) for term in query.terms]

    def __call__(self, facts: Facts, line: Written = b"") -> bool:
        """Whether an event holds all terms.

        Args:
            facts: Its columns.
            line: Its line; looked at for free text only.
        """
        return all(test(facts, line) != negated for test, negated in self._tests)

    def event(self, event: dict[str, Any]) -> bool:
        """Whether a parsed event holds all terms."""
        line = dumps(event, indent=None, ascii=False).encode("utf-8", "replace")
        return self(facts_of(event, len(line)), line)


def matcher(text: str, now: float | None = None) -> Matcher:
    """Return the test of a query as a person types it.

    Raises:
        ValueError: A term cannot be understood; the message says which, why, and what to write instead.
    """
    query = parse_query(text)
    if query.errors:
        error = query.errors[0]
        hint = f"; {error.hint}" if error.hint else ""
        raise ValueError(f"filter {text[error.start : error.end]!r}: {error.message}{hint}")
    if any(term.field == "finding" for term in query.terms):
        raise ValueError("filter 'finding': one event does not show it; `tessen analyze` and the app do")
    return Matcher(query, now)


def _test(term: Term, now: float) -> Test:
    if term.field == "text":
        holds = text_test(term.values[0])
        return lambda _, line: any(holds(piece.lower()) for piece in _pieces(line))
    if term.ranges:
        return _number(term)
    if term.times:
        kind, seconds = term.times[0]
        bound = now - seconds if kind == "ago" else seconds
        return (lambda facts, _: facts.ts >= bound) if term.field == "since" else lambda f, _: f.ts <= bound
    if term.field in ("session", "event"):
        return _id(term)
    return _name(term)


def _pieces(line: Written) -> Iterable[bytes]:
    return (line,) if isinstance(line, bytes) else line


def _number(term: Term) -> Test:
    value_of, compare = _NUMBERS[term.field], _COMPARE[term.operator]

    def test(facts: Facts, _: Written) -> bool:
        value = value_of(facts)
        return value is not None and any(compare(value, bounds, _slack(bounds)) for bounds in term.ranges)

    return test


def _slack(bounds: Range) -> float:
    return _TOLERANCE * max(abs(bounds[0]), abs(bounds[1]))


_COMPARE: dict[str, Callable[[float, Range, float], bool]] = {
    ">": lambda value, bounds, slack: value > bounds[1] + slack,
    ">=": lambda value, bounds, slack: value >= bounds[0] - slack,
    "<": lambda value, bounds, slack: value < bounds[0] - slack,
    "<=": lambda value, bounds, slack: value <= bounds[1] + slack,
    ":": lambda value, bounds, slack: bounds[0] - slack <= value <= bounds[1] + slack,
}


def _id(term: Term) -> Test:
    if term.field == "event":
        return lambda facts, _: any(facts.event_id.lower().startswith(value) for value in term.values)
    return lambda facts, _: any(facts.session_id.lower().startswith(value) for value in term.values)


def _name(term: Term) -> Test:
    tests = [glob(value) for value in term.values]

    def holds(text: str | None) -> bool:
        return bool(text) and any(test(text or "") for test in tests)

    if term.field == "signal":
        return _signal(term, holds)
    name_of = _NAMES[term.field]
    return lambda facts, _: holds(name_of(facts))


def _signal(term: Term, holds: Callable[[str | None], bool]) -> Test:
    wants_any, wants_none = "any" in term.values, "none" in term.values

    def test(facts: Facts, _: Written) -> bool:
        if not facts.signals:
            return wants_none
        return wants_any or any(map(holds, facts.signals))

    return test


_NAMES: dict[str, Callable[[Facts], str | None]] = {
    "status": lambda facts: "error" if facts.error else "ok",
    "agent": lambda facts: facts.agent,
    "model": lambda facts: facts.model,
    "provider": lambda facts: facts.provider,
    "surface": lambda facts: facts.surface,
    "site": lambda facts: facts.call_site,
    "type": lambda facts: facts.error_type,
    "outcome": lambda facts: facts.outcome,
    "streamed": lambda facts: "yes" if facts.streamed else "no",
}

_NUMBERS: dict[str, Callable[[Facts], float | None]] = {
    "http": lambda facts: facts.http_status,
    "dur": lambda facts: None if facts.duration_ms is None else facts.duration_ms / 1000,
    "ttft": lambda facts: None if facts.ttft_ms is None else facts.ttft_ms / 1000,
    "cost": lambda facts: facts.cost_usd,
    "tok": lambda facts: None if facts.usage is None else sum(facts.usage[:2]),
    "in": lambda facts: None if facts.usage is None else facts.usage.input_tokens,
    "out": lambda facts: None if facts.usage is None else facts.usage.output_tokens,
    "cached": lambda facts: None if facts.usage is None else facts.usage.cache_read_tokens,
    "attempts": lambda facts: facts.attempts,
    "size": lambda facts: facts.size,
}
