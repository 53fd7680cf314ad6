"""A line's columns without parsing its bodies: several times as fast as JSON, and never a guess.

What belongs here is reading a line by its two ends: ids and times at its beginning, and behind the request
what fits a mold. All else is known from a line that was parsed (`learned.py`). Whatever is not exactly so
is left to `facts.py`. That the request is valid JSON is not checked, and that a line is a single one is not
known here: `single.py`.
"""

from __future__ import annotations

import re

from tessen.reading.facts import Facts
from tessen.reading.learned import Fit, Learned, Place
from tessen.reading.rows import Kin, Row, facts_of_row
from tessen.reading.single import read_lines
from tessen.reading.tools import failed_between

_WINDOW = 2_000
"""Bytes in which the members from tier to duration stand."""

_ID, _TEXT = rb'"(.{32})"', rb'"([^"\\]*+)"'
_TS = rb'"ts": ?([1-9]\d*+\.\d++), ?'
_HEAD = re.compile(
    rb'\{"event_id": ?%b, ?"session_id": ?%b, ?"agent_name": ?%b, ?%b' % (_ID, _ID, _TEXT, _TS), re.DOTALL
).match
"""Ids may hold anything here, quotes too: many of them are looked through at once, elsewhere."""

_RELEASED_HEAD = re.compile(
    rb'\{"event_id": ?%b, ?"agent_name": ?%b, ?"session_id": ?%b, ?%b' % (_ID, _TEXT, _ID, _TS), re.DOTALL
).match
_REQUEST, _BEHIND, _TOOK = b'"request_body":', b'"streamed":', b'"duration_ms":'
_DURATION = re.compile(rb'"duration_ms": ?((?:0|[1-9]\d*+)\.\d++), ?').fullmatch
_OBJECT_BEFORE = (b"},", b"}, ")
_MARKER = b'"cache_control":'
_UNMARKED = (b" {}", b" null", b"{}", b"null")

_learned = Learned()


def scan(line: bytes) -> Facts | None:
    """Read the columns of a line.

    Args:
        line: One line, without its newline.

    Returns:
        None where the line has to be parsed: it is not as recorders write most, or none like it was seen yet.
    """
    ((found, _, _),) = read_lines(line, len(line), scan_row)
    return None if found is None else facts_of_row(*found)


def scan_row(data: bytes, start: int, end: int) -> tuple[Kin, Row] | None:
    """Read the same as `scan`, in the form that is added up (`rows.py`); numbers stay the digits they are.

    Args:
        data: Lines.
        start: Where in them the line starts.
        end: Where it ends.
    """
    line = _beginning(data, start, end)
    if line is None:
        return None
    _, _, _, _, agent, place, request, at = line
    fit = place.fit(data, at, end)
    if fit is None:
        _learned.missed(place, (data, start, at, end))
        return None
    mold, groups = fit
    try:
        kin = place.kins[agent, mold, mold.telling(groups)]
        if kin is None or (kin.old and _idle(kin, fit) and _marks_for_cache(data, request, at)):
            return None
        return kin, _row(kin, fit, line, data, end - start)
    except KeyError:
        span = data, start, at, end
        _learned.kin(place, agent, fit, span, lambda kin: _row(kin, fit, line, data, end - start))
        return None
    except (ValueError, RecursionError):  # the request is no JSON
        return None


Beginning = tuple[bytes, bytes, bytes, bytes, bytes, Place, int, int]
"""Session id, event id, ts, duration, agent; the place that members from tier on tell; where the request
starts, and has ended. The duration is empty where it does not stand before the request."""


def _beginning(data: bytes, start: int, end: int) -> Beginning | None:
    """Read a line up to its answer; None where it is not as recorders write most."""
    head = _HEAD(data, start, end)
    if head is not None:
        event_id, session_id, agent, ts = head.groups()
    elif (head := _RELEASED_HEAD(data, start, end)) is not None:
        event_id, agent, session_id, ts = head.groups()
    else:
        return None
    begin = head.end()
    request = data.find(_REQUEST, begin, min(begin + _WINDOW, end))
    stop = data.rfind(_TOOK, begin, request) if request >= 0 else -1
    took = _DURATION(data, stop, request) if stop >= 0 else None
    at = data.rfind(_BEHIND, request, end) if request >= 0 else -1
    if at < 0 or (took is None and stop >= 0) or not data.endswith(_OBJECT_BEFORE, request, at):
        return None
    members = data[begin : request if took is None else stop]
    place = _learned.places.get(members) or _learned.place(members)
    if not place.sound:
        return None
    return session_id, event_id, ts, took[1] if took else b"", agent, place, request, at


def _row(kin: Kin, fit: Fit, line: Beginning, data: bytes, size: int) -> Row:
    """A line as a row.

    Raises:
        ValueError: Its request is no JSON.
        RecursionError: It is nested too deep.
    """
    mold, groups = fit
    session_id, event_id, ts, duration, _, _, request, at = line
    if mold.duration is not None:
        duration = groups[mold.duration]
    return (
        session_id,
        event_id,
        ts,
        duration or -1.0,
        mold.numbers(groups) or None,
        None if mold.ttft is None else groups[mold.ttft],
        size,
        mold.asked(groups) if mold.tools else (),
        failed_between(data, request, at) if kin.provider == "anthropic" else (),
        None,
    )


def _idle(kin: Kin, fit: Fit) -> bool:
    """Whether nothing was read from the cache or written to it, as far as is known."""
    mold, groups = fit
    if kin.counting is None:
        return True
    numbers = mold.numbers(groups)
    return all(numbers[n] == b"0" for each in kin.counting[2:4] for n in each)


def _marks_for_cache(data: bytes, start: int, end: int) -> bool:
    """Whether a request may mark something for the cache; {} stands for what was left out."""
    at = data.find(_MARKER, start, end)
    while at >= 0:
        if not data.startswith(_UNMARKED, at + len(_MARKER)):
            return True
        at = data.find(_MARKER, at + 1, end)
    return False
