"""The last events of some places, oldest of them first, in bounded memory.

What belongs here turns a walk from the end round. A few events are held meanwhile. Of more it is only noted
where in each file they begin, and from there the files are read once again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from tessen.reading import walk
from tessen.reading.found import Found, Where, end_of, held
from tessen.reading.merge import merged
from tessen.reading.parse import Tally
from tessen.reading.places import Place

if TYPE_CHECKING:
    from tessen.query_match import Matcher

MOST_HELD = 8 << 20
"""Bytes of lines that are held."""

_COLUMNS = 2_000
"""Bytes, about, that an event's columns take beside its line."""


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
    at_hand: list[Found] = []
    size = 0
    begin: dict[Path, Where] = {}
    for found in islice(walk.newest_first(places, since, matches, tally), min(most, sys.maxsize)):
        begin[found.path] = found.where
        size += len(found.line) + _COLUMNS
        if size <= MOST_HELD:
            at_hand.append(found)
        else:
            at_hand.clear()
    if size <= MOST_HELD:
        return _given_away(at_hand)
    wanted = partial(walk.those, since=since, matches=matches)
    streams = [partial(_again, place, begin, wanted) for place in places]
    return merged(streams, end_of, held, Tally())


def _given_away(found: list[Found]) -> Iterator[Found]:
    """The last first; what becomes of each afterwards is not held."""
    while found:
        yield found.pop()


def _again(
    place: Place,
    begin: dict[Path, Where],
    wanted: Callable[[Iterator[Found]], Iterator[Found]],
    tally: Tally,
    last: Found | None,
) -> Iterator[Found]:
    """A place's events from where they begin, or behind one of them."""
    files = [path for path in place.files if path in begin]
    if last is not None:
        yield from wanted(walk.behind(last, tally))
        files = files[files.index(last.path) + 1 :]
    for path in files:
        yield from wanted(walk.from_event(begin[path], tally))
