"""Anthropic Messages: `system`, `tools`, `messages` of content blocks; an answer is one message.

Shapes as documented at https://docs.anthropic.com/en/api/messages and seen in recorded events.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tessen._cut import longer
from tessen._protocols import DEPTH
from tessen._shapes import items, mapping, text
from tessen.blocks import (
    Answer,
    Block,
    Media,
    Message,
    Other,
    Refusal,
    Request,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
    base64_size,
)

_CONVERSATION = ("system", "tools", "messages")


def read_request(body: dict[str, Any]) -> Request:
    """The parts of a Messages request."""
    return Request(
        system=read_content(body.get("system")),
        tools=tuple(_tool(t) for t in items(body.get("tools"))),
        messages=tuple(_message(m) for m in items(body.get("messages"))),
        params={k: v for k, v in body.items() if k not in _CONVERSATION},
    )


def read_answers(body: dict[str, Any]) -> tuple[Answer, ...]:
    """The answer; none where the body holds no message."""
    if "content" not in body and "stop_reason" not in body:
        return ()
    return (
        Answer(
            role=text(body.get("role")) or "assistant",
            blocks=read_content(body.get("content")),
            stop_reason=text(body.get("stop_reason")),
        ),
    )


def read_content(content: object, depth: int = 0) -> tuple[Block, ...]:
    """Blocks of a string, one block or a list of them."""
    if content is None or content == {}:  # the released recorders write {} for what was omitted
        return ()
    if isinstance(content, str):
        return (Text(content),) if content else ()
    if isinstance(content, list):
        return tuple(_block(b, depth) for b in content)
    return (_block(content, depth),)


def _message(value: object) -> Message:
    """A message, or whatever stands in its place."""
    if not isinstance(value, dict):
        return Message("?", (Other("not a message", value),))
    return Message(text(value.get("role")) or "?", read_content(value.get("content")))


def _tool(value: object) -> Tool:
    """A tool definition; one that the vendor runs has no input schema, so the whole of it is shown."""
    tool = mapping(value)
    name = text(tool.get("name")) or text(tool.get("type")) or "?"
    return Tool(name, text(tool.get("description")) or "", tool.get("input_schema", value))


def _block(value: object, depth: int) -> Block:
    """One content block."""
    if isinstance(value, str):
        return Text(value)
    if not isinstance(value, dict):
        return Other(type(value).__name__, value)
    kind = text(value.get("type")) or "?"
    if kind.endswith("tool_result") and depth < DEPTH:
        return _tool_result(value, depth)
    if kind.endswith("tool_use"):
        return _tool_call(value, kind)
    reader = _READERS.get(kind)
    return reader(value) if reader else Other(kind, value)


def _tool_result(value: dict[str, Any], depth: int) -> ToolResult:
    """What a tool gave back, blocks inside blocks."""
    return ToolResult(
        text(value.get("tool_use_id")) or "",
        read_content(value.get("content"), depth + 1),
        is_error=value.get("is_error") is True,
    )


def _thinking(value: dict[str, Any]) -> Thinking:
    """A thought, or only the signature of one."""
    thought = text(value.get("thinking")) or ""
    return Thinking(thought, redacted=not thought and bool(value.get("signature")))


def _tool_call(value: dict[str, Any], kind: str) -> ToolCall:
    """A tool call; an input that is a string is one that did not parse."""
    arguments = value.get("input")
    return ToolCall(
        id=text(value.get("id")) or "",
        name=text(value.get("name")) or "?",
        arguments=arguments,
        valid=not isinstance(arguments, str),
        remote=kind != "tool_use",
    )


def _media(kind: str, value: dict[str, Any]) -> Media:
    """An image or document by its source: base64 data, plain text, a URL or a file id."""
    source = mapping(value.get("source"))
    data = text(source.get("data"))
    plain = source.get("type") == "text"
    return Media(
        kind,
        text(source.get("media_type")),
        len(data.encode("utf-8", "replace")) + longer(data) if plain and data else base64_size(data),
        text(source.get("url")) or text(source.get("file_id")),
    )


_READERS: dict[str, Callable[[dict[str, Any]], Block]] = {
    "text": lambda value: Text(text(value.get("text")) or ""),
    "thinking": _thinking,
    "redacted_thinking": lambda _: Thinking("", redacted=True),
    "image": lambda value: _media("image", value),
    "document": lambda value: _media("document", value),
    "refusal": lambda value: Refusal(text(value.get("refusal")) or text(value.get("text")) or ""),
}
