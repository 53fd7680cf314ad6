"""Amazon Bedrock's Converse: `system`, `toolConfig`, `messages` of content blocks; an answer is one message.

Shapes as documented in the API reference for Converse; a block is an object with one member, its kind.
"""

from __future__ import annotations

from typing import Any

from tessen._protocols import DEPTH
from tessen._shapes import first, items, mapping, text
from tessen.blocks import (
    Answer,
    Block,
    Media,
    Message,
    Other,
    Request,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
    base64_size,
)

_CONVERSATION = ("system", "toolConfig", "messages")
_MEDIA = ("image", "document", "video", "audio")


def read_request(body: dict[str, Any]) -> Request:
    """The parts of a Converse request."""
    config = mapping(body.get("toolConfig"))
    choice = {"toolChoice": config["toolChoice"]} if "toolChoice" in config else {}
    return Request(
        system=_blocks(body.get("system"), 0),
        tools=tuple(_tool(tool) for tool in items(config.get("tools"))),
        messages=tuple(_message(message) for message in items(body.get("messages"))),
        params={name: value for name, value in body.items() if name not in _CONVERSATION} | choice,
    )


def read_answers(body: dict[str, Any]) -> tuple[Answer, ...]:
    """The answer; none where the body holds no message."""
    message = mapping(body.get("output")).get("message")
    if not isinstance(message, dict):
        return ()
    role = text(message.get("role")) or "assistant"
    return (Answer(role, _blocks(message.get("content"), 0), text(body.get("stopReason"))),)


def _message(value: object) -> Message:
    if not isinstance(value, dict):
        return Message("?", (Other("not a message", value),))
    return Message(text(value.get("role")) or "?", _blocks(value.get("content"), 0))


def _tool(value: object) -> Tool:
    tool = mapping(mapping(value).get("toolSpec"))
    schema = mapping(tool.get("inputSchema")).get("json", value)
    return Tool(text(tool.get("name")) or "?", text(tool.get("description")) or "", schema)


def _blocks(content: object, depth: int) -> tuple[Block, ...]:
    return tuple(_block(block, depth) for block in items(content))


def _block(value: object, depth: int) -> Block:
    if not isinstance(value, dict) or depth > DEPTH:
        return Other("block", value)
    if "text" in value:
        return Text(text(value["text"]) or "")
    if "toolUse" in value:
        use = mapping(value["toolUse"])
        asked = use.get("input")
        valid = not isinstance(asked, str)
        return ToolCall(text(use.get("toolUseId")) or "", text(use.get("name")) or "?", asked, valid)
    if "toolResult" in value:
        result = mapping(value["toolResult"])
        content = _blocks(result.get("content"), depth + 1)
        return ToolResult(text(result.get("toolUseId")) or "", content, result.get("status") == "error")
    if "reasoningContent" in value:
        reasoning = mapping(value["reasoningContent"])
        thought = text(mapping(reasoning.get("reasoningText")).get("text"))
        return Thinking(thought or "", redacted=thought is None)
    kind = next((kind for kind in _MEDIA if kind in value), None)
    return Other(next(iter(value), "block"), value) if kind is None else _media(kind, mapping(value[kind]))


def _media(kind: str, media: dict[str, Any]) -> Media:
    source = mapping(media.get("source"))
    where = text(first(source, "uri")) or text(mapping(source.get("s3Location")).get("uri"))
    return Media(kind, text(media.get("format")), base64_size(source.get("bytes")), where)
