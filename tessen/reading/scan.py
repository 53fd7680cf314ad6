"""A line's columns without parsing its bodies: several times as fast as JSON, and never a guess.

What belongs here is the shape of a line as our recorder writes it, as patterns for the members before the
request's body, matched from the line's first byte, and for those after the answer's, matched up to its last.
They consume whole members without a gap, so they cannot match inside a body. What lies between is looked at
for one member that occurs once. Stretches that many lines have in common are matched once, and remembered.
Whatever is not exactly so (other recorders, escapes, retries, two lines glued together) is not read here, and
left to `facts.py`. That the bodies are valid JSON is not checked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from tessen._shapes import mapping
from tessen.reading.facts import Facts
from tessen.reading.rows import AS_USUAL, Kin, Row
from tessen.reading.tools import Call, calls_in, failed_in
from tessen.usage import Usage

_TEXT = rb'"([^"\\]*)"'
_TEXT_OR_NULL = rb'(?:null|"([^"\\]*)")'
_NUMBER = rb"(-?\d+(?:\.\d+)?(?:[eE][-+]?\d{1,3})?)"
_ANY_TEXT = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_WINDOW = 2_000
"""Bytes at a line's end that the last members fit into, and at its beginning those from tier to call site."""


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
_COUNTS = _members(*((name, rb"(\d{1,15})") for name in Usage._fields))
_AMOUNTS = re.compile(
    rb'(?:"ttft_ms": ?(\d{1,15}(?:\.\d{1,15})?), ?)?(?:"usage": ?\{' + _COUNTS + rb"\}, ?)?"
).match
_END = re.compile(
    rb'(?:"model": ?"([^"\\]{0,400})", ?)?"v": ?2, ?"quality_signals": ?\[([^\[\]\\]{0,800})\]\}\r?'
).fullmatch
_HOUR_WRITES = re.compile(rb'"ephemeral_1h_input_tokens": ?[1-9]').search
_TOOL_CALL = re.compile(rb'"(?:tool_use"|tool_calls": ?\[|function_call"|functionCall")').search
_TOOL_FAILED = re.compile(rb'"is_error": ?true').search
_decoder = json.JSONDecoder()
_STREAMED = b'"streamed":'
_REQUEST = b'"request_body":'
_OBJECT_BEFORE = (b"}, ", b"},")
_MORE_BEFORE = (b'"', b"]", b"")
"""What the members before the last ones end in where they are an outcome or attempts, which are rare."""


_LONGEST_REMEMBERED = 1_000
"""Longer stretches are not what lines have in common."""


class _Remembered(dict[bytes, Any]):
    """What stretches of lines mean, each read once; few of them are different."""

    def __init__(self, read: Callable[[bytes], Any]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, raw: bytes) -> Any:
        if len(self) > 4_000:
            self.clear()
        value = self._read(raw)
        if len(raw) <= _LONGEST_REMEMBERED:
            self[raw] = value
        return value


def _place(raw: bytes) -> tuple[str | None, str | None, str | None] | None:
    """Provider, surface and call site; None where the stretch is not as it should be."""
    match = _PLACE(raw)
    if match is None:
        return None
    provider, surface, file, row, func = (group.decode() if group else None for group in match.groups())
    return provider, surface, f"{file}:{row}:{func or ''}" if file else None


def _ending(raw: bytes) -> tuple[str, tuple[str, ...]] | None:
    """Model and signals; None where the line ends otherwise, or the request has to name the model."""
    match = _END(raw)
    if match is None or not match[1]:
        return None
    return match[1].decode(), tuple(match[2].decode().split('"')[1::2])


def _outcome(raw: bytes) -> tuple[Any, ...] | None:
    """Streamed, failed, error's type and HTTP status of a call that succeeded; None for any other."""
    match = _OUTCOME(raw)
    return (match[1] == b"true", False, None, None) if match else None


def _failure(line: bytes, at: int) -> tuple[Any, ...] | None:
    """The same of a call that failed."""
    match = _FAILURE(line, at)
    if match is None:
        return None
    return match[1] == b"true", True, match[2].decode() or None, int(match[3]) if match[3] else None


_texts = _Remembered(bytes.decode)
_places = _Remembered(_place)
_outcomes = _Remembered(_outcome)
_endings = _Remembered(_ending)


def scan(line: bytes) -> Facts | None:
    """Read the columns of a line that our recorder wrote.

    Args:
        line: One line, without its newline.

    Returns:
        None where the line is not exactly as it writes most: it has to be parsed.
    """
    found = scan_row(line)
    return None if found is None else facts_of_row(*found)


