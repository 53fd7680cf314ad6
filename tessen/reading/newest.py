"""The last events of some places, oldest of them first, in bounded memory.

What belongs here turns a walk from the end round. A few events are held meanwhile. Of more it is only noted
where in each file they begin, and from there the files are read once again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tessen.reading import walk
from tessen.reading.merge import merged
from tessen.reading.parse import Tally
from tessen.reading.places import Place
from tessen.reading.walk import Found

if TYPE_CHECKING:
    from tessen.query_match import Matcher

MOST_HELD = 8 << 20
"""Bytes of lines that are held."""

_COLUMNS = 2_000
"""Bytes, about, that an event's columns take beside its line."""


class Beginning(NamedTuple):
    """Where in a file the events begin that are wanted."""

    at: int
    """Where the first line starts."""
    events: int
    """So many of that line, the last ones: of several that are glued together it may not be all."""


def newest(
    places: Sequence[Place], since: float | None, matches: Matcher | None, most: int, tally: Tally
) -> Iterator[Found]:
    """Return the last so many events that match, oldest of them first.

    Args:
        places: Where to look.
        since: Only calls that started then or later, in seconds since the epoch; None for all.
        matches: The filter, if any.
        most: How many.
        tally: Counts what cannot be read.
    """
    held: list[Found] = []
    size = 0
    begin: dict[Path, Beginning] = {}
    for found in islice(walk.newest_first(places, since, matches, tally), min(most, sys.maxsize)):
        known = begin.get(found.path)
        before = known.events if known is not None and known.at == found.at else 0
        begin[found.path] = Beginning(found.at, before + 1)
        size += len(found.line) + _COLUMNS
        if size <= MOST_HELD:
            held.append(found)
        else:
            held.clear()
    if size <= MOST_HELD:
        return reversed(held)
    streams = [partial(_again, place, since, matches, begin) for place in places]
    return merged(streams, walk.end_of, Tally())


def _again(
    place: Place, since: float | None, matches: Matcher | None, begin: dict[Path, Beginning], tally: Tally
) -> Iterator[Found]:
    """A place's events from where they begin."""
    for path in place.files:
        if path in begin:
            at, events = begin[path]
            first = walk.those(walk.in_file(path, tally, at, at + 1), since, matches)
            yield from list(first)[-events:]
            yield from walk.those(walk.in_file(path, tally, at + 1), since, matches)
