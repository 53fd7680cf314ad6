"""What `status` asks of a line of our own recorder: a fraction of its columns, in a fraction of the time.

What belongs here is the members before the request's body, matched from the line's first byte, and the very
last ones, matched up to its last; what the answer says does not matter. The patterns consume whole members
without a gap, so they cannot match inside a body. Stretches that many lines have in common are matched
once, and remembered. Lines of other recorders are read as `scan.py` does.
"""

from __future__ import annotations

import re
from typing import Any

from tessen.reading.rows import Kin, Row, kin_of
from tessen.reading.scan import HEAD, REQUEST, WINDOW, scan_row

_TEXT = rb'"([^"\\]*)"'
_TEXT_OR_NULL = rb'(?:null|"([^"\\]*)")'
_ANY_TEXT = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_LONGEST_OUTCOME = 200
"""Bytes from `streamed` to the answer's first brace."""
_LONGEST_REMEMBERED = 1_000
"""Longer stretches are not what lines have in common."""
_MOST_REMEMBERED = 4_000


def _members(*members: tuple[str, bytes]) -> bytes:
    return rb", ?".join(b'"%s": ?%s' % (name.encode(), value) for name, value in members)


_SITE = rb"(?:null|\{" + _members(("file", _TEXT), ("line", rb"(\d+)"), ("func", _TEXT)) + rb"\})"
_PLACE = re.compile(
    _members(
        ("_tessen_tier", rb"\d"),
        ("provider", _TEXT_OR_NULL),
        ("surface", _TEXT_OR_NULL),
        ("call_type", rb'"[^"\\]*"'),
        ("http_method", rb'"[^"\\]*"'),
        ("http_url", rb'"[^"\\]*"'),
        ("call_site", _SITE),
    )
    + rb", ?"
).fullmatch
_OUTCOME = re.compile(
    _members(("streamed", rb"(true|false)"), ("status", rb'"ok"'))
    + rb', ?"(?:casted_response|response_body|response_headers)": ?'
).fullmatch
_FAILURE = re.compile(
    _members(("streamed", rb"(true|false)"), ("status", rb'"error"'))
    + rb', ?"error": ?\{'
    + _members(("type", _TEXT), ("msg", _ANY_TEXT), ("tb", _ANY_TEXT), ("status_code", rb"(?:null|(\d+))"))
).match
_BEHIND = b'"streamed":'
_MEMBER_BEFORE = (b'", ', b'",', b"}, ", b"},")
_FAILED = (b'"error": ', b'"error":')
_ENDING = re.compile(rb'"v": ?2, ?"quality_signals": ?\[([^\[\]\\]{0,800})\]\}\r?').fullmatch


def outline_row(data: bytes, start: int, end: int) -> tuple[Kin, Row] | None:
    """Read a line as `scan_row` does, but for the model and all that a row holds behind `ts`.

    Args:
        data: Lines.
        start: Where in them the line starts.
        end: Where it ends.
    """
    request = data.find(REQUEST, start, start + WINDOW)
    head = HEAD(data, start, request) if request >= 0 else None
    if head is None:
        return scan_row(data, start, end)
    at = data.rfind(_BEHIND, request, end)
    tail = data.rfind(b'"v":', at, end) if at >= 0 else -1
    if tail < 0 or not data.endswith(_MEMBER_BEFORE, at, tail) or _again(data, request, at):
        return None
    event_id, session_id, agent, ts, members, _ = head.groups()
    outcome = _outcome_at(data, at, end)
    if outcome is None:
        return None
    try:
        kin = _outlines[agent, members, outcome, data[tail:end]]
    except ValueError:  # bytes that are no UTF-8
        return None
    return None if kin is None else (kin, (session_id, event_id, ts))


def _again(data: bytes, request: int, at: int) -> bool:
    """Whether what stands once in an event comes again: in a body, or in an event behind a torn one."""
    return data.find(_BEHIND, request, at) >= 0 or data.find(REQUEST, request + 1, at) >= 0


def _outcome_at(data: bytes, at: int, end: int) -> Any:
    """The members before an answer, as they stand; of a failure what they say."""
    brace = data.find(b"{", at, at + _LONGEST_OUTCOME)
    if brace < 0:
        return None
    outcome = data[at:brace]
    if not outcome.endswith(_FAILED):
        return outcome
    failure = _FAILURE(data, at, end)
    return None if failure is None else failure.groups()


Stretches = tuple[bytes, bytes, Any, bytes]
"""Agent; the members from tier to call site; outcome; ending: as they stand in the line."""


class _Remembered(dict[Stretches, Kin | None]):
    """What the stretches of a line say together, each combination read once; few of them are different."""

    def __missing__(self, key: Stretches) -> Kin | None:
        if len(self) > _MOST_REMEMBERED:
            self.clear()
        kin = _read(key)
        if sum(len(part) for part in key) <= _LONGEST_REMEMBERED:
            self[key] = kin
        return kin


def _read(key: Stretches) -> Kin | None:
    """What calls have in common; None where the stretches are not as they should be.

    Raises:
        ValueError: They are no UTF-8, or a status has thousands of digits.
    """
    agent, place, outcome, ending = key
    where, how, last = _PLACE(place), _outcome(outcome), _ENDING(ending)
    if where is None or how is None or last is None:
        return None
    provider, surface, file, row, func = (group.decode() if group else None for group in where.groups())
    site = f"{file}:{row}:{func or ''}" if file else None
    signals = tuple(last[1].decode().split('"')[1::2])
    return kin_of(agent.decode(), provider, surface, site, *how, None, signals)


def _outcome(found: Any) -> tuple[bool, bool, str | None, int | None] | None:
    """Streamed, failed, error's type and HTTP status; None where it is neither a success nor a failure."""
    if isinstance(found, tuple):
        streamed, error_type, http_status = found
        code = int(http_status) if http_status else None
        return streamed == b"true", True, error_type.decode() or None, code
    match = _OUTCOME(found)
    return (match[1] == b"true", False, None, None) if match else None


_outlines = _Remembered()
