"""Filtering the list of runs: the fields a person can ask for, and what they mean for one run.

The language is the log's (`tessen.query`): terms AND, `-` negates, commas OR, `*` any text, bare words
anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from capture.runs.catalogue import RunRow
from tessen.query import Query, Term
from tessen.query_fields import Field, Range, glob

RUN_FIELDS: tuple[Field, ...] = (
    Field(
        "state",
        "how it is with the run",
        "state:running",
        "name",
        allowed=("running", "finished", "interrupted", "failed", "broken"),
    ),
    Field("run", "the run's name", "run:*parser*", "name"),
    Field("engine", "what ran it", "engine:codex", "name"),
    Field("model", "the model's name", "model:*haiku*", "name"),
    Field("provider", "the vendor", "provider:openrouter", "name"),
    Field("mode", "the session mode", "mode:forked", "name", allowed=("isolated", "chained", "forked")),
    Field("tag", "one of its tags", "tag:baseline", "name"),
    Field("source", "the run that it replays", "source:*", "name"),
    Field("flagged", "whether a judge flagged it", "flagged:yes", "name", allowed=("yes", "no")),
    Field("sessions", "sessions", "sessions>1", "number", "count"),
    Field("steps", "steps", "steps>100", "number", "count"),
    Field("calls", "tool calls", "calls>50", "number", "count"),
    Field("writes", "files written", "writes=0", "number", "count"),
    Field("errors", "errors", "errors>0", "number", "count"),
    Field("cost", "US dollars", "cost>0.50", "number", "money"),
    Field("dur", "duration", "dur>10m", "number", "duration"),
    Field("since", "begun not before", "since:1d", "time"),
    Field("until", "begun not after", "until:2026-11-23T04:00", "time"),
)
"""Every field, in the order that help shows."""

Test = Callable[[RunRow], bool]


def run_test(query: Query, now: float) -> Test:
    """Return the test whether a run holds all terms of a query.

    Args:
        query: Parsed with `RUN_FIELDS`; its errors count for nothing.
        now: Seconds since the epoch, that `since:1d` counts back from.
    """
    tests = [(_test(term, now), term.negated) for term in query.terms]
    return lambda row: all(test(row) != negated for test, negated in tests)


def _test(term: Term, now: float) -> Test:
    if term.field == "text":
        wanted = term.values[0].casefold()
        return lambda row: wanted in row.words.casefold()
    if term.ranges:
        return _number(term, now)
    if term.times:
        kind, seconds = term.times[0]
        bound = now - seconds if kind == "ago" else seconds
        return (
            (lambda row: row.started >= bound) if term.field == "since" else lambda row: row.started <= bound
        )
    names, tests = _NAMES[term.field], [glob(value) for value in term.values]
    return lambda row: any(test(name) for name in names(row) if name for test in tests)


def _number(term: Term, now: float) -> Test:
    compare = _COMPARE[term.operator]

    def test(row: RunRow) -> bool:
        value = (row.ended or now) - row.started if term.field == "dur" else _NUMBERS[term.field](row)
        return value is not None and any(compare(value, bounds) for bounds in term.ranges)

    return test


_COMPARE: dict[str, Callable[[float, Range], bool]] = {
    ">": lambda value, bounds: value > bounds[1],
    ">=": lambda value, bounds: value >= bounds[0],
    "<": lambda value, bounds: value < bounds[0],
    "<=": lambda value, bounds: value <= bounds[1],
    ":": lambda value, bounds: bounds[0] <= value <= bounds[1],
}

_NAMES: dict[str, Callable[[RunRow], Iterable[str | None]]] = {
    "state": lambda row: (row.state,),
    "run": lambda row: (row.name, row.meta.run_name),
    "engine": lambda row: (row.engine,),
    "model": lambda row: (row.meta.model,),
    "provider": lambda row: (row.meta.provider,),
    "mode": lambda row: (row.meta.session_mode,),
    "tag": lambda row: row.meta.tags,
    "source": lambda row: (row.meta.replay_source,),
    "flagged": lambda row: ("yes" if row.flags else "no",),
}

_NUMBERS: dict[str, Callable[[RunRow], float | None]] = {
    "sessions": lambda row: len(row.meta.sessions),
    "steps": lambda row: row.meta.total_steps,
    "calls": lambda row: row.meta.total_tool_calls,
    "writes": lambda row: row.meta.total_file_writes,
    "errors": lambda row: row.errors,
    "cost": lambda row: row.meta.total_cost_usd,
}
