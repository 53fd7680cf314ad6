"""Walking over the events of some places, from the beginning or from the end, filtered as one goes.

What belongs here is the order of events across files and agents. Nothing is kept but what is yielded.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tessen.reading import lines, seek
from tessen.reading.found import Found, Where, end_of, held, in_line
from tessen.reading.lines import Line
from tessen.reading.long_lines import LONGEST_HELD, Span
from tessen.reading.merge import MOST_RUNNING, merged
from tessen.reading.parse import Tally
from tessen.reading.places import Place

if TYPE_CHECKING:
    from tessen.query_match import Matcher

FEW = 1 << 14
"""Bytes read at once where reading may stop after one event."""
_HEAD = 300


def oldest_first(
    places: Sequence[Place], since: float | None, matches: Matcher | None, tally: Tally
) -> Iterator[Found]:
    """Events in the order in which their calls ended, those of several agents merged."""
    at_once = lines.AT_ONCE if len(places) <= MOST_RUNNING else FEW
    streams = [partial(_forward, place, since, at_once) for place in places]
    return those(merged(streams, end_of, held, tally), since, matches)


def newest_first(
    places: Sequence[Place], since: float | None, matches: Matcher | None, tally: Tally
) -> Iterator[Found]:
    """Events from the end of the log backwards; no more of it is read than is taken."""
    streams = [partial(_backward, place, since) for place in places]
    return those(merged(streams, lambda found: -end_of(found), held, tally), since, matches)


def those(found: Iterable[Found], since: float | None, matches: Matcher | None) -> Iterator[Found]:
    """The events that are asked for."""
    return (each for each in found if _wanted(each, since, matches))


def _wanted(found: Found, since: float | None, matches: Matcher | None) -> bool:
    if since is not None and found.facts.ts < since:
        return False
    return matches is None or matches(found.facts, found.text)


def _forward(
    place: Place, since: float | None, at_once: int, tally: Tally, last: Found | None
) -> Iterator[Found]:
    files = place.files
    if last is not None:
        yield from behind(last, tally)
        files = files[files.index(last.path) + 1 :]
    for path in files:
        if since is None or seek.may_hold(path, since):
            yield from _in_file(path, since, at_once, tally)


def behind(last: Found, tally: Tally) -> Iterator[Found]:
    """The events behind one that was found before, in its file; perhaps only few of them are taken."""
    where = last.where
    if where.number + 1 < where.glued:
        yield from from_event(where._replace(number=where.number + 1), tally, FEW)
    else:
        yield from from_event(Where(where.path, where.stop + 1, where.stop + 1), tally, FEW)


def from_event(begin: Where, tally: Tally, at_once: int = lines.AT_ONCE) -> Iterator[Found]:
    """An event, and those behind it in its file.

    Args:
        begin: Where it stands.
        tally: Counts what cannot be read.
        at_once: Bytes that are read at once.
    """
    path = begin.path
    with tally.reading(path), lines.opened(path) as fd:
        for line in lines.placed(fd, begin.at, os.fstat(fd).st_size, LONGEST_HELD, at_once):
            if line.start == begin.at and begin.number:  # which was counted with the first of them
                yield from in_line(fd, path, line, Tally())[begin.number :]
            else:
                yield from in_line(fd, path, line, tally)


def _in_file(path: Path, since: float | None, at_once: int, tally: Tally) -> Iterator[Found]:
    """The events of a file's lines, in their order; what is surely older than a moment is passed over."""
    with tally.reading(path), lines.opened(path) as fd:
        start = 0 if since is None else seek.offset_of(fd, since)
        for line in lines.placed(fd, start, os.fstat(fd).st_size, LONGEST_HELD, at_once):
            yield from in_line(fd, path, line, tally)


def _backward(place: Place, since: float | None, tally: Tally, last: Found | None) -> Iterator[Found]:
    files = place.files if last is None else place.files[: place.files.index(last.path) + 1]
    for path in reversed(files):
        if since is not None and not seek.may_hold(path, since):
            return
        with tally.reading(path), lines.opened(path) as fd:
            start = 0 if since is None else seek.offset_of(fd, since)
            stop = os.fstat(fd).st_size
            if last is not None:
                yield from _glued_before(fd, last.where)
                stop, last = last.where.at, None
            for line in lines.backward(fd, stop, start, LONGEST_HELD):
                yield from reversed(in_line(fd, path, line, tally))


def _glued_before(fd: int, where: Where) -> Iterator[Found]:
    """The events before one in its line, the last first."""
    for line in lines.backward(fd, where.stop, where.at, LONGEST_HELD) if where.number else ():
        yield from reversed(in_line(fd, where.path, line, Tally())[: where.number])


def by_id(places: Sequence[Place], wanted: str, tally: Tally) -> list[Found]:
    """The newest events whose id begins so: one, or two where the beginning is not enough to tell.

    Lines are looked at by their beginning only, until one fits.
    """
    start = wanted.lower().encode()
    found: dict[str, Found] = {}
    for place in places:
        for each in _backward_with(place, start, tally):
            if each.facts.event_id.lower().startswith(wanted.lower()):
                found.setdefault(each.facts.event_id, each)
            if len(found) > 1 or wanted.lower() in found:
                return list(found.values())
    return list(found.values())


def _backward_with(place: Place, text: bytes, tally: Tally) -> Iterator[Found]:
    """Events from the end backwards whose lines hold a text."""
    for path in reversed(place.files):
        with tally.reading(path), lines.opened(path) as fd:
            for line in lines.backward(fd, os.fstat(fd).st_size, 0, LONGEST_HELD):
                if any(_holds(each, text) for each in _pieces(path, line)):
                    yield from reversed(in_line(fd, path, line, tally))


def _pieces(path: Path, line: Line) -> Iterable[bytes]:
    return Span(path, line.start, line.stop) if line.data is None else (line.data,)


def _holds(data: bytes, text: bytes) -> bool:
    return text in data or text in data[:120].lower()


def in_session(places: Sequence[Place], wanted: str, tally: Tally) -> Iterator[Found]:
    """The events of the sessions whose ids begin so, in the order of files and lines."""
    start = wanted.lower().encode()
    for place in places:
        for path in place.files:
            with tally.reading(path), lines.opened(path) as fd:
                for line in lines.placed(fd, 0, os.fstat(fd).st_size, LONGEST_HELD):
                    if start in _head(fd, line).lower():
                        found = in_line(fd, path, line, tally)
                        yield from (each for each in found if _of(each, wanted))


def _head(fd: int, line: Line) -> bytes:
    """A line's beginning, where a session's id stands."""
    return os.pread(fd, _HEAD, line.start) if line.data is None else line.data[:_HEAD]


def _of(found: Found, session: str) -> bool:
    return found.facts.session_id.lower().startswith(session.lower())
