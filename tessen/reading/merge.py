"""Events of many agents in one order, with few of their files open, and little held of each.

What belongs here is the merging. Some streams run. Of every other one only the next event is held, and the
stream is opened behind that once it is due: of ten thousand agents, the newest few events are those of a few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from typing import TypeVar

from tessen.reading.parse import Tally

Each = TypeVar("Each")

Stream = Callable[[Tally, Each | None], Iterator[Each]]
"""Opens a stream at its beginning, or behind one that it gave before. It counts what it cannot read."""

MOST_RUNNING = 16
"""So many streams run at a time."""


def merged(
    streams: Sequence[Stream[Each]],
    rank: Callable[[Each], float],
    held: Callable[[Each], Each],
    tally: Tally,
) -> Iterator[Each]:
    """Merge streams, each of which is in the order of a rank already, or nearly.

    Args:
        streams: Where there are several, each is opened for a look at its beginning, and when it is due.
        rank: What is least comes first.
        held: What is held of one that waits.
        tally: Counts what cannot be read.
    """
    if len(streams) == 1:
        yield from streams[0](tally, None)
        return
    due: list[tuple[float, int, Each | None, Iterator[Each] | None]]
    due = [(first, number, None, None) for first, number in _beginnings(streams, rank, tally)]
    heapify(due)
    running = 0
    while due:
        _, number, each, stream = heappop(due)
        running -= stream is not None
        if each is not None:
            yield each
        if stream is None:
            stream = streams[number](tally, each)
        if each is None and (first := next(stream, None)) is not None:
            yield first
        following = next(stream, None)
        if following is None:
            continue
        place = rank(following), number
        if running < MOST_RUNNING or place < due[0][:2]:
            running += 1
            heappush(due, (*place, following, stream))
        else:
            heappush(due, (*place, held(following), None))


def _beginnings(
    streams: Sequence[Stream[Each]], rank: Callable[[Each], float], tally: Tally
) -> Iterator[tuple[float, int]]:
    """The rank of the first of each stream; those that have none are read to their end, and counted."""
    for number, opened in enumerate(streams):
        looked_at = Tally()
        first = next(opened(looked_at, None), None)
        if first is None:
            tally.add(looked_at)
        else:
            yield rank(first), number
