"""A line's columns without parsing its bodies: several times as fast as JSON, and never a guess.

What belongs here is reading a line by its two ends: ids and times at its beginning, and behind the request
what fits a mold. All else is known from a line that was parsed (`learned.py`). Whatever is not exactly so
is left to `facts.py`. That the request is valid JSON is not checked.
"""

from __future__ import annotations

import re

from tessen.reading.facts import Facts
from tessen.reading.learned import Learned
from tessen.reading.rows import Kin, Row, facts_of_row
from tessen.reading.tools import failed_between

WINDOW = 2_500
"""Bytes in which the members before the request stand."""

_ID, _TEXT = rb'"([0-9a-f]{32})"', rb'"([^"\\]*+)"'
_TS = rb'"ts": ?([1-9]\d*+\.\d++), ?'
HEAD = re.compile(
    rb'\{"event_id": ?%b, ?"session_id": ?%b, ?"agent_name": ?%b, ?%b' % (_ID, _ID, _TEXT, _TS)
    + rb'(.*)"duration_ms": ?((?:0|[1-9]\d*+)\.\d++), ?',
    re.DOTALL,
).fullmatch
"""Takes apart what stands before the request: event, session, agent, start, the rest, and the duration."""

_RELEASED_HEAD = re.compile(
    rb'\{"event_id": ?%b, ?(?="agent_name": ?"[^"\\]*+", ?"session_id": ?%b)' % (_ID, _ID)
    + rb'"agent_name": ?%b, ?"session_id": ?"[0-9a-f]{32}", ?%b(.*)()' % (_TEXT, _TS),
    re.DOTALL,
).fullmatch
"""The same, taken out in the same order; the duration stands in a line's end."""

REQUEST, _BEHIND = b'"request_body":', b'"streamed":'
"""Each stands once in a line that is one event. Where a writer died, the next event is glued behind the torn
one; that, or a body with a member of such a name, has to be parsed."""
_MODEL_SAID, _IS_ERROR = b'"assistant"', b'"is_error"'
"""An error of a tool that is news stands behind the last word of the model's."""

_MARKER = b'"cache_control":'
_UNMARKED = (b" {}", b" null", b"{}", b"null")

_learned = Learned()


def expect_many() -> None:
    """Learn at once what the next lines are like: many more are going to be read."""
    _learned.lend()


def scan(line: bytes) -> Facts | None:
    """Read the columns of a line.

    Args:
        line: One line, without its newline.

    Returns:
        None where the line has to be parsed: it is not as recorders write most, or none like it was seen yet.
    """
    found = scan_row(line, 0, len(line))
    return None if found is None else facts_of_row(*found)


def scan_row(  # noqa: PLR0911 - one function, as it is called for every line
    data: bytes, start: int, end: int
) -> tuple[Kin, Row] | None:
    """Read the same as `scan`, in the form that is added up (`rows.py`); numbers stay the digits they are.

    Args:
        data: Lines.
        start: Where in them the line starts.
        end: Where it ends.
    """
    request = data.find(REQUEST, start, start + WINDOW)
    at = data.rfind(_BEHIND, request, end) if request >= 0 else -1
    if at < 0 or data.find(REQUEST, request + 1, at) >= 0:
        return None
    head = HEAD(data, start, request) or _RELEASED_HEAD(data, start, request)
    if head is None:
        return None
    event_id, session_id, agent, ts, members, duration = head.groups()
    place = _learned.places.get(members) or _learned.place(members)
    fit = place.fit(data, at, end)
    if fit is None:
        _learned.missed(place, (data, start, at, end))
        return None
    mold, kins, groups = fit
    if mold.duration is not None:
        duration = groups[mold.duration]
    try:
        asked = mold.asked(groups)
    except (ValueError, RecursionError):
        return None
    row = (
        session_id,
        event_id,
        ts,
        duration or -1.0,
        mold.numbers(groups),
        None if mold.ttft is None else groups[mold.ttft],
        end - start,
        asked,
        (),
        None,
    )
    telling = agent, mold.telling(groups)
    kin = kins.get(telling)
    if kin is None:
        if telling not in kins:
            span = data, start, at, end
            _learned.kin(place, agent, fit, span, lambda kin: _told(kin, row, data, request, at))
        return None
    if kin.old and _idle(kin, row) and _marks_for_cache(data, request, at):
        return None
    told = row if data.find(_IS_ERROR, request, at) < 0 else _told(kin, row, data, request, at)
    return None if told is None else (kin, told)


def _told(kin: Kin, row: Row, data: bytes, request: int, at: int) -> Row | None:
    """The row, with the tools whose newest results in the request are errors; None where it is no JSON."""
    if kin.provider != "anthropic":
        return row
    newest = max(request, data.rfind(_MODEL_SAID, request, at))
    try:
        return (*row[:8], failed_between(data, request, newest, at), None)
    except (ValueError, RecursionError):
        return None


def _idle(kin: Kin, row: Row) -> bool:
    """Whether nothing was read from the cache or written to it, as far as is known."""
    if kin.counting is None:
        return True
    _, _, read, written, _ = kin.counting
    return {row[4][n] for n in read + written} <= {b"0"}


def _marks_for_cache(data: bytes, start: int, end: int) -> bool:
    """Whether a request may mark something for the cache; {} stands for what was left out."""
    at = data.find(_MARKER, start, end)
    while at >= 0:
        if not data.startswith(_UNMARKED, at + len(_MARKER)):
            return True
        at = data.find(_MARKER, at + 1, end)
    return False
