"""The tools of one call: what the answer asks for, and what of it had failed before.

What belongs here is as much as tells two tool calls apart, for finding repetitions; the tools in full are
`tessen.exchange`.
"""

from __future__ import annotations

import re
import zlib
from typing import Any, NamedTuple

from tessen._json import parse as strict
from tessen._protocols import anthropic, gemini, openai_chat, openai_responses
from tessen._shapes import items, mapping, text
from tessen.blocks import ToolCall
from tessen.reading.parse import parse


class Call(NamedTuple):
    """One call of a tool that the program has to run."""

    name: str
    arguments: int
    """A checksum of the arguments: equal where they are."""


Asked = tuple[bytes, bytes]
"""The same as it stands in an answer, read only if it matters: the name between its quotes, without escapes,
and the arguments: JSON, or a string that holds JSON."""


_LONG = 300
"""Bytes of arguments; of so many and more, the checksum is kept in place of them."""


def call_of(asked: Call | Asked) -> Call:
    """Return what was asked for.

    Raises:
        ValueError: It is no UTF-8, or no JSON.
        RecursionError: The arguments are nested too deep.
    """
    if isinstance(asked, Call):
        return asked
    name, arguments = asked
    value = parse(arguments)
    if isinstance(value, str):
        value = strict(value)
    return Call(name.decode(), _checksum(value))


def kept(name: bytes, arguments: bytes) -> Call | Asked:
    """Return what is kept of a tool call: as it stands, or read where its arguments are long.

    Raises:
        ValueError: Those are no UTF-8, or no JSON.
        RecursionError: They are nested too deep.
    """
    asked = name, arguments
    return asked if len(arguments) < _LONG else call_of(asked)


def read_call(asked: Call | Asked) -> Call:
    """Return the call; one that cannot be read stands for itself, by its bytes."""
    if isinstance(asked, Call):
        return asked
    try:
        return call_of(asked)
    except (ValueError, RecursionError):
        name, arguments = asked
        return Call(name.decode("utf-8", "replace"), zlib.crc32(arguments))


_FAILED = re.compile(rb'"is_error": ?true').search
_READERS = (
    ("candidates", gemini.read_answers),
    ("output", openai_responses.read_answers),
    ("choices", openai_chat.read_answers),
    ("message", openai_chat.read_answers),
    ("content", anthropic.read_answers),
)


def calls_in(answered: dict[str, Any]) -> tuple[Call, ...]:
    """Return the tool calls of an answer's body, those that the vendor runs itself left out."""
    read = next((reader for key, reader in _READERS if key in answered), None)
    if read is None:
        return ()
    blocks = [block for answer in read(answered) for block in answer.blocks]
    return tuple(_call(block) for block in blocks if isinstance(block, ToolCall) and not block.remote)


def failed_in(asked: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of the tools whose results in a request's newest message are errors.

    Anthropic's protocol alone says so; the others leave it to the result's words.
    """
    messages = items(asked.get("messages"))
    results = items(mapping(messages[-1]).get("content")) if messages else []
    failed = {
        mapping(each).get("tool_use_id")
        for each in results
        if isinstance(each, dict) and each.get("is_error") is True
    }
    if not failed or len(messages) < 2:
        return ()
    called = [mapping(block) for block in items(mapping(messages[-2]).get("content"))]
    names = (text(block.get("name")) for block in called if block.get("id") in failed)
    return tuple(name for name in names if name)


def failed_between(data: bytes, start: int, newest: int, end: int) -> tuple[str, ...]:
    """Return the same of a request as it stands in a line; it is parsed only where it tells of an error.

    Args:
        data: Lines.
        start: Where the request's member starts.
        newest: Where its newest messages do.
        end: Where it has ended.

    Raises:
        ValueError: The request is no JSON.
        RecursionError: It is nested too deep.
    """
    if _FAILED(data, newest, end) is None:
        return ()
    return failed_in(mapping(parse(data[data.index(b"{", start) : end].rstrip(b", "))))


def _call(block: ToolCall) -> Call:
    return Call(block.name, _checksum(block.arguments))


def _checksum(arguments: Any) -> int:
    return zlib.crc32(repr(_ordered(arguments)).encode("utf-8", "replace"))


def _ordered(value: Any) -> Any:
    """The value with the members of its objects in order, however they were written."""
    if isinstance(value, dict):
        return [(name, _ordered(value[name])) for name in sorted(value)]
    if isinstance(value, list):
        return [_ordered(each) for each in value]
    return value
