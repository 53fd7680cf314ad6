"""One event on its way from a log to those who show it.

What belongs here is what is known of it: its columns, where it stands, and itself once it is asked for. An
event that is too long to be held is read from its file, and comes without some of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple

from tessen.reading.abridge import Abridged, Member
from tessen.reading.facts import Facts, facts_of
from tessen.reading.lines import Line
from tessen.reading.long_lines import LONGEST_HELD, Span, is_long, long_events
from tessen.reading.mend import mended
from tessen.reading.parse import Tally, events_of, parse
from tessen.reading.scan import scan
from tessen.reading.stretch import read_bytes


class Where(NamedTuple):
    """Where an event stands."""

    path: Path
    at: int
    """Where in the file its line starts."""
    stop: int
    """Where that ends."""
    number: int = 0
    """The how many-th event of the line it is: of several that are glued together."""
    glued: int = 1
    """How many there are."""


@dataclass
class Found:
    """One event on the way: its columns, and itself once it is asked for."""

    facts: Facts
    line: bytes
    """The event's line, or the whole of the line that it was glued into; empty where that is not held."""
    where: Where
    part: Span | None = None
    """What of the file holds the event, where the line is not held, or too long to be parsed as it is."""

    @property
    def path(self) -> Path:
        """The file that it stands in."""
        return self.where.path

    @property
    def text(self) -> bytes | Span:
        """The event as it is written, to look for something in it."""
        return self.line or self.part or b""

    @cached_property
    def event(self) -> dict[str, Any]:
        """The event itself, mended where an old recorder wrote it; without some of it where that is long.

        Of a line that proves to be no JSON once it is looked at in full: what its two ends say, and that.
        """
        if self._short:
            return self._in(self._short) or _by_its_ends(self.facts)
        return mended(parse(self.kept.line)) if self.kept else _by_its_ends(self.facts)

    @property
    def whole(self) -> dict[str, Any] | None:
        """The event with all that it says, in whatever memory that takes; None where it is no JSON."""
        return self._in(self.line or (self.part.read() if self.part is not None else b""))

    @cached_property
    def kept(self) -> Abridged | None:
        """What is held of an event that is too long to be parsed as it is."""
        return None if self.part is None or self._short else self.part.abridged()

    @property
    def cut(self) -> dict[str, Member]:
        """The members of which some is left out in `event`."""
        return {} if self.kept is None else {n: m for n, m in self.kept.members.items() if not m.whole}

    @cached_property
    def _short(self) -> bytes:
        """The line, where it can be parsed as it is."""
        if self.part is None:
            return self.line
        if self.part.stop - self.part.start > LONGEST_HELD:
            return b""
        line = self.line or self.part.read()
        return b"" if is_long(line) else line

    def _in(self, line: bytes) -> dict[str, Any] | None:
        """The event in its line, or in what of a line is its own."""
        part, events = self.part, events_of(line, Tally())
        own = part is not None and (part.start, part.stop) != (self.where.at, self.where.stop)
        number = 0 if own else self.where.number
        return mended(events[number]) if number < len(events) else None


def held(found: Found) -> Found:
    """As much of an event as is held while it waits: its line is read once more if it is needed."""
    where = found.where
    return Found(found.facts, b"", where, found.part or Span(where.path, where.at, where.stop))


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


def in_line(fd: int, path: Path, line: Line, tally: Tally) -> list[Found]:
    """The events of a line: nearly always one.

    Args:
        fd: Its file, which is read where the line is not held.
        path: The file's name.
        line: The line.
        tally: Counts what cannot be read.
    """
    start, data, stop = line
    where = Where(path, start, stop)
    if data is None:
        return _in_long_line(fd, where, tally)
    facts, long = scan(data), is_long(data)
    if facts is not None:
        tally.events += 1
        return [Found(facts, data, where, part=Span(path, start, stop) if long else None)]
    if long:
        return _in_long_line(fd, where, tally)
    events = events_of(data, tally)
    return [
        Found(facts_of(event, len(data)), data, where._replace(number=number, glued=len(events)))
        for number, event in enumerate(events)
    ]


def _in_long_line(fd: int, where: Where, tally: Tally) -> list[Found]:
    found = [
        Found(
            facts_of(each.event, each.stop - each.start), b"", where, Span(where.path, each.start, each.stop)
        )
        for each in long_events(partial(read_bytes, fd), where.at, where.stop, tally)
    ]
    for number, each in enumerate(found):
        each.where = where._replace(number=number, glued=len(found))
    return found


def end_of(found: Found) -> float:
    """When an event's call ended, in seconds since the epoch."""
    return found.facts.end
