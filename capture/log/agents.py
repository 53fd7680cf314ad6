"""What the log says of each agent as of now: totals of today, the last hour minute by minute, a state.

What belongs here is running sums over rows as they arrive, in any order, so that asking costs the same with a
thousand rows and with a million. How a state is judged is `states.py`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from capture.log.columns import ERROR, NO_COUNT, Array
from capture.log.findings.placed import Placed
from capture.log.folding import NO_ROWS, Rows
from capture.log.source import AgentSummary
from capture.log.states import STATES, goes_on, judge
from capture.log.table import Table

NEWEST = 512
"""Rows kept for each agent, for percentiles and states."""

DAY_S = 86_400
SPARK_MINUTES = 30
_HOUR_MINUTES = 60
_RATE_S = 300.0


class Host(Protocol):
    """What the sums need of their log."""

    table: Table
    epoch: int
    cost_epoch: int
    found: Placed
    """The patterns over several events."""

    def alive(self, rows: Rows) -> Array:
        """Whether each row's file is still there."""


@dataclass(slots=True)
class _Agent:
    """Running sums of one agent."""

    events: int = 0
    errors: int = 0
    anomalies: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0
    unpriced: int = 0
    models: Counter[int] = field(default_factory=Counter)
    signals: Counter[int] = field(default_factory=Counter)
    newest: Rows = field(default_factory=lambda: NO_ROWS)
    """Its newest rows of any day, in time order."""
    minutes: dict[int, list[float]] = field(default_factory=dict)
    """Minute since the epoch → calls and USD in it, of the last hour."""
    percentiles: tuple[float | None, float | None] | None = None
    """Those of `newest`, when it has not changed since."""


