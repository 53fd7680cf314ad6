"""The columns of the list of runs: what each shows, how wide, what drops first, and how it sorts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from capture.runs.catalogue import RunRow
from tessen import format as show
from tessen.sanitise import one_line
from widgets.cursor_list import GAP, GUTTER
from widgets.event_line import short_model
from widgets.glyphs import BRANCH

STATES = ("running", "broken", "failed", "interrupted", "finished")
"""In the order in which they concern a person."""


class Listed(NamedTuple):
    """One line of the list."""

    row: RunRow
    depth: int = 0
    """How deep it stands below the run that it replays."""
    hits: int = 0
    """Places in it that a search found."""


Text = Callable[[Listed, float], str]
"""A line, the time now in seconds → what stands in the column; safe to draw."""


@dataclass(frozen=True, slots=True)
class RunColumn:
    """One column."""

    name: str
    title: str
    width: int
    """Cells; the least there must be for a column that grows."""
    text: Text
    right: bool = True
    grows_to: int = 0
    """Cells up to which it takes what is left over; 0 for a fixed width."""
    sort: Callable[[RunRow], Any] | None = None
    """What to sort by, smallest first; None for a column that cannot be sorted by."""


def _words(value: str | None) -> str:
    return one_line(value or show.UNKNOWN, 200)


def _some(number: int) -> str:
    """A count of which none is the usual, and quiet."""
    return show.count(number) if number else show.NONE


def _name(line: Listed) -> str:
    return "  " * max(0, line.depth - 1) + (f"{BRANCH} " if line.depth else "") + one_line(line.row.name, 200)


def _about(line: Listed) -> str:
    """Why it is broken, else what it is about."""
    return one_line(line.row.problem or line.row.meta.hypothesis or "", 400)


def _by_state(row: RunRow) -> tuple[int, float]:
    return STATES.index(row.state), -row.started


COLUMNS = (
    RunColumn("state", "state", 11, lambda a, now: a.row.state, right=False, sort=_by_state),
    RunColumn(
        "run", "run", 12, lambda a, now: _name(a), right=False, grows_to=60, sort=lambda row: row.name.lower()
    ),
    RunColumn("hits", "hits", 4, lambda a, now: _some(a.hits)),
    RunColumn(
        "age",
        "age",
        4,
        lambda a, now: show.age(now - a.row.started) if a.row.started else show.UNKNOWN,
        sort=lambda row: -row.started,
    ),
    RunColumn(
        "took",
        "took",
        6,
        lambda a, now: show.duration(_took(a.row, now)),
        sort=lambda row: -((row.ended or 0) - row.started),
    ),
    RunColumn(
        "sessions",
        "sess",
        4,
        lambda a, now: show.count(len(a.row.meta.sessions)),
        sort=lambda row: -len(row.meta.sessions),
    ),
    RunColumn(
        "steps",
        "steps",
        5,
        lambda a, now: show.count(a.row.meta.total_steps),
        sort=lambda row: -row.meta.total_steps,
    ),
    RunColumn(
        "calls",
        "calls",
        5,
        lambda a, now: show.count(a.row.meta.total_tool_calls),
        sort=lambda row: -row.meta.total_tool_calls,
    ),
    RunColumn(
        "writes",
        "writes",
        6,
        lambda a, now: _some(a.row.meta.total_file_writes),
        sort=lambda row: -row.meta.total_file_writes,
    ),
    RunColumn(
        "cost",
        "cost",
        7,
        lambda a, now: show.money(a.row.meta.total_cost_usd),
        sort=lambda row: -(row.meta.total_cost_usd or 0),
    ),
    RunColumn("errors", "err", 3, lambda a, now: _some(a.row.errors), sort=lambda row: -row.errors),
    RunColumn("flags", "flag", 4, lambda a, now: _some(a.row.flags), sort=lambda row: -row.flags),
    RunColumn(
        "model",
        "model",
        11,
        lambda a, now: short_model(a.row.meta.model or show.UNKNOWN),
        right=False,
        grows_to=20,
        sort=lambda row: row.meta.model or "",
    ),
    RunColumn(
        "engine", "engine", 11, lambda a, now: _words(a.row.engine), right=False, sort=lambda row: row.engine
    ),
    RunColumn(
        "mode",
        "mode",
        8,
        lambda a, now: _words(a.row.meta.session_mode),
        right=False,
        sort=lambda row: row.meta.session_mode or "",
    ),
    RunColumn("about", "hypothesis", 24, lambda a, now: _about(a), right=False, grows_to=80),
    RunColumn(
        "tags",
        "tags",
        8,
        lambda a, now: one_line(" ".join(a.row.meta.tags), 200),
        right=False,
        grows_to=24,
        sort=lambda row: row.meta.tags,
    ),
)

IMPORTANCE = (
    *("state", "run", "hits", "age", "steps", "cost", "errors", "flags", "model", "writes", "calls"),
    *("about", "engine", "sessions", "tags", "mode", "took"),
)
"""What is given room first."""

_BY_NAME = {column.name: column for column in COLUMNS}


@lru_cache(64)
def run_columns_for(
    width: int, name_width: int, hidden: frozenset[str] = frozenset()
) -> tuple[tuple[RunColumn, int], ...]:
    """The columns that fit, each with its cells, left to right.

    Args:
        width: cells of the whole line.
        name_width: cells of the longest name.
        hidden: names of columns that have nothing to show.
    """
    room = width - GUTTER
    chosen: dict[str, int] = {}
    for name in IMPORTANCE:
        if name in hidden:
            continue
        wanted = _name_cells(width, name_width) if name == "run" else _BY_NAME[name].width
        if wanted + GAP > room:
            continue
        chosen[name] = wanted
        room -= wanted + GAP
    for name in ("run", "about", "model", "tags"):
        if name in chosen:
            most = min(name_width, _BY_NAME[name].grows_to) if name == "run" else _BY_NAME[name].grows_to
            extra = max(0, min(room, most - chosen[name]))
            chosen[name] += extra
            room -= extra
    return tuple((column, chosen[column.name]) for column in COLUMNS if column.name in chosen)


def sorted_by(name: str, rows: Sequence[RunRow]) -> list[RunRow]:
    """The runs in the order of a column; ties keep their order."""
    sort = _BY_NAME[name].sort
    return sorted(rows, key=sort) if sort else list(rows)


def sortable(columns: Sequence[tuple[RunColumn, int]]) -> list[str]:
    """The names of the drawn columns that can be sorted by, left to right."""
    return [column.name for column, _ in columns if column.sort]


def _name_cells(width: int, name_width: int) -> int:
    """Names differ at their ends, so they get room first."""
    return max(8, min(name_width, 16 if width < 70 else 24 if width < 110 else 32))


def _took(row: RunRow, now: float) -> float | None:
    """Milliseconds from its beginning to its end, or to now while it lives."""
    end = now if row.state == "running" else row.ended
    return (end - row.started) * 1000 if row.started and end is not None else None
