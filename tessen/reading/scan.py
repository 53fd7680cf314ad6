"""A line's columns without parsing its bodies: several times as fast as JSON, and never a guess.

What belongs here is reading a line by its two ends, whose shape is `shape.py`. What lies between is looked at
for one member that occurs once, for tools and for what makes a call cheaper or dearer.
Whatever is not exactly so (other recorders, escapes, retries, two lines glued together) is not read here, and
left to `facts.py`. That the bodies are valid JSON is not checked.
"""

from __future__ import annotations

import json
import re

from tessen._shapes import mapping
from tessen.reading.facts import Facts
from tessen.reading.rows import Kin, Row
from tessen.reading.shape import WINDOW, amounts_at, beginning, kins, outlines
from tessen.reading.tools import Call, calls_in, failed_in
from tessen.usage import Usage

_HOUR_WRITES = re.compile(rb'"ephemeral_1h_input_tokens": ?[1-9]').search
_TOOL_CALL = re.compile(rb'"(?:tool_use"|tool_calls": ?\[|function_call"|functionCall")').search
_TOOL_FAILED = re.compile(rb'"is_error": ?true').search
_decoder = json.JSONDecoder()
_OBJECT_BEFORE = (b"}, ", b"},")
_MEMBER_BEFORE = (b'", ', b'",', b"}, ", b"},")
_MORE_BEFORE = (b'"', b"]", b"")
"""What the members before the last ones end in where they are an outcome or attempts, which are rare."""


def scan(line: bytes) -> Facts | None:
    """Read the columns of a line that our recorder wrote.

    Args:
        line: One line, without its newline.

    Returns:
        None where the line is not exactly as it writes most: it has to be parsed.
    """
    found = scan_row(line, 0, len(line))
    return None if found is None else facts_of_row(*found)


def scan_row(data: bytes, start: int, end: int) -> tuple[Kin, Row] | None:
    """Read the same as `scan`, in the form that is added up (`rows.py`); numbers stay the digits they are.

    Args:
        data: Lines.
        start: Where in them the line starts.
        end: Where it ends.
    """
    found = beginning(data, start, end)
    if found is None:
        return None
    event_id, session_id, agent, ts, place, duration, request, at, outcome = found
    tail = data.rfind(b'"usage":', max(at, end - WINDOW), end)
    if tail < 0 or not data.endswith(_OBJECT_BEFORE, at, tail):
        tail = _tail_start(data, at, end, tail)
    amounts = amounts_at(data, tail, end)
    if amounts is None:
        return None
    try:
        kin = kins[agent, place, outcome, data[amounts.end() : end]]
        answer = data[at:end]
        if kin is None or answer.find(b'"batch"') >= 0:
            return None
        ttft, *amount = amounts.groups()
        counts = None if amount[0] is None else amount
        if counts is not None and counts[3] != b"0" and _HOUR_WRITES(answer):
            return None
        calls: tuple[Call, ...] = ()
        failed: tuple[str, ...] = ()
        if answer.find(b'"tool_') >= 0 or answer.find(b'"function') >= 0:
            calls = () if kin.failed else _calls(answer)
        if kin.provider == "anthropic":
            failed = _failed(request)
    except ValueError:  # bytes that are no UTF-8, digits that are no number, a body that is no JSON
        return None
    return kin, (session_id, event_id, ts, duration, counts, ttft, end - start, calls, failed, None)


def outline_row(data: bytes, start: int, end: int) -> tuple[Kin, Row] | None:
    """Read only what `status` needs, in less time: kin without a model, and a row that ends behind `ts`.

    Args:
        data: Lines.
        start: Where in them the line starts.
        end: Where it ends.
    """
    found = beginning(data, start, end)
    if found is None:
        return None
    event_id, session_id, agent, ts, place, _, _, at, outcome = found
    tail = data.rfind(b'"v":', at, end)
    if not data.endswith(_MEMBER_BEFORE, at, tail):
        return None
    try:
        kin = outlines[agent, place, outcome, data[tail:end]]
    except ValueError:
        return None
    return None if kin is None else (kin, (session_id, event_id, ts))


def facts_of_row(kin: Kin, row: Row) -> Facts | None:
    """Return the columns that a row stands for; None where its digits are no numbers."""
    session_id, event_id, ts, duration, counts, ttft, size, calls, failed_tools, _ = row
    try:
        return Facts(
            event_id.decode(),
            session_id.decode(),
            kin.agent,
            float(ts),
            kin.provider,
            kin.surface,
            kin.call_site,
            float(duration),
            kin.streamed,
            kin.failed,
            kin.error_type,
            kin.http_status,
            kin.signals,
            kin.model,
            None if counts is None else Usage(*map(int, counts)),
            size,
            None if ttft is None else float(ttft),
            tool_calls=calls,
            failed_tools=failed_tools,
        )
    except ValueError:
        return None


def _tail_start(data: bytes, at: int, end: int, usage: int) -> int:
    """Where the first of the last members starts, where that is not plainly the usage.

    Args:
        data: Lines.
        at: Where the line's request ends.
        end: Where the line ends.
        usage: Where its last usage starts; negative where there is none.

    Returns:
        The line's end, where nothing can be read, where unusual members stand before: outcome, attempts.
    """
    start, low = usage, max(at, end - WINDOW)
    if usage < 0:
        version = data.rfind(b'"v":', low, end)
        model = data.rfind(b'"model":', low, max(low, version))
        start = version if model < 0 else model
    if start < 0:
        return end
    first = data.rfind(b'"ttft_ms":', max(low, start - 50), start)
    start = start if first < 0 else first
    before = data[max(low, start - 3) : start].rstrip(b", ")[-1:]
    return end if before in _MORE_BEFORE else start


def _calls(answer: bytes) -> tuple[Call, ...]:
    """The tools that the answer asks for: it alone is parsed, and only where it names some.

    Raises:
        ValueError: The answer is no JSON.
    """
    if _TOOL_CALL(answer) is None:
        return ()
    start = answer.find(b"{")  # behind streamed and status, in which there is none
    body, _ = _decoder.raw_decode(answer[start:].decode())
    return calls_in(mapping(body))


def _failed(request: bytes) -> tuple[str, ...]:
    """The tools that failed just now: an error stands behind the last word of the model's.

    Raises:
        ValueError: The request is no JSON.
    """
    newest = max(0, request.rfind(b'"assistant"'))
    if request.find(b'"is_error"', newest) < 0 or _TOOL_FAILED(request) is None:
        return ()
    asked, _ = _decoder.raw_decode(request.decode())
    return failed_in(mapping(asked))