def scan_row(line: bytes) -> tuple[Kin, Row] | None:  # noqa: PLR0911 - one for each thing a line can fail to be
    """Read the same as `scan`, in the form that is added up (`rows.py`); numbers stay the digits they are."""
    head = _HEAD(line)
    if head is None:
        return None
    begin = head.end()
    stop = line.find(b'"duration_ms":', begin, begin + _WINDOW)
    duration = _DURATION(line, stop) if stop >= 0 else None
    if duration is None:
        return None
    body = duration.end()
    at = line.find(_STREAMED, body)
    if at < 0 or line.find(_STREAMED, at + 1) >= 0 or line.find(_REQUEST, body) >= 0:
        return None
    start = line.rfind(b'"usage":', -_WINDOW)
    if start < 0 or not line.endswith(_OBJECT_BEFORE, 0, start):
        start = _tail_start(line, start)
    event_id, session_id, agent, ts = head.groups()
    try:
        amounts = _AMOUNTS(line, start)
        ttft, *counts = amounts.groups()  # type: ignore[union-attr] # which matches nothing, too
        place, ending = _places[line[begin:stop]], _endings[line[amounts.end() :]]  # type: ignore[union-attr]
        outcome = _outcomes[line[at : line.find(b"{", at)]] or _failure(line, at)
        if place is None or ending is None or outcome is None or line.find(b'"batch"', at) >= 0:
            return None
        if counts[0] is None:
            counts = None
        elif counts[3] != b"0" and _HOUR_WRITES(line, at):
            return None
        calls: tuple[Call, ...] = ()
        failed: tuple[str, ...] = ()
        if line.find(b'"tool_', at) >= 0 or line.find(b'"function', at) >= 0:
            calls = () if outcome[1] else _calls(line, at)
        if place[0] == "anthropic" and line.find(b'"is_error"', body, at) >= 0:
            failed = _failed(line, body, at)
        kin = _texts[agent], place, outcome, ending, AS_USUAL
    except ValueError:  # bytes that are no UTF-8, digits that are no number, a body that is no JSON
        return None
    return kin, (session_id, event_id, ts, duration[1], counts, ttft, len(line), calls, failed, None)


def facts_of_row(kin: Kin, row: Row) -> Facts | None:
    """Return the columns that a row stands for; None where its digits are no numbers."""
    agent, (provider, surface, site), (streamed, failed, error_type, http_status), (model, signals), _ = kin
    session_id, event_id, ts, duration, counts, ttft, size, calls, failed_tools, _ = row
    try:
        return Facts(
            event_id.decode(),
            session_id.decode(),
            agent,
            float(ts),
            provider,
            surface,
            site,
            float(duration),
            streamed,
            failed,
            error_type,
            http_status,
            signals,
            model,
            None if counts is None else Usage(*map(int, counts)),
            size,
            None if ttft is None else float(ttft),
            tool_calls=calls,
            failed_tools=failed_tools,
        )
    except ValueError:
        return None


def _tail_start(line: bytes, usage: int) -> int:
    """Where the first of the last members starts, where that is not plainly the usage.

    Args:
        line: The line.
        usage: Where its last usage starts; negative where there is none.

    Returns:
        The line's length, where nothing can be read, where unusual members stand before: outcome, attempts.
    """
    start = usage
    if usage < 0:
        version = line.rfind(b'"v":', -_WINDOW)
        model = line.rfind(b'"model":', -_WINDOW, version)
        start = version if model < 0 else model
    first = line.rfind(b'"ttft_ms":', max(0, start - 50), max(0, start))
    start = start if first < 0 else first
    before = line[max(0, start - 3) : max(0, start)].rstrip(b", ")[-1:]
    return len(line) if before in _MORE_BEFORE else start


def _calls(line: bytes, at: int) -> tuple[Call, ...]:
    """The tools that the answer asks for: it alone is parsed, and only where it names some.

    Raises:
        ValueError: The answer is no JSON.
    """
    if _TOOL_CALL(line, at) is None:
        return ()
    start = line.find(b"{", at)  # behind streamed and status, in which there is none
    answer, _ = _decoder.raw_decode(line[start:].decode())
    return calls_in(mapping(answer))


def _failed(line: bytes, body: int, at: int) -> tuple[str, ...]:
    """The tools that failed just now: an error stands behind the last word of the model's.

    Raises:
        ValueError: The request is no JSON.
    """
    flag = line.rfind(b'"is_error"', body, at)
    if line.find(b'"assistant"', flag, at) >= 0 or _TOOL_FAILED(line, body, at) is None:
        return ()
    asked, _ = _decoder.raw_decode(line[body:at].decode())
    return failed_in(mapping(asked))
