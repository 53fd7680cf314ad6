"""Lines into columns, the fast way: only what becomes a column is decoded, the rest is skipped.

What belongs here is the line as recorders write it. What is not so raises, and is left to `patience.py`.
Source of the field names: the documented event of the tessen log format, and the vendors' answers in it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from capture.log.columns import ASKED_TOOL, ERROR, NO_COUNT, OUTCOMES, STREAMED
from tessen.exchange import response_body
from tessen.usage import Usage, usage_of

NAN: Final = math.nan
COMPLETE: Final = OUTCOMES[0]
OUTCOME_NUMBER: Final = {name: number for number, name in enumerate(OUTCOMES)}


class Error(msgspec.Struct, gc=False):
    """Of an error, what kind it is."""

    type: str = ""
    status_code: int | None = None


class Counts(msgspec.Struct, gc=False):
    """Tokens, under the names of the recorder's own usage; `NO_COUNT` for what is not reported."""

    input_tokens: int = NO_COUNT
    output_tokens: int = NO_COUNT
    cache_read_tokens: int = NO_COUNT
    cache_write_tokens: int = NO_COUNT


class _Choice(msgspec.Struct, gc=False):
    finish_reason: str | None = None


class _Item(msgspec.Struct, gc=False):
    type: str = ""


class Answer(msgspec.Struct, gc=False):
    """Of an answer's body, why it stopped."""

    stop_reason: str | None = None
    finish_reason: str | None = None
    choices: tuple[_Choice, ...] = ()
    output: tuple[_Item, ...] = ()


class Fields(msgspec.Struct, gc=False):
    """What of an event becomes a column."""

    event_id: str
    ts: float
    status: str
    agent_name: str = ""
    session_id: str = ""
    provider: str | None = None
    surface: str | None = None
    duration_ms: float = NAN
    ttft_ms: float = NAN
    streamed: bool = False
    error: Error | None = None
    quality_signals: tuple[str, ...] = ()
    attempts: tuple[msgspec.Raw, ...] = ()
    outcome: str = COMPLETE
    usage: Counts | None = None
    model: str | None = None
    casted_response: Answer | None = None
    response_body: Answer | None = None


class _Bodies(msgspec.Struct, gc=False):
    """Where logs without `usage` and `model` have them."""

    http_url: Any = None
    request_body: msgspec.Raw = msgspec.Raw(b"")
    casted_response: Any = None
    response_body: Any = None


class _Request(msgspec.Struct, gc=False):
    model: str | None = None


_fields = msgspec.json.Decoder(Fields)

decode: Final = _fields.decode
"""Decode one line; raises ValueError (not as expected) or RecursionError."""

decode_lines: Final = _fields.decode_lines
"""Decode many at once, which is faster than one by one; raises the same."""

_bodies = msgspec.json.Decoder(_Bodies).decode
_request = msgspec.json.Decoder(_Request).decode

_TOOL_REASONS = frozenset({"tool_use", "tool_calls", "function_call", "TOOL_CALL"})
_TOOL_ITEMS = frozenset({"function_call", "custom_tool_call", "computer_call", "local_shell_call"})


def complete(event: Fields, line: bytes) -> None:
    """Fill in model and usage from the bodies: the vendors' own answers and the request."""
    bodies = _bodies(line)
    answered = response_body(
        {"casted_response": bodies.casted_response, "response_body": bodies.response_body}
    )
    if event.usage is None:
        event.usage = counts_of(usage_of(answered))
    if event.model is None:
        asked = bytes(bodies.request_body)
        requested = _request(asked).model if asked[:1] == b"{" else None
        event.model = model_of(answered) or requested or model_in_url(bodies.http_url)


def counts_of(usage: Usage | None) -> Counts:
    """A normalised usage as columns."""
    if usage is None:
        return Counts()
    return Counts(usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens)


def flags(events: Sequence[Fields]) -> list[int]:
    """The column of that name."""
    return [
        (event.error is not None or event.status == "error") * ERROR
        | event.streamed * STREAMED
        | ((answer := event.casted_response or event.response_body) is not None and _asked_tool(answer))
        * ASKED_TOOL
        for event in events
    ]


def _asked_tool(answer: Answer) -> bool:
    """Whether the answer leaves the program to run a tool."""
    if answer.stop_reason is not None:
        return answer.stop_reason in _TOOL_REASONS
    if answer.choices:
        return answer.choices[0].finish_reason in _TOOL_REASONS
    if answer.output:
        return answer.output[-1].type in _TOOL_ITEMS
    return answer.finish_reason in _TOOL_REASONS


def model_of(answered: Mapping[str, Any]) -> str | None:
    """The model that an answer's body names."""
    for key in ("model", "modelVersion", "model_version"):
        if isinstance(named := answered.get(key), str) and named:
            return named
    return None


def model_in_url(url: object) -> str | None:
    """The model that a Gemini URL names: `…/models/<model>:generateContent`."""
    if not isinstance(url, str):
        return None
    _, _, tail = url.partition("/models/")
    name, colon, _ = tail.partition(":")
    return name if colon and name else None
