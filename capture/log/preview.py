"""A few words on what happened in a call: first text, tools asked for, or the error's message.

What belongs here decodes only the answer or the error, for any vendor, and cuts early: it runs for every
line that scrolls by.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from tessen._shapes import first, items, mapping, text
from tessen.reading.mend import response_body
from tessen.reading.parse import parse_any

MAX_LINE = 1 << 20
"""Longer lines are told by their size."""

MAX_CHARACTERS = 200
_MAX_PARTS = 6
_MAX_ARGUMENT = 40


class _Line(msgspec.Struct, gc=False):
    error: Any = None
    casted_response: Any = None
    response_body: Any = None


_decode = msgspec.json.Decoder(_Line).decode


def preview(line: bytes) -> str:
    """Say in one line of raw text what an event's line tells; "" when it tells nothing."""
    try:
        event = _decode(line)
        error, answered = event.error, {"casted_response": event.casted_response}
        answered["response_body"] = event.response_body
    except (ValueError, RecursionError):
        try:
            answered = mapping(parse_any(line))
        except (ValueError, RecursionError):
            return ""
        error = answered.get("error")
    if isinstance(error, dict) and error:
        return _cut(_complaint(error))
    return _cut(" ".join(_some(_parts(response_body(answered)))))


def _complaint(error: dict[str, Any]) -> str:
    """The vendor's own sentence; the SDK's, which wraps it in status and JSON, where there is none."""
    body = mapping(error.get("body"))
    stated = body.get("error", body)
    own = stated if isinstance(stated, str) else text(mapping(stated).get("message"))
    return own or text(body.get("message")) or text(error.get("msg")) or text(error.get("type")) or "error"


def size_only(size: int) -> str:
    """What stands for a line too long to look into."""
    return f"({size / 1_000_000:.1f} MB event)"


def _cut(said: str) -> str:
    words = " ".join(said[: 4 * MAX_CHARACTERS].split())
    return words if len(words) <= MAX_CHARACTERS else words[: MAX_CHARACTERS - 1] + "…"


def _some(parts: Iterator[str]) -> list[str]:
    return [part for part, _ in zip(parts, range(_MAX_PARTS), strict=False)]


def _parts(answered: dict[str, Any]) -> Iterator[str]:
    """Texts and tool calls of an answer, in its order."""
    yield from _blocks(answered.get("content"))
    for choice in items(answered.get("choices"))[:1]:
        yield from _message(mapping(choice).get("message"))
    yield from _message(answered.get("message"))
    for item in items(answered.get("output"))[:_MAX_PARTS]:
        yield from _item(mapping(item))
    for candidate in items(answered.get("candidates"))[:1]:
        for part in items(mapping(mapping(candidate).get("content")).get("parts"))[:_MAX_PARTS]:
            yield from _part(mapping(part))


def _blocks(content: object) -> Iterator[str]:
    """Content as a string or as Anthropic's, OpenAI's and Mistral's blocks."""
    if isinstance(content, str) and content:
        yield content
    for block in items(content)[: 4 * _MAX_PARTS]:
        yield from _block(mapping(block))


def _block(block: dict[str, Any]) -> Iterator[str]:
    if block.get("type") in ("tool_use", "server_tool_use"):
        yield _call(block.get("name"), block.get("input"))
    elif said := text(block.get("text")) or text(block.get("refusal")):
        yield said


def _message(value: object) -> Iterator[str]:
    """A chat message: OpenAI's, Cohere's, Mistral's."""
    message = mapping(value)
    yield from _blocks(message.get("content"))
    if refused := text(message.get("refusal")):
        yield refused
    for call in items(message.get("tool_calls"))[:_MAX_PARTS]:
        function = mapping(mapping(call).get("function"))
        yield _call(function.get("name"), function.get("arguments"))


def _item(item: dict[str, Any]) -> Iterator[str]:
    """An item of a Responses answer."""
    if item.get("type") in ("function_call", "custom_tool_call"):
        yield _call(item.get("name"), first(item, "arguments", "input"))
    elif item.get("type") == "message":
        yield from _blocks(item.get("content"))


def _part(part: dict[str, Any]) -> Iterator[str]:
    """A part of a Gemini candidate."""
    called = mapping(first(part, "functionCall", "function_call"))
    if called:
        yield _call(called.get("name"), called.get("args"))
    elif (said := text(part.get("text"))) and part.get("thought") is not True:
        yield said


def _call(name: object, arguments: object) -> str:
    """A tool call: `→ search_orders(order_id="A-17")`."""
    if isinstance(arguments, str):
        try:
            arguments = msgspec.json.decode(arguments)
        except (ValueError, RecursionError):
            return f"→ {text(name) or '?'}({_argument(arguments)})"
    shown = [f"{key}={_argument(value)}" for key, value in list(mapping(arguments).items())[:4]]
    return f"→ {text(name) or '?'}({', '.join(shown)})"


def _argument(value: object) -> str:
    if isinstance(value, dict | list):
        return "{…}" if isinstance(value, dict) else "[…]"
    if isinstance(value, str) and len(value) > _MAX_ARGUMENT:
        value = value[: _MAX_ARGUMENT - 1] + "…"
    return json.dumps(value, ensure_ascii=False)[: 2 * _MAX_ARGUMENT]