class Agents:
    """Summaries of all agents of a log."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._day = -1
        self._begin(0)

    def _begin(self, day: int) -> None:
        self._day = day
        self._epochs = (self._host.epoch, self._host.cost_epoch)
        self._seen = 0
        self._agents: dict[int, _Agent] = {}

    def summaries(self, now: float) -> list[AgentSummary]:
        """A summary an agent, most trouble first, then the most recent."""
        day = int(now // DAY_S)
        if day != self._day or self._epochs != (self._host.epoch, self._host.cost_epoch):
            self._begin(day)
        self._take_new(now)
        made = [self._summary(number, agent, now) for number, agent in self._agents.items()]
        return sorted(made, key=lambda each: (STATES.index(each.state), -each.last_ts, each.name))

    def _take_new(self, now: float) -> None:
        table = self._host.table
        start, self._seen = self._seen, table.count
        if start == self._seen:
            return
        rows = np.arange(start, self._seen, dtype="i4")
        rows = rows[self._host.alive(rows)]
        agents = table["agent"][rows]
        by_agent = np.argsort(agents, kind="stable")
        borders = np.flatnonzero(np.diff(agents[by_agent])) + 1
        for part in np.split(by_agent, borders) if len(rows) else ():
            own = rows[part]
            agent = self._agents.setdefault(int(agents[part[0]]), _Agent())
            order = table["order"][own]
            _add_today(agent, table, own[(order >= self._day * DAY_S) & (order < (self._day + 1) * DAY_S)])
            _add_minutes(agent, table, own[order >= now - _HOUR_MINUTES * 60 - 60])
            _add_newest(agent, table, own)

    def _summary(self, number: int, agent: _Agent, now: float) -> AgentSummary:
        table = self._host.table
        last = agent.newest[-1]
        name = table.strings["agent"].texts[number]
        findings = self._host.found.of_agent(name)
        state, reason = judge(table, agent.newest, now, findings)
        if agent.percentiles is None:
            agent.percentiles = _percentiles(table, agent.newest, self._day * DAY_S)
        p50, p95 = agent.percentiles
        return AgentSummary(
            name=name,
            state=state,
            reason=reason,
            last_ts=float(table["order"][last]),
            events=agent.events,
            calls_per_minute=_per_minute(agent, table, now),
            sparkline=_sparkline(agent, now),
            errors=agent.errors,
            anomalies=agent.anomalies,
            p50_ms=p50,
            p95_ms=p95,
            input_tokens=agent.input_tokens,
            output_tokens=agent.output_tokens,
            cost_today_usd=agent.cost,
            cost_per_hour_usd=_cost_per_hour(agent, now),
            unpriced=agent.unpriced,
            models=tuple(table.strings["model"].texts[each] for each, _ in agent.models.most_common()),
            signals=_signal_counts(agent, table),
            findings=tuple(sorted(findings, key=lambda each: not goes_on(each, now))),
        )


def _add_today(agent: _Agent, table: Table, rows: Rows) -> None:
    if not len(rows):
        return
    failed = table["flags"][rows] & ERROR != 0
    cost, signals = table["cost"][rows], table["signals"][rows]
    agent.events += len(rows)
    agent.errors += int(failed.sum())
    agent.anomalies += int(np.count_nonzero(signals))
    agent.input_tokens += _sum_counts(table["input_tokens"][rows])
    agent.output_tokens += _sum_counts(table["output_tokens"][rows])
    agent.cost += float(np.nansum(cost, dtype="f8"))
    known = (table["input_tokens"][rows] != NO_COUNT) | (table["output_tokens"][rows] != NO_COUNT)
    agent.unpriced += int((np.isnan(cost) & known).sum())
    _count_numbers(agent.models, table["model"][rows])
    _count_numbers(agent.signals, signals)


def _sum_counts(counts: Array) -> int:
    return int(counts[counts != NO_COUNT].sum(dtype="u8"))


def _count_numbers(counter: Counter[int], numbers: Array) -> None:
    """Add how often each number but 0 occurs."""
    found, counts = np.unique(numbers[numbers != 0], return_counts=True)
    for number, count in zip(found.tolist(), counts.tolist(), strict=True):
        counter[number] += count


def _add_minutes(agent: _Agent, table: Table, rows: Rows) -> None:
    if not len(rows):
        return
    minutes, places = np.unique(table["order"][rows] // 60, return_inverse=True)
    calls = np.bincount(places)
    cost = np.bincount(places, np.nan_to_num(table["cost"][rows].astype("f8")))
    for minute, count, usd in zip(minutes.tolist(), calls.tolist(), cost.tolist(), strict=True):
        entry = agent.minutes.setdefault(int(minute), [0, 0.0])
        entry[0] += count
        entry[1] += usd


def _add_newest(agent: _Agent, table: Table, rows: Rows) -> None:
    """Keep the newest rows."""
    order = table["order"]
    if len(agent.newest) >= NEWEST:
        rows = rows[order[rows] >= order[agent.newest[0]]]
    if not len(rows):
        return
    if len(rows) > NEWEST:
        rows = rows[np.argpartition(order[rows], len(rows) - NEWEST)[-NEWEST:]]
    joined = np.concatenate((agent.newest, rows))
    agent.newest = joined[np.lexsort((joined, order[joined]))][-NEWEST:]
    agent.percentiles = None


def _percentiles(table: Table, rows: Rows, since: float) -> tuple[float | None, float | None]:
    today = rows[table["order"][rows] >= since]
    durations = np.sort(table["duration_ms"][today])
    durations = durations[~np.isnan(durations)]
    if not len(durations):
        return None, None
    at = [min(len(durations) - 1, round(share * (len(durations) - 1))) for share in (0.5, 0.95)]
    return float(durations[at[0]]), float(durations[at[1]])


def _per_minute(agent: _Agent, table: Table, now: float) -> float:
    """Calls a minute over the last five: counted, or from the minutes where there were too many to keep."""
    order = table["order"][agent.newest]
    if len(order) < NEWEST or order[0] < now - _RATE_S:
        return float(((order > now - _RATE_S) & (order <= now)).sum()) / (_RATE_S / 60)
    minute, part = divmod(now, 60)
    whole = sum(agent.minutes.get(int(minute) - back, [0])[0] for back in range(5))
    oldest = agent.minutes.get(int(minute) - 5, [0])[0]
    return (whole + oldest * (1 - part / 60)) / (_RATE_S / 60)


def _sparkline(agent: _Agent, now: float) -> tuple[int, ...]:
    minute = int(now // 60)
    for old in [each for each in agent.minutes if each < minute - _HOUR_MINUTES]:
        del agent.minutes[old]
    span = range(minute - SPARK_MINUTES + 1, minute + 1)
    return tuple(int(agent.minutes[each][0]) if each in agent.minutes else 0 for each in span)


def _cost_per_hour(agent: _Agent, now: float) -> float:
    """USD an hour over the last hour, or over the time since the first call in it, at least five minutes."""
    recent = {minute: usd for minute, (_, usd) in agent.minutes.items() if minute > now // 60 - _HOUR_MINUTES}
    if not recent:
        return 0.0
    span = min(3600.0, max(_RATE_S, now - 60 * min(recent)))
    return sum(recent.values()) * 3600 / span


def _signal_counts(agent: _Agent, table: Table) -> dict[str, int]:
    """Today's signals by name, most frequent first."""
    names: Counter[str] = Counter()
    for number, count in agent.signals.items():
        for name in table.strings["signals"].texts[number].split("\n"):
            names[name] += count
    return dict(names.most_common())
