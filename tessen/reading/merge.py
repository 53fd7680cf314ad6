"""Events of many agents in one order, with few of their files open.

What belongs here is the merging. An agent's files are opened when its first event is due: of ten thousand
agents, the newest few events are those of a few.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TypeVar

from tessen.reading.parse import Tally

Each = TypeVar("Each")
Stream = Callable[[Tally], Iterator[Each]]
"""Opens a stream, which counts what it cannot read."""

_OTHER_FILES = 100
"""So many are open in a process anyway, or fewer."""


def merged(streams: Sequence[Stream[Each]], rank: Callable[[Each], float], tally: Tally) -> Iterator[Each]:
    """Merge streams, each of which is in the order of a rank already, or nearly.

    Args:
        streams: Where there are several, each is opened for a look at its beginning, and when it is due.
        rank: What is least comes first.
        tally: Counts what cannot be read.
    """
    if len(streams) == 1:
        yield from streams[0](tally)
        return
    _let_open(len(streams) + _OTHER_FILES)
    due = sorted(_beginnings(streams, rank, tally), reverse=True)
    running: list[tuple[float, int, Each, Iterator[Each]]] = []
    while due or running:
        if due and (not running or due[-1] < running[0][:2]):
            number = due.pop()[1]
            stream = streams[number](tally)
        else:
            _, number, each, stream = heapq.heappop(running)
            yield each
        following = next(stream, None)
        if following is not None:
            heapq.heappush(running, (rank(following), number, following, stream))


def _beginnings(
    streams: Sequence[Stream[Each]], rank: Callable[[Each], float], tally: Tally
) -> Iterator[tuple[float, int]]:
    """The rank of the first of each stream; those that have none are read to their end, and counted."""
    for number, opened in enumerate(streams):
        looked_at = Tally()
        first = next(opened(looked_at), None)
        if first is None:
            tally.add(looked_at)
        else:
            yield rank(first), number


def _let_open(files: int) -> None:
    """Let the process have so many files open, as far as that is its own to decide."""
    try:
        import resource
    except ImportError:  # Windows, which has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = files if hard == resource.RLIM_INFINITY else min(files, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
