"""Calls in flight in words: how many, how old the oldest, and which a killed process took with it."""

from __future__ import annotations

from collections.abc import Sequence

from tessen.format import age, plural
from tessen.inflight import InFlight
from widgets.status_line import Fact

LOST_SHOWN_S = 86_400.0
"""A call that was lost is said for a day after its start; its file stays where it is."""


def flight_facts(calls: Sequence[InFlight], now: float) -> list[Fact]:
    """What to say of these calls; nothing where there are none.

    Args:
        calls: Of one agent or of all.
        now: Seconds since the epoch.
    """
    going = [call for call in calls if not call.lost]
    lost = sum(bool(call.lost) and call.age(now) < LOST_SHOWN_S for call in calls)
    facts = []
    if going:
        oldest = max(call.age(now) for call in going)
        facts.append(Fact(f"{len(going):,} in flight, oldest {age(oldest)}", "plain"))
    if lost:
        facts.append(Fact(f"{plural(lost, 'call')} lost in flight: killed", "error"))
    return facts
