"""The record as Python reads it: events, the newest of them, some of them, and figures over them.

What belongs here is the programming interface, which people script against: every name here is kept. Reading
is lazy and takes constant memory, whatever the log's size. Nothing in a log raises: lines that are torn or no
events are counted, and an event glued behind a torn line is recovered. Logs of the released recorders (0.3,
0.4) come mended, as docs/reading.md says.

>>> import tessen.events as ev
>>> for event in ev.read("support"):
...     print(event["event_id"][:6], event["status"], event["quality_signals"])
a10000 ok []
a20000 error ['rate_limited']
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tessen._shapes import items, number
from tessen.reading import lines, seek
from tessen.reading.mend import mended
from tessen.reading.moments import Since, moment
from tessen.reading.parse import Tally, events_of
from tessen.reading.places import NotFoundError, Place, agents_in, log_dir_of, places
from tessen.reading.stretch import MAX_LINE

if TYPE_CHECKING:
    from tessen.query_match import Matcher

__all__ = ["Event", "Since", "aggregate", "filter_events", "list_agents", "read", "recent"]

Event = dict[str, Any]
"""One event, as parsed from its line; the fields are those of the log format."""

LogDir = str | os.PathLike[str]


def read(
    agent_name: str | None = None,
    *,
    log_dir: LogDir | None = None,
    since: Since | None = None,
    stats: MutableMapping[str, Any] | None = None,
) -> Iterator[Event]:
    """Yield events in the order in which they were written: by date and number of the file, then by line.

    Calls overlap, and a line is written when its call ends, so `ts`, the start, is only nearly in order.

    >>> [event["event_id"][:2] for event in read(since="2026-11-23T12:00:30")]
    ['b1', 'a2']

    Args:
        agent_name: Whose events; also the path of a file or folder. By default every agent's, one by one.
        log_dir: The folder of the agents' folders. Default: `TESSEN_LOG_DIR`, else `~/.tessen/logs`.
        since: Only calls that started at this moment or later: seconds since the epoch, a datetime with a
            time zone, a timedelta back from now, or text: "24h", "7d", "2w". What is older is not read.
        stats: Is filled while events are taken: `events`, `corrupt_lines`, `foreign_lines` (JSON, but no
            event), `unreadable_files`.

    Returns:
        An iterator; it is empty where there is no such agent.

    Raises:
        ValueError: `since` is no moment.
        TypeError: `since` is of another type.
    """
    return _read(_places(agent_name, log_dir), moment(since), {} if stats is None else stats)


def _read(found: list[Place], since: float | None, stats: MutableMapping[str, Any]) -> Iterator[Event]:
    tally = Tally()
    _report(tally, stats)
    for place in found:
        for path in place.files:
            if since is not None and not seek.may_hold(path, since):
                continue
            for event in _in_file(path, since, tally):
                _report(tally, stats)
                yield mended(event)
            _report(tally, stats)


def _in_file(path: Path, since: float | None, tally: Tally) -> Iterator[Event]:
    with tally.reading(path), lines.opened(path) as fd:
        start = 0 if since is None else seek.offset_of(fd, since)
        for group in lines.forward(fd, start, os.fstat(fd).st_size):
            for line in group:
                yield from _events(line, since, tally)


def _events(line: bytes | None, since: float | None, tally: Tally) -> Iterator[Event]:
    if line is None:
        tally.corrupt_lines += 1
        return
    for event in events_of(line, tally):
        if since is None or (number(event.get("ts")) or 0.0) >= since:
            yield event


def recent(agent_name: str | None = None, n: int = 100, *, log_dir: LogDir | None = None) -> list[Event]:
    """Return the newest events, oldest of them first: those whose calls ended last.

    Only the end of the log is read, as much of it as these events are long.

    >>> [event["event_id"][:2] for event in recent("support", 1)]
    ['a2']

    Args:
        agent_name: Whose events; also a path of a file or folder. By default every agent's.
        n: How many at most.
        log_dir: The folder of the agents' folders. Default: `TESSEN_LOG_DIR`, else `~/.tessen/logs`.
    """
    from tessen.reading import walk

    found = walk.newest_first(_places(agent_name, log_dir), None, None, Tally())
    whole = (each.whole for each in found if each.facts.size <= MAX_LINE)
    newest = list(islice((event for event in whole if event is not None), max(0, min(n, sys.maxsize))))
    newest.reverse()
    newest.sort(key=_end)
    return newest


def _end(event: Event) -> float:
    return (number(event.get("ts")) or 0.0) + (number(event.get("duration_ms")) or 0.0) / 1000


def filter_events(  # noqa: PLR0913 - each is a keyword, and all are optional
    events: Iterable[Event],
    *,
    quality_signal: str | None = None,
    status: str | None = None,
    provider: str | None = None,
    session_id: str | None = None,
    surface: str | None = None,
    query: str | None = None,
) -> Iterator[Event]:
    """Yield the events that all of these hold for; what is no event is left out.

    >>> failed = filter_events(read(), status="error")
    >>> [event["event_id"][:2] for event in failed]
    ['a2']
    >>> slow = filter_events(read(), query="dur>1s model:*haiku*")
    >>> [event["event_id"][:2] for event in slow]
    ['b1']

    Args:
        events: Of `read` or `recent`, or any others.
        quality_signal: One of the event's signals.
        status: `ok` or `error`.
        provider: The vendor, as events name it.
        session_id: A whole id.
        surface: The SDK's method, as events name it.
        query: The filter language of the app and the commands.

    Raises:
        ValueError: The query cannot be understood; the message says which term, and why.
    """
    wanted = {"status": status, "provider": provider, "session_id": session_id, "surface": surface}
    exact = {key: value for key, value in wanted.items() if value is not None}
    return _filtered(events, quality_signal, exact, _matcher(query))


def _filtered(
    events: Iterable[Event], signal: str | None, exact: Mapping[str, str], matches: Matcher | None
) -> Iterator[Event]:
    for event in _only_events(events):
        if signal is not None and signal not in items(event.get("quality_signals")):
            continue
        if any(event.get(key) != value for key, value in exact.items()):
            continue
        if matches is None or matches.event(event):
            yield event


def _matcher(query: str | None) -> Matcher | None:
    if query is None:
        return None
    from tessen.query_match import matcher

    return matcher(query)


def aggregate(events: Iterable[Event]) -> dict[str, Any]:
    """Return the figures that `tessen analyze --json` gives, over any events; what is no event is left out.

    >>> report = aggregate(read())
    >>> report["events_total"], report["error_types"]
    (3, {'RateLimitError (429)': 1})
    >>> report["tokens"]["input"], report["unpriced_models"]
    (8400, {})

    Args:
        events: Of `read` or `recent`, or any others. They are taken one by one, and not kept.

    Returns:
        See docs/reading.md; the last keys are `schema_version`, `tessen_version` and `generated_at`.
    """
    from tessen.reading.envelope import envelope
    from tessen.reading.facts import facts_of
    from tessen.reading.rollup import Rollup

    rollup = Rollup()
    for event in _only_events(events):
        rollup.add(facts_of(event))
    return envelope(rollup.report())


def _only_events(events: Iterable[Any]) -> Iterator[Event]:
    return (event for event in events if isinstance(event, dict))


def list_agents(log_dir: LogDir | None = None, *, include_empty: bool = False) -> list[str]:
    """Return the names of the agents that have a log, sorted.

    >>> list_agents()
    ['billing', 'support']

    Args:
        log_dir: The folder of the agents' folders. Default: `TESSEN_LOG_DIR`, else `~/.tessen/logs`.
        include_empty: Also those whose folder holds no log file.
    """
    return agents_in(log_dir_of(_path(log_dir)), include_empty=include_empty)


def _places(agent_name: str | None, log_dir: LogDir | None) -> list[Place]:
    try:
        return places(agent_name, _path(log_dir))
    except NotFoundError:
        return []


def _path(log_dir: LogDir | None) -> Path | None:
    return None if log_dir is None else Path(log_dir)


def _report(tally: Tally, stats: MutableMapping[str, Any]) -> None:
    stats["events"] = tally.events
    stats["corrupt_lines"] = tally.corrupt_lines
    stats["foreign_lines"] = tally.foreign_lines
    stats["unreadable_files"] = list(tally.unreadable_files)
