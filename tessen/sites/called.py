"""What a log says of the places that calls were made from: how many calls each made, and when the last one.

What belongs here is counting, in one pass and in bounded memory.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tessen.reading.outline import outline_row
from tessen.reading.parse import Tally
from tessen.reading.rows import Kin, Row, Scan, finite

MOST_PLACES = 20_000
"""So many places are counted apart; calls from others are counted, and said to be more."""
_MOST_WAITING = 8_192


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls that one place made. Text is raw."""

    place: str
    """`file:line:function`, as recorded."""
    events: int
    """Within the period."""
    last_ts: float
    """When the last one started, within the period or before it: seconds since the epoch."""


class Called:
    """Adds calls up by the place they were made from.

    Args:
        since: Where the period begins, in seconds since the epoch. Calls before it count for the last one.
    """

    first = -math.inf
    """Nothing is left out: when a silent call was last made is what one wants to know of it."""

    def __init__(self, since: float = -math.inf) -> None:
        self.tally = Tally()
        self.scan: Scan = outline_row
        self.without = 0
        """Calls in the period of which no place is known."""
        self.beyond = 0
        """Calls in the period from places that were too many to count apart."""
        self._since = since
        self._found: dict[str, tuple[int, float]] = {}
        self._starts: defaultdict[Kin, list[Any]] = defaultdict(list)
        self._waiting = 0

    def take(self, rows: Iterable[tuple[Kin, Row]]) -> None:
        """Take events, as rows."""
        for kin, row in rows:
            self._starts[kin].append(row[2])
            self._waiting += 1
        if self._waiting >= _MOST_WAITING:
            self.pack()

    def pack(self) -> None:
        """Count what waits."""
        starts, self._starts, self._waiting = self._starts, defaultdict(list), 0
        for kin, written in starts.items():
            moments = finite(written)
            events = sum(ts >= self._since for ts in moments)
            if kin.call_site is None:
                self.without += events
            else:
                self._add(kin.call_site, events, max(moments))

    def merge(self, other: Called) -> None:
        """Take what another part of the log says."""
        self.tally.add(other.tally)
        self.without += other.without
        self.beyond += other.beyond
        for place, (events, last) in other._found.items():
            self._add(place, events, last)

    def calls(self) -> list[Calls]:
        """Return the calls of each place, in the order of their names."""
        self.pack()
        return [Calls(place, *found) for place, found in sorted(self._found.items())]

    def _add(self, place: str, events: int, last: float) -> None:
        known = self._found.get(place)
        if known is None and len(self._found) >= MOST_PLACES:
            self.beyond += events
            return
        before, latest = known or (0, last)
        self._found[place] = (before + events, max(latest, last))
