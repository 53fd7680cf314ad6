"""Every figure of `tessen analyze`, from one pass over any number of events, in bounded memory.

What belongs here is adding up. Calls that are alike in everything they are counted by wait together, and are
added up by the thousand. Parts of a log can be added up apart, and merged.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tessen.reading.counting import Names
from tessen.reading.facts import Facts, price_of
from tessen.reading.parse import Tally
from tessen.reading.sessions import Session, Sessions
from tessen.reading.sums import Sums, percentiles
from tessen.reading.suspects import Suspects

DAY_S = 86_400
_MOST_WAITING = 16_384
"""So many calls wait to be added up together, which takes a third of the time."""

_MOST_AGENTS = 2_000
_MOST_DAYS = 4_000
_TOP = 5
_TOP_SESSIONS = 20

_Key = tuple[Any, ...]
"""Agent, failed, provider, model, surface, error's name, signals, computed ones, call site, day; the period
(0 for neither, 1 for the previous, 2 for the newest), and whether it is counted."""


@dataclass(frozen=True, slots=True)
class Periods:
    """What is counted, and which times are held against each other; seconds since the epoch."""

    counted_from: float = -math.inf
    recent_from: float = math.inf
    previous_from: float = math.inf

    @property
    def first(self) -> float:
        """Nothing that started before is looked at."""
        return min(self.counted_from, self.previous_from)


class Rollup:
    """Adds events up."""

    def __init__(self, periods: Periods = Periods()) -> None:
        self.periods = periods
        self.tally = Tally()
        self.total = Sums()
        self.days: dict[float, Sums] = {}
        self.recent: dict[str, Sums] = {}
        self.previous: dict[str, Sums] = {}
        """By agent: the newest period, and the one before."""
        self.sessions = Sessions()
        self.suspects = Suspects()
        self.names: dict[str, Names] = {name: Names() for name in _NAMES}
        self._waiting: dict[_Key, list[Facts]] = {}
        self._count_waiting = 0

    @property
    def first(self) -> float:
        """Events that started before this are left out; seconds since the epoch."""
        return self.periods.first

    def add(self, facts: Facts) -> None:
        """Take one event."""
        periods, ts = self.periods, facts.ts
        period = 0
        if ts >= periods.previous_from:
            period = 2 if ts >= periods.recent_from else 1
        key = (
            facts.agent,
            facts.error,
            facts.provider,
            facts.model,
            facts.surface,
            facts.error_name if facts.error else "",
            facts.signals,
            facts.computed,
            facts.call_site,
            ts // DAY_S,
            period,
            ts >= periods.counted_from,
        )
        alike = self._waiting.get(key)
        if alike is None:
            alike = self._waiting[key] = []
        alike.append(facts)
        self._count_waiting += 1
        if self._count_waiting >= _MOST_WAITING:
            self._fold()

    def merge(self, other: Rollup) -> None:
        """Add what another one counted."""
        other._fold()
        self._fold()
        self.tally.add(other.tally)
        self.total.merge(other.total)
        for mine, others in ((self.recent, other.recent), (self.previous, other.previous)):
            for agent, sums in others.items():
                _at(mine, agent, _MOST_AGENTS).merge(sums)
        for day, sums in other.days.items():
            _at(self.days, day, _MOST_DAYS).merge(sums)
        for name, counts in other.names.items():
            self.names[name].merge(counts)
        self.sessions.merge(other.sessions)
        self.suspects.merge(other.suspects)

    def _fold(self) -> None:
        """Turn the calls that wait into amounts and counts."""
        for key, calls in self._waiting.items():
            sums = Sums()
            costs = _costs(calls)
            sums.add_alike(calls, costs)
            agent, (day, period, counted) = key[0], key[-3:]
            if period:
                _at(self.recent if period == 2 else self.previous, agent, _MOST_AGENTS).merge(sums)
            if counted:
                self.total.merge(sums)
                _at(self.days, day, _MOST_DAYS).merge(sums)
                self._count(key, sums)
                self.sessions.take(calls, costs)
                self.suspects.take(calls, costs)
        self._waiting.clear()
        self._count_waiting = 0

    def _count(self, key: _Key, sums: Sums) -> None:
        agent, failed, provider, model, surface, error, signals, computed, site, *_ = key
        names, events = self.names, sums.events
        names["agent_name"].take(agent or "?", events)
        names["by_status"].take("error" if failed else "ok", events)
        names["by_provider"].take(provider or "?", events)
        names["by_model"].take(model or "?", events)
        names["by_surface"].take(surface or "?", events)
        if error:
            names["error_types"].take(error, events)
        for signal in signals:
            names["anomaly_counts"].take(signal, events)
        for signal in computed:
            names["computed_anomalies"].take(signal, events)
        if sums.unpriced:
            names["unpriced_models"].take(model or "?", sums.unpriced)
        if sums.cost_usd:
            names["cost_by_model"].take(model or "?", sums.cost_usd)
        if site:
            names["call_sites"].take(site, events)
            if sums.cost_usd:
                names["call_site_costs"].take(site, sums.cost_usd)

    def report(self) -> dict[str, Any]:
        """Return the figures under the names that `analyze --json` and `aggregate` give them."""
        from tessen.reading.findings import findings

        self._fold()
        names, total = self.names, self.total
        return {
            "events_total": total.events,
            "agent_name": names["agent_name"].ranked(),
            "by_status": names["by_status"].ranked(),
            "by_provider": names["by_provider"].ranked(),
            "by_model": names["by_model"].ranked(),
            "by_surface": names["by_surface"].ranked(),
            "streamed_events": total.streamed,
            "error_events": total.errors,
            "error_types": names["error_types"].ranked(),
            "events_with_anomalies": total.anomalies,
            "anomaly_counts": names["anomaly_counts"].ranked(),
            "computed_anomalies": names["computed_anomalies"].ranked(),
            "tokens": total.tokens(),
            "total_cost_usd": round(total.cost_usd, 6),
            "cost_by_model": names["cost_by_model"].rounded(),
            "unpriced_models": names["unpriced_models"].ranked(),
            "cache_savings_estimate_usd": round(total.saved_usd, 6),
            "duration_ms": percentiles(total.durations),
            "top_call_sites_by_count": names["call_sites"].ranked(_TOP),
            "top_call_sites_by_cost": names["call_site_costs"].rounded(_TOP),
            "by_day": [{"day": _date(day), **sums.figures()} for day, sums in sorted(self.days.items())],
            "by_session": [_session(*item) for item in self.sessions.ranked()[:_TOP_SESSIONS]],
            "sessions_total": len(self.sessions) + self.sessions.left_out,
            "change": self._change(),
            "findings": [finding.as_dict() for finding in findings(self)],
            "corrupt_lines": self.tally.corrupt_lines,
            "foreign_lines": self.tally.foreign_lines,
            "unreadable_files": self.tally.unreadable_files,
        }

    def _change(self) -> dict[str, Any] | None:
        """The newest period and the one before it; None where no periods are held against each other."""
        if self.periods.recent_from == math.inf:
            return None
        sides = []
        for side in (self.recent, self.previous):
            sums = Sums()
            for each in side.values():
                sums.merge(each)
            sides.append(sums.figures())
        return {
            "recent_from": self.periods.recent_from,
            "previous_from": self.periods.previous_from,
            "recent": sides[0],
            "previous": sides[1],
        }


_NAMES = (
    *("agent_name", "by_status", "by_provider", "by_model", "by_surface", "error_types", "anomaly_counts"),
    *("computed_anomalies", "unpriced_models", "cost_by_model", "call_sites", "call_site_costs"),
)


def _costs(calls: list[Facts]) -> list[float]:
    """What each of some calls to one model cost, in USD; nothing where that is not known."""
    price = price_of(calls[0].model, calls[0].provider)
    if price is None:
        return [0.0] * len(calls)
    cost = price.cost
    return [
        0.0 if call.usage is None else cost(call.usage, batch=call.batch, hour_writes=call.hour_writes)
        for call in calls
    ]


def _at(table: dict[Any, Sums], key: Any, most: int) -> Sums:
    """The sums under a key; under the last one, once there are too many."""
    sums = table.get(key)
    if sums is None:
        if len(table) >= most:
            return table[next(reversed(table))]
        sums = table[key] = Sums()
    return sums


def _date(day: float) -> str:
    try:
        return datetime.fromtimestamp(day * DAY_S, UTC).strftime("%Y-%m-%d")
    except (ValueError, OverflowError, OSError):
        return "?"


def _session(name: str, session: Session) -> dict[str, Any]:
    return {
        "session_id": name,
        "agent": session.agent,
        "events": session.events,
        "errors": session.errors,
        "anomalies": session.anomalies,
        "input_tokens": session.input_tokens,
        "output_tokens": session.output_tokens,
        "cost_usd": round(session.cost_usd, 6),
        "first_ts": session.first_ts,
        "end": session.end,
    }
