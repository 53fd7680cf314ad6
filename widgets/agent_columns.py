"""The columns of the agent table: what each shows, how wide, what drops first, and how it sorts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from capture.log.source import AgentSummary
from tessen import format as show
from tessen.sanitise import one_line
from widgets.event_line import short_model
from widgets.glyphs import ARROW
from widgets.sparkline import sparkline

GUTTER = 1
GAP = 2
STATES = ("failing", "looping", "stalled", "active", "idle")
"""In order of trouble."""

Text = Callable[[AgentSummary, float, int], str]
"""A summary, the time now in seconds, the cells there are → what stands in the column."""


@dataclass(frozen=True, slots=True)
class AgentColumn:
    """One column."""

    name: str
    title: str
    width: int
    """Cells; the least there must be for a column that grows."""
    text: Text
    right: bool = True
    grows_to: int = 0
    """Cells up to which it takes what is left over; 0 for a fixed width."""
    sort: Callable[[AgentSummary], Any] | None = None
    """What to sort by, smallest first; None for a column that cannot be sorted by."""


def by_trouble(summary: AgentSummary) -> tuple[int, float]:
    """Most trouble first, then the most recent."""
    rank = STATES.index(summary.state) if summary.state in STATES else len(STATES)
    return rank, -summary.last_ts


def known_cost(summary: AgentSummary, usd: float) -> float | None:
    """A sum of money, or None where none of it could be priced: unknown is not free."""
    return usd if usd > 0 or not summary.unpriced else None


def cost_text(summary: AgentSummary, usd: float) -> str:
    """A sum of money; with a plus where it is not all, since some calls have no known price."""
    if not summary.unpriced:
        return show.money(usd)
    return f"{show.money(usd)}+" if usd > 0 else "unpriced"


COLUMNS = (
    AgentColumn("state", "state", 9, lambda a, now, w: one_line(a.state, 20), right=False, sort=by_trouble),
    AgentColumn(
        "agent",
        "agent",
        12,
        lambda a, now, w: one_line(a.name, 200),
        right=False,
        grows_to=28,
        sort=lambda a: a.name,
    ),
    AgentColumn("last", "last", 4, lambda a, now, w: show.age(now - a.last_ts), sort=lambda a: -a.last_ts),
    AgentColumn(
        "rate", "/min", 4, lambda a, now, w: show.rate(a.calls_per_minute), sort=lambda a: -a.calls_per_minute
    ),
    AgentColumn(
        "spark", "last 30min", 10, lambda a, now, w: sparkline(a.sparkline, w), right=False, grows_to=30
    ),
    AgentColumn("errors", "err", 4, lambda a, now, w: show.count(a.errors), sort=lambda a: -a.errors),
    AgentColumn(
        "anomalies", "anom", 4, lambda a, now, w: show.count(a.anomalies), sort=lambda a: -a.anomalies
    ),
    AgentColumn("p50", "p50", 6, lambda a, now, w: show.duration(a.p50_ms), sort=lambda a: -(a.p50_ms or 0)),
    AgentColumn("p95", "p95", 6, lambda a, now, w: show.duration(a.p95_ms), sort=lambda a: -(a.p95_ms or 0)),
    AgentColumn(
        "tokens",
        "in" + ARROW + "out ",
        9,
        lambda a, now, w: f"{show.count(a.input_tokens)}{ARROW}{show.count(a.output_tokens):<4}",
        sort=lambda a: -(a.input_tokens + a.output_tokens),
    ),
    AgentColumn(
        "today",
        "today",
        8,
        lambda a, now, w: cost_text(a, a.cost_today_usd),
        sort=lambda a: -a.cost_today_usd,
    ),
    AgentColumn(
        "hourly",
        "$/h",
        8,
        lambda a, now, w: cost_text(a, a.cost_per_hour_usd),
        sort=lambda a: -a.cost_per_hour_usd,
    ),
    AgentColumn(
        "models",
        "models",
        10,
        lambda a, now, w: ", ".join(map(short_model, a.models)),
        right=False,
        grows_to=200,
    ),
)

IMPORTANCE = (
    *("state", "agent", "last", "errors", "hourly", "spark", "p95", "anomalies"),
    *("rate", "today", "tokens", "p50", "models"),
)
"""What is given room first."""


@lru_cache(64)
def agent_columns_for(width: int, name_width: int) -> tuple[tuple[AgentColumn, int], ...]:
    """The columns that fit, each with its cells, left to right.

    Args:
        width: cells of the whole line.
        name_width: cells of the longest agent name.
    """
    room = width - GUTTER
    chosen: dict[str, int] = {}
    for name in IMPORTANCE:
        wanted = _name_cells(width, name_width) if name == "agent" else _BY_NAME[name].width
        if wanted + GAP > room:
            break
        chosen[name] = wanted
        room -= wanted + GAP
    _grow(chosen, room, name_width)
    return tuple((column, chosen[column.name]) for column in COLUMNS if column.name in chosen)


_BY_NAME = {column.name: column for column in COLUMNS}


def _name_cells(width: int, name_width: int) -> int:
    """Names are read in full where there is any room for it."""
    return max(8, min(name_width, 12 if width < 70 else 18))


def _grow(chosen: dict[str, int], room: int, name_width: int) -> None:
    """Hand out the cells left over: first to the names, then to the sparkline, then to the models."""
    for name in ("agent", "spark", "models"):
        if name in chosen:
            most = min(name_width, _BY_NAME[name].grows_to) if name == "agent" else _BY_NAME[name].grows_to
            extra = max(0, min(room, most - chosen[name]))
            chosen[name] += extra
            room -= extra


def sorted_by(name: str, summaries: Sequence[AgentSummary]) -> list[AgentSummary]:
    """The summaries in the order of a column; ties keep their order."""
    sort = _BY_NAME[name].sort
    return sorted(summaries, key=sort) if sort else list(summaries)


def sortable(columns: Sequence[tuple[AgentColumn, int]]) -> list[str]:
    """The names of the drawn columns that can be sorted by, left to right."""
    return [column.name for column, _ in columns if column.sort]
