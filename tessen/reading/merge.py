"""Events of many agents in one order, with few of their files open, and little held of each.

What belongs here is the merging. Some streams run, and have their next event at hand. Of every other one it
is only known when its next event is due and where that stands, and there it is opened then: of ten thousand
agents, the newest few events are those of a few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from typing import TypeVar

from tessen.reading.parse import Tally

Each = TypeVar("Each")
Where = TypeVar("Where")

Stream = Callable[[Tally, Where | None], Iterator[Each]]
"""Opens a stream at its beginning, or at one that it gave before. It counts what it cannot read; not that of
the one that it begins at, which was counted then."""

MOST_RUNNING = 16
"""So many streams run at a time."""


def merged(
    streams: Sequence[Stream[Where, Each]],
    rank: Callable[[Each], float],
    where: Callable[[Each], Where],
    tally: Tally,
) -> Iterator[Each]:
    """Merge streams, each of which is in the order of a rank already, or nearly.

    Args:
        streams: Where there are several, each is opened for a look at its beginning, and when it is due.
        rank: What is least comes first.
        where: What a stream is told to go on from there.
        tally: Counts what cannot be read.
    """
    if len(streams) == 1:
        yield from streams[0](tally, None)
        return
    due: list[tuple[float, int, Where | None, tuple[Each, Iterator[Each]] | None]]
    due = [(first, number, None, None) for first, number in _beginnings(streams, rank, tally)]
    heapify(due)
    running = 0
    while due:
        _, number, at, at_hand = heappop(due)
        if at_hand is None:
            stream = streams[number](tally, at)
            each = next(stream, None)
        else:
            each, stream = at_hand
            running -= 1
        if each is None:
            continue
        yield each
        following = next(stream, None)
        if following is None:
            continue
        place = rank(following), number
        if running < MOST_RUNNING or place < due[0][:2]:
            running += 1
            heappush(due, (*place, None, (following, stream)))
        else:
            heappush(due, (*place, where(following), None))


def _beginnings(
    streams: Sequence[Stream[Where, Each]], rank: Callable[[Each], float], tally: Tally
) -> Iterator[tuple[float, int]]:
    """The rank of the first of each stream; those that have none are read to their end, and counted."""
    for number, opened in enumerate(streams):
        looked_at = Tally()
        first = next(opened(looked_at, None), None)
        if first is None:
            tally.add(looked_at)
        else:
            yield rank(first), number
