"""Alerts: which new events are worth a noise, and not too often.

What belongs here decides; the app makes the noise.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from typing import get_args

from capture.log.source import Row
from tessen.sanitise import one_line
from tessen.signals import SIGNAL_BY_NAME
from tessen_tui.settings import Alerts, Severity
from widgets.event_line import status_word

RANK: dict[str, int] = {"info": 1, "warning": 2, "error": 3}
assert set(RANK) < set(get_args(Severity))


@dataclass(frozen=True, slots=True)
class Alert:
    """One event that is worth a noise."""

    agent: str
    """Safe to draw."""
    text: str
    """What happened, safe to draw."""


class Alarm:
    """Remembers when each agent last made a noise.

    Args:
        settings: what is worth one.
    """

    def __init__(self, settings: Alerts) -> None:
        self._settings = settings
        self._last: dict[str, float] = {}

    def consider(self, rows: Iterable[Row], now: float) -> list[Alert]:
        """The alerts to raise for these new events, at most one an agent.

        Args:
            rows: events that have just arrived.
            now: seconds since the epoch.
        """
        if self._settings.severity == "off" or is_quiet(self._settings.quiet, now):
            return []
        least = RANK[self._settings.severity]
        found: dict[str, Alert] = {}
        for row in rows:
            if severity_of(row) >= least and self._is_due(row.agent, now):
                self._last[row.agent] = now
                found[row.agent] = Alert(one_line(row.agent, 60), status_word(row))
        return list(found.values())

    def _is_due(self, agent: str, now: float) -> bool:
        last = self._last.get(agent)
        return last is None or now - last >= self._settings.every_seconds


def severity_of(row: Row) -> int:
    """How much an event matters: 3 error, 2 warning, 1 info, 0 nothing."""
    known = [RANK[SIGNAL_BY_NAME[name].severity] for name in row.signals if name in SIGNAL_BY_NAME]
    return max([3 if row.error else 0, *known])


def is_quiet(period: str, now: float) -> bool:
    """Whether a moment (seconds since the epoch) lies in a period of local time such as "23:00-07:00"."""
    if not period:
        return False
    start, end = (_time(part) for part in period.split("-"))
    at = datetime.fromtimestamp(now).time()
    return start <= at < end if start <= end else at >= start or at < end


def _time(text: str) -> time:
    hours, minutes = text.split(":")
    return time(int(hours) % 24, int(minutes) % 60)
