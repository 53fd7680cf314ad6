"""The tools of one call: what the answer asks for, and what of it had failed before.

What belongs here is as much as tells two tool calls apart, for finding repetitions; the tools in full are
`tessen.exchange`.
"""

from __future__ import annotations

import json
import zlib
from typing import Any, NamedTuple

from tessen._protocols import anthropic, gemini, openai_chat, openai_responses
from tessen._shapes import items, mapping, text
from tessen.blocks import ToolCall


class Call(NamedTuple):
    """One call of a tool that the program has to run."""

    name: str
    arguments: int
    """A checksum of the arguments: equal where they are."""


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


def _call(block: ToolCall) -> Call:
    arguments = json.dumps(block.arguments, sort_keys=True, default=str)
    return Call(block.name, zlib.crc32(arguments.encode("utf-8", "replace")))
