"""Some of the events that show a pattern, out of any number of them.

What belongs here is which ones are kept: those of the least rank and those of the greatest, such as the first
and the newest. They are the same ones in whatever order the events come, so that neither how a log is divided
between processes nor what is asked meanwhile decides which are named.
"""

from __future__ import annotations

from bisect import insort

EVIDENCE = 5
"""So many events are kept of one suspicion, unless more are asked for."""

Event = tuple[float, bytes]
"""A rank, such as when the call started in seconds since the epoch, and the event's id."""


class Evidence:
    """Events, of which some are kept.

    Args:
        least: So many of those with the least rank.
        greatest: So many of the others, with the greatest.

    Attributes:
        times: How many there were in all.
    """

    __slots__ = ("_greatest", "_least", "_room", "times")

    def __init__(self, least: int, greatest: int) -> None:
        self._room = least, greatest
        self._least: list[Event] = []
        self._greatest: list[Event] = []
        self.times = 0

    def take(self, event: Event) -> None:
        """Take one event."""
        self.times += 1
        self._keep(event)

    def merge(self, other: Evidence) -> None:
        """Take another's events."""
        self.times += other.times
        for event in (*other._least, *other._greatest):
            self._keep(event)

    @property
    def events(self) -> list[bytes]:
        """The ids of those that were kept, by rank."""
        return [event for _, event in (*self._least, *self._greatest)]

    def _keep(self, event: Event) -> None:
        least, greatest = self._room
        if len(self._least) < least:
            insort(self._least, event)
            return
        if least and event < self._least[-1]:
            insort(self._least, event)
            event = self._least.pop()
        if len(self._greatest) < greatest:
            insort(self._greatest, event)
        elif greatest and event > self._greatest[0]:
            insort(self._greatest, event)
            del self._greatest[0]


def first_and_newest(most: int) -> Evidence:
    """Begin to keep so many events, ranked by when they started: half of them the first ones."""
    return Evidence(most - most // 2, most // 2)
