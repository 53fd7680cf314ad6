"""The shape of a line as our recorder writes it: as patterns, and what the stretches between them mean.

What belongs here is the members before the request's body, matched from the line's first byte, and those after
the answer's, matched up to its last. The patterns consume whole members without a gap, so they cannot match
inside a body. Stretches that many lines have in common are matched once, and remembered.
"""

from __future__ import annotations

import re
from collections.abc import Callable
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
_DURATION = re.compile(_members(("duration_ms", _NUMBER), ("request_body", b""))).match
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

Beginning = tuple[bytes, bytes, bytes, bytes, bytes, bytes, int, int, Any]
"""Event id, session id, agent, ts, the members from tier to call site, duration; where the request's body starts,
and where the members behind it do; and these: as they stand, or of a failure what they say."""


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
    if at < 0 or data.find(b'"streamed":', body, at) >= 0 or data.find(b'"request_body":', body, at) >= 0:
        return None  # a body names these, too, or several lines are glued together
    brace = data.find(b"{", at, at + _LONGEST_OUTCOME)
    outcome: Any = data[at : max(at, brace)]
    if outcome.endswith(_FAILED):
        failure = _FAILURE(data, at, end)
        if failure is None:
            return None
        outcome = failure.groups()
    return event_id, session_id, agent, ts, data[begin:stop], duration[1], body, at, outcome


class _Remembered(dict[tuple[Any, ...], Kin | None]):
    """What the stretches of a line say together, each combination read once; few of them are different."""

    def __init__(self, model: Callable[[bytes | None], bool]) -> None:
        super().__init__()
        self._model_is_enough = model

    def __missing__(self, key: tuple[Any, ...]) -> Kin | None:
        if len(self) > _MOST_REMEMBERED:
            self.clear()
        kin = _read(*key, self._model_is_enough)
        if all(part is None or len(part) <= _LONGEST_REMEMBERED for part in key):
            self[key] = kin
        return kin


def _read(
    agent: bytes, place: bytes, outcome: Any, ending: bytes, model_is_enough: Callable[[bytes | None], bool]
) -> Kin | None:
    """What calls have in common; None where the stretches are not as they should be.

    Raises:
        UnicodeDecodeError: They are no UTF-8.
    """
    where, how, last = _PLACE(place), _outcome(outcome), _ENDING(ending)
    if where is None or how is None or last is None or not model_is_enough(last[1]):
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
        return streamed == b"true", True, error_type.decode() or None, int(http_status) if http_status else None
    match = _OUTCOME(found)
    return (match[1] == b"true", False, None, None) if match else None


kins = _Remembered(bool)
"""(agent, place, outcome, ending) → what such calls have in common; None where the request has to name the model."""

outlines = _Remembered(lambda model: True)
"""The same of endings that start behind the model."""
