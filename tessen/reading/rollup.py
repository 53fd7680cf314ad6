"""Every figure of `tessen analyze`, from one pass over any number of events, in bounded memory.

What belongs here is adding up. Calls that are alike in everything they are counted by wait together, and are
added up by the thousand. Parts of a log can be added up apart, and merged.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tessen.reading.costs import costs
from tessen.reading.counting import MORE, Names, usd
from tessen.reading.evidence import EVIDENCE
from tessen.reading.facts import Facts
from tessen.reading.parse import Tally
from tessen.reading.rows import MOST_WAITING, Alike, Kin, Row, Waiting, row_of
from tessen.reading.scan import scan_row
from tessen.reading.sessions import Session, Sessions
from tessen.reading.sums import Sums, percentiles
from tessen.reading.suspects import Suspects

if TYPE_CHECKING:
    from tessen.reading.findings import Finding

DAY_S = 86_400
_MOST_AGENTS = 2_000
_MOST_DAYS = 4_000
_TOP = 5
_TOP_SESSIONS = 20


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
    """Adds events up.

    Args:
        periods: What is counted, and what is held against what.
        evidence: So many events are kept for each finding; never more than that are named by it.
    """

    def __init__(self, periods: Periods = Periods(), evidence: int = EVIDENCE) -> None:
        self.periods = periods
        self.evidence = evidence
        self.tally = Tally()
        self.days: dict[float, Sums] = {}
        self.recent: dict[str, Sums] = {}
        self.previous: dict[str, Sums] = {}
        """By agent: the newest period, and the one before."""
        self.sessions = Sessions(evidence)
        self.suspects = Suspects(evidence)
        self.names: dict[str, Names] = {name: Names() for name in _NAMES}
        self.scan = scan_row
        self._waiting = Waiting()

    @property
    def first(self) -> float:
        """Events that started before this are left out; seconds since the epoch."""
        return self.periods.first

    def add(self, facts: Facts) -> None:
        """Take one event."""
        self.take([row_of(facts)])

    def take(self, rows: Sequence[tuple[Kin, Row]]) -> None:
        """Take events, as rows."""
        self._waiting.take(rows)
        if self._waiting.count >= MOST_WAITING:
            self._fold()

    def pack(self) -> None:
        """Be as small as can be, on the way to another process."""
        self._fold()
        self.sessions.pack()

    def merge(self, other: Rollup) -> None:
        """Add what another one counted; what it held is this one's afterwards."""
        other._fold()
        self._fold()
        self.tally.add(other.tally)
        for mine, others in ((self.recent, other.recent), (self.previous, other.previous)):
            for agent, sums in others.items():
                _at(mine, agent, _MOST_AGENTS, MORE).merge(sums)
        for day, sums in other.days.items():
            _at(self.days, day, _MOST_DAYS, math.inf).merge(sums)
        for name, counts in other.names.items():
            self.names[name].merge(counts)
        self.sessions.merge(other.sessions)
        self.suspects.merge(other.suspects)

    def _fold(self) -> None:
        """Turn the rows that wait into amounts and counts."""
        for alike in self._waiting.drain():
            for part, day, period, counted in self._parts(alike):
                self._add(part, day, period, counted)

    def _parts(self, alike: Alike) -> Iterator[tuple[Alike, float, int, bool]]:
        """Calls that are alike, divided by day and period; mostly they are all of one."""
        where = self._where(min(alike.ts)), self._where(max(alike.ts))
        if where[0] == where[1]:
            yield alike, *where[0]
            return
        each = [self._where(ts) for ts in alike.ts]
        for place in dict.fromkeys(each):
            yield alike.part([other == place for other in each]), *place

    def _where(self, ts: float) -> tuple[float, int, bool]:
        """A moment's day, its period (0 neither, 1 the previous, 2 the newest), and whether it counts."""
        periods = self.periods
        period = (ts >= periods.previous_from) + (ts >= periods.recent_from)
        return ts // DAY_S, period, ts >= periods.counted_from

    def _add(self, alike: Alike, day: float, period: int, counted: bool) -> None:
        sums, each = Sums(), costs(alike)
        sums.add(alike, each)
        if period:
            side = self.recent if period == 2 else self.previous
            _at(side, alike.kin.agent, _MOST_AGENTS, MORE).merge(sums)
        if counted:
            _at(self.days, day, _MOST_DAYS, math.inf).merge(sums)
            self._count(alike, sums)
            self.sessions.take(alike, each)
            self.suspects.take(alike, each)

    def _count(self, alike: Alike, sums: Sums) -> None:
        names, events = self.names, sums.events
        names["agent_name"].take(alike.kin.agent or "?", events)
        names["by_status"].take("error" if alike.kin.failed else "ok", events)
        names["by_provider"].take(alike.kin.provider or "?", events)
        names["by_model"].take(alike.kin.model or "?", events)
        names["by_surface"].take(alike.kin.surface or "?", events)
        if alike.kin.failed:
            names["error_types"].take(alike.kin.error_name, events)
        for signal in alike.kin.signals:
            names["anomaly_counts"].take(signal, events)
        for signal in alike.kin.computed:
            names["computed_anomalies"].take(signal, events)
        if sums.unpriced:
            names["unpriced_models"].take(alike.kin.model or "?", sums.unpriced)
        if sums.cost_usd:
            names["cost_by_model"].take(alike.kin.model or "?", sums.cost_usd)
        if alike.kin.call_site:
            names["call_sites"].take(alike.kin.call_site, events)
            if sums.cost_usd:
                names["call_site_costs"].take(alike.kin.call_site, sums.cost_usd)

    def findings(self) -> list[Finding]:
        """Return the patterns that no single event shows, among what was taken so far."""
        from tessen.reading.findings import findings

        self._fold()
        return findings(self)

    def report(self) -> dict[str, Any]:
        """Return the figures under the names that `analyze --json` and `aggregate` give them."""
        self._fold()
        names, total = self.names, _all(self.days)
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
            "total_cost_usd": usd(total.cost_usd),
            "cost_by_model": names["cost_by_model"].rounded(),
            "unpriced_models": names["unpriced_models"].ranked(),
            "cache_savings_estimate_usd": usd(total.saved_usd),
            "duration_ms": percentiles(total.durations),
            "top_call_sites_by_count": names["call_sites"].ranked(_TOP),
            "top_call_sites_by_cost": names["call_site_costs"].rounded(_TOP),
            "by_day": [{"day": _date(day), **sums.figures()} for day, sums in sorted(self.days.items())],
            "by_session": [_session(*item) for item in self.sessions.ranked()[:_TOP_SESSIONS]],
            "sessions_total": len(self.sessions) + self.sessions.left_out,
            "change": self._change(),
            "findings": [finding.as_dict() for finding in self.findings()],
            "corrupt_lines": self.tally.corrupt_lines,
            "foreign_lines": self.tally.foreign_lines,
            "unreadable_files": self.tally.unreadable_files,
        }

    def _change(self) -> dict[str, Any] | None:
        """The newest period and the one before it; None where no periods are held against each other."""
        if self.periods.recent_from == math.inf:
            return None
        recent, previous = (_all(side).figures() for side in (self.recent, self.previous))
        return {
            "recent_from": self.periods.recent_from,
            "previous_from": self.periods.previous_from,
            "recent": recent,
            "previous": previous,
        }


_NAMES = (
    *("agent_name", "by_status", "by_provider", "by_model", "by_surface", "error_types", "anomaly_counts"),
    *("computed_anomalies", "unpriced_models", "cost_by_model", "call_sites", "call_site_costs"),
)


def _all(table: dict[Any, Sums]) -> Sums:
    """The sums of all entries together."""
    everything = Sums()
    for sums in table.values():
        everything.merge(sums)
    return everything


def _at(table: dict[Any, Sums], key: Any, most: int, others: Any) -> Sums:
    """The sums under a key; those of all others together, once there are too many."""
    sums = table.get(key)
    return table.setdefault(key if len(table) < most else others, Sums()) if sums is None else sums


def _date(day: float) -> str:
    try:
        return datetime.fromtimestamp(day * DAY_S, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return "?"


def _session(name: bytes, session: Session) -> dict[str, Any]:
    return {
        "session_id": name.decode("utf-8", "replace"),
        "agent": session.agent,
        "events": session.events,
        "errors": session.errors,
        "anomalies": session.anomalies,
        "input_tokens": session.input_tokens,
        "output_tokens": session.output_tokens,
        "cost_usd": usd(session.cost_usd),
        "first_ts": session.first_ts,
        "end": session.end,
    }
