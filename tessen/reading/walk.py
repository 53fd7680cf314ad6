"""Walking over the events of some places, from the beginning or from the end, filtered as one goes.

What belongs here is the order of events across files and agents. Nothing is kept but what is yielded.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tessen.reading import lines, seek
from tessen.reading.facts import Facts, facts_of
from tessen.reading.mend import mended
from tessen.reading.merge import merged
from tessen.reading.parse import Tally, events_of
from tessen.reading.places import Place
from tessen.reading.scan import scan

if TYPE_CHECKING:
    from tessen.query_match import Matcher


@dataclass
class Found:
    """One event on the way: its columns, and itself once it is asked for."""

    facts: Facts
    line: bytes
    """The event's line, or the whole of the line that it was glued into."""
    path: Path
    parsed: dict[str, Any] | None = None
    at: int = -1
    """Where in the file the line starts, of those that are read from the end."""

    @cached_property
    def event(self) -> dict[str, Any]:
        """The event itself, mended where an old recorder wrote it.

        Of a line that proves to be no JSON once it is looked at in full: what its two ends say, and that.
        """
        if self.parsed is not None:
            return mended(self.parsed)
        events = events_of(self.line, Tally())
        return mended(events[0]) if events else _by_its_ends(self.facts)


def _by_its_ends(facts: Facts) -> dict[str, Any]:
    return {
        "event_id": facts.event_id,
        "session_id": facts.session_id,
        "agent_name": facts.agent,
        "ts": facts.ts,
        "provider": facts.provider,
        "surface": facts.surface,
        "duration_ms": facts.duration_ms,
        "status": "error" if facts.error else "ok",
        "model": facts.model,
        "quality_signals": list(facts.signals),
        "unreadable": "what stands between the line's two ends is no JSON, or is nested too deeply",
    }


def in_line(line: bytes, path: Path, tally: Tally) -> list[Found]:
    """The events of a line: nearly always one."""
    facts = scan(line)
    if facts is not None:
        tally.events += 1
        return [Found(facts, line, path)]
    return [Found(facts_of(event, len(line)), line, path, event) for event in events_of(line, tally)]


def oldest_first(
    places: Sequence[Place], since: float | None, matches: Matcher | None, tally: Tally
) -> Iterator[Found]:
    """Events in the order in which their calls ended, those of several agents merged."""
    streams = [partial(_forward, place, since) for place in places]
    return those(merged(streams, end_of, tally), since, matches)


def newest_first(
    places: Sequence[Place], since: float | None, matches: Matcher | None, tally: Tally
) -> Iterator[Found]:
    """Events from the end of the log backwards; no more of it is read than is taken."""
    streams = [partial(_backward, place, since) for place in places]
    return those(merged(streams, lambda found: -end_of(found), tally), since, matches)


def those(found: Iterable[Found], since: float | None, matches: Matcher | None) -> Iterator[Found]:
    """The events that are asked for."""
    return (each for each in found if _wanted(each, since, matches))


def _wanted(found: Found, since: float | None, matches: Matcher | None) -> bool:
    if since is not None and found.facts.ts < since:
        return False
    return matches is None or matches(found.facts, found.line)


def end_of(found: Found) -> float:
    """When an event's call ended, in seconds since the epoch."""
    return found.facts.end


def _forward(place: Place, since: float | None, tally: Tally) -> Iterator[Found]:
    for path in place.files:
        if since is None or seek.may_hold(path, since):
            yield from in_file(path, tally, since=since)


def in_file(
    path: Path, tally: Tally, start: int = 0, stop: int | None = None, since: float | None = None
) -> Iterator[Found]:
    """The events of a file's lines, in their order.

    Args:
        path: The file.
        tally: Counts what cannot be read.
        start: Where to begin; a line that starts before it is left out.
        stop: Where no further line is begun; by default the file's end.
        since: What is surely older, in seconds since the epoch, is passed over.
    """
    try:
        with lines.opened(path) as fd:
            start = start if since is None else seek.offset_of(fd, since)
            stop = os.fstat(fd).st_size if stop is None else stop
            for group in lines.forward(fd, start, stop):
                for line in group:
                    yield from _counted(line, path, tally)
    except OSError as error:
        tally.unreadable_files.append(f"{path}: {error.strerror or error}")


def _backward(place: Place, since: float | None, tally: Tally) -> Iterator[Found]:
    for path in reversed(place.files):
        if since is not None and not seek.may_hold(path, since):
            return
        try:
            with lines.opened(path) as fd:
                start = 0 if since is None else seek.offset_of(fd, since)
                for at, line in lines.backward(fd, os.fstat(fd).st_size, start):
                    for found in reversed(_counted(line, path, tally)):
                        found.at = at
                        yield found
        except OSError as error:
            tally.unreadable_files.append(f"{path}: {error.strerror or error}")


def _counted(line: bytes | None, path: Path, tally: Tally) -> list[Found]:
    if line is None:
        tally.corrupt_lines += 1
        return []
    return in_line(line, path, tally)


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
        try:
            with lines.opened(path) as fd:
                for _, line in lines.backward(fd, os.fstat(fd).st_size):
                    if line is not None and (text in line or text in line[:120].lower()):
                        yield from reversed(in_line(line, path, tally))
        except OSError as error:
            tally.unreadable_files.append(f"{path}: {error.strerror or error}")


def in_session(places: Sequence[Place], wanted: str, tally: Tally) -> Iterator[Found]:
    """The events of the sessions whose ids begin so, in the order of files and lines."""
    start = wanted.lower().encode()
    for place in places:
        for path in place.files:
            try:
                with lines.opened(path) as fd:
                    for group in lines.forward(fd, 0, os.fstat(fd).st_size):
                        for line in group:
                            if line is not None and start in line[:300].lower():
                                yield from (each for each in in_line(line, path, tally) if _of(each, wanted))
            except OSError as error:
                tally.unreadable_files.append(f"{path}: {error.strerror or error}")


def _of(found: Found, session: str) -> bool:
    return found.facts.session_id.lower().startswith(session.lower())
