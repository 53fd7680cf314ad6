"""The shape of a line as our recorder writes it: as patterns, and what the stretches between them mean.

What belongs here is the members before the request's body, matched from the line's first byte, and those
after the answer's, matched up to its last. The patterns consume whole members without a gap, so they cannot
match inside a body. Stretches that many lines have in common are matched once, and remembered.
"""

from __future__ import annotations

import re
from typing import Any

from tessen.reading.rows import Kin, kin_of
from tessen.usage import Usage

WINDOW = 2_000
"""Bytes at a line's end that the last members fit into, and at its beginning those from tier to call site."""

_TEXT = rb'"([^"\\]*)"'
_TEXT_OR_NULL = rb'(?:null|"([^"\\]*)")'
_NUMBER = rb"(-?\d+(?:\.\d+)?(?:[eE][-+]?\d{1,3})?)"
_ANY_TEXT = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_LONGEST_OUTCOME = 200
"""Bytes from `streamed` to the answer's first brace."""
_LONGEST_REMEMBERED = 1_000
"""Longer stretches are not what lines have in common."""
_MOST_REMEMBERED = 4_000


def _members(*members: tuple[str, bytes]) -> bytes:
    return rb", ?".join(b'"%s": ?%s' % (name.encode(), value) for name, value in members)


_HEAD = re.compile(
    rb"\{"
    + _members(("event_id", _TEXT), ("session_id", _TEXT), ("agent_name", _TEXT), ("ts", _NUMBER))
    + rb", ?"
).match
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
_DURATION = re.compile(_members(("duration_ms", rb"(\d+(?:\.\d+)?)"), ("request_body", b""))).match
_OUTCOME = re.compile(
    _members(("streamed", rb"(true|false)"), ("status", rb'"ok"'))
    + rb', ?"(?:casted_response|response_body|response_headers)": ?'
).fullmatch
_FAILURE = re.compile(
    _members(("streamed", rb"(true|false)"), ("status", rb'"error"'))
    + rb', ?"error": ?\{'
    + _members(("type", _TEXT), ("msg", _ANY_TEXT), ("tb", _ANY_TEXT), ("status_code", rb"(?:null|(\d+))"))
).match
_FAILED = (b'"error": ', b'"error":')
_COUNTS = _members(*((name, rb"(\d{1,15})") for name in Usage._fields))
_ENDING = re.compile(
    rb'(?:"model": ?"([^"\\]{0,400})", ?)?"v": ?2, ?"quality_signals": ?\[([^\[\]\\]{0,800})\]\}\r?'
).fullmatch

amounts_at = re.compile(
    rb'(?:"ttft_ms": ?(\d{1,15}(?:\.\d{1,15})?), ?)?(?:"usage": ?\{' + _COUNTS + rb"\}, ?)?"
).match
"""Matches anywhere: the time to the first token and the five counts, as far as they are there."""

Beginning = tuple[bytes, bytes, bytes, bytes, bytes, bytes, bytes, int, Any]
"""Event id, session id, agent, ts, the members from tier to call site, duration, the request's body; where
the members behind it start, and these: as they stand, or of a failure what they say."""


def beginning(data: bytes, start: int, end: int) -> Beginning | None:
    """Read a line up to its answer; None where it is not as our recorder writes most.

    Args:
        data: Lines.
        start: Where in them the line starts.
        end: Where it ends.
    """
    head = _HEAD(data, start, end)
    if head is None:
        return None
    event_id, session_id, agent, ts = head.groups()
    begin = head.end()
    stop = data.find(b'"duration_ms":', begin, begin + WINDOW)
    duration = _DURATION(data, stop, end) if stop >= 0 else None
    if duration is None:
        return None
    body = duration.end()
    at = data.rfind(b'"streamed":', body, end)
    brace = data.find(b"{", at, at + _LONGEST_OUTCOME) if at >= 0 else -1
    if brace < 0:
        return None
    request = data[body:at]
    if request.find(b'"streamed":') >= 0 or request.find(b'"request_body":') >= 0:
        return None  # a body names these, too, or several lines are glued together
    outcome: Any = data[at:brace]
    if outcome.endswith(_FAILED):
        failure = _FAILURE(data, at, end)
        if failure is None:
            return None
        outcome = failure.groups()
    return event_id, session_id, agent, ts, data[begin:stop], duration[1], request, at, outcome


Stretches = tuple[bytes, bytes, Any, bytes]
"""Agent; the members from tier to call site; outcome; ending: as they stand in the line."""


class Remembered(dict[Stretches, Kin | None]):
    """What the stretches of a line say together, each combination read once; few of them are different."""

    def __init__(self, *, with_model: bool) -> None:
        super().__init__()
        self._with_model = with_model

    def __missing__(self, key: Stretches) -> Kin | None:
        if len(self) > _MOST_REMEMBERED:
            self.clear()
        kin = _read(key, self._with_model)
        if sum(len(part) for part in key) <= _LONGEST_REMEMBERED:
            self[key] = kin
        return kin


def _read(key: Stretches, with_model: bool) -> Kin | None:
    """What calls have in common; None where the stretches are not as they should be.

    Raises:
        ValueError: They are no UTF-8, or a status has thousands of digits.
    """
    agent, place, outcome, ending = key
    where, how, last = _PLACE(place), _outcome(outcome), _ENDING(ending)
    if where is None or how is None or last is None or (with_model and not last[1]):
        return None
    provider, surface, file, row, func = (group.decode() if group else None for group in where.groups())
    site = f"{file}:{row}:{func or ''}" if file else None
    model = last[1].decode() if last[1] else None
    signals = tuple(last[2].decode().split('"')[1::2])
    return kin_of(agent.decode(), provider, surface, site, *how, model, signals)


def _outcome(found: Any) -> tuple[bool, bool, str | None, int | None] | None:
    """Streamed, failed, error's type and HTTP status; None where it is neither a success nor a failure."""
    if isinstance(found, tuple):
        streamed, error_type, http_status = found
        code = int(http_status) if http_status else None
        return streamed == b"true", True, error_type.decode() or None, code
    match = _OUTCOME(found)
    return (match[1] == b"true", False, None, None) if match else None


kins = Remembered(with_model=True)
"""What such calls have in common; None where the request has to name the model."""

outlines = Remembered(with_model=False)
"""The same where no model is asked for, and endings start behind it."""
