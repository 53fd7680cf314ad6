"""OpenAI Responses: `instructions` and `input` items; an answer is a list of output items.

Shapes as documented at https://platform.openai.com/docs/api-reference/responses.
"""

from __future__ import annotations

from typing import Any

from tessen._protocols.openai_chat import read_call, read_media, read_tool
from tessen._shapes import first, items, mapping, text
from tessen.blocks import (
    Answer,
    Block,
    Message,
    Other,
    Refusal,
    Request,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)

_CONVERSATION = ("instructions", "tools", "input")
_INSTRUCTIONS = ("system", "developer")


def read_request(body: dict[str, Any]) -> Request:
    """The parts of a Responses request; items of one speaker in a row make one message."""
    source = body.get("input")
    raw = [{"role": "user", "content": source}] if isinstance(source, str) else items(source)
    head = 0
    while head < len(raw) and mapping(raw[head]).get("role") in _INSTRUCTIONS:
        head += 1
    instructions = [{"content": body.get("instructions")}, *raw[:head]]
    return Request(
        system=tuple(b for m in instructions for b in _content(m.get("content"))),
        tools=tuple(read_tool(t) for t in items(body.get("tools"))),
        messages=_messages(raw[head:]),
        params={k: v for k, v in body.items() if k not in _CONVERSATION},
    )


def read_answers(body: dict[str, Any]) -> tuple[Answer, ...]:
    """The one answer: every output item, and how the response ended."""
    if "output" not in body:
        return ()
    blocks = tuple(b for item in items(body.get("output")) for b in _item(item)[1])
    reason = text(mapping(body.get("incomplete_details")).get("reason"))
    status = text(body.get("status"))
    stop = f"{status}: {reason}" if status and reason else status or reason
    return (Answer("assistant", blocks, stop),)


def _messages(raw: list[Any]) -> tuple[Message, ...]:
    """Items as messages; a bare item (a call, its output, reasoning) joins the message before it."""
    messages: list[Message] = []
    for value in raw:
        role, blocks = _item(value)
        bare = not (isinstance(value, dict) and "role" in value)
        if bare and messages and messages[-1].role == role:
            messages[-1] = Message(role, messages[-1].blocks + blocks)
        else:
            messages.append(Message(role, blocks))
    return tuple(messages)


def _item(value: object) -> tuple[str, tuple[Block, ...]]:
    """Who speaks in an item, and its blocks."""
    if not isinstance(value, dict):
        return "?", (Other("not an item", value),)
    kind = text(value.get("type")) or "message"
    if kind == "message":
        return text(value.get("role")) or "assistant", _content(value.get("content"))
    if kind.endswith("_call_output"):
        return "tool", (ToolResult(_call_id(value), _content(value.get("output"))),)
    return "assistant", (_act(kind, value),)


def _act(kind: str, value: dict[str, Any]) -> Block:
    """What the model did other than speak: reasoning, or a call of a tool of ours or of the vendor's."""
    if kind == "reasoning":
        return _reasoning(value)
    if kind == "function_call":
        return read_call(_call_id(value), value.get("name"), value.get("arguments"))
    if kind == "custom_tool_call":
        return ToolCall(_call_id(value), text(value.get("name")) or "?", value.get("input"))
    if kind.endswith("_call"):
        arguments = {k: v for k, v in value.items() if k not in ("id", "type", "status")}
        return ToolCall(text(value.get("id")) or "", kind.removesuffix("_call"), arguments, remote=True)
    return Other(kind, value)


def _call_id(value: dict[str, Any]) -> str:
    """The id that a call and its output share."""
    return text(value.get("call_id")) or text(value.get("id")) or ""


def _reasoning(value: dict[str, Any]) -> Thinking:
    """A reasoning item: its summary or content in words, or only an encrypted text."""
    parts = items(value.get("summary")) + items(value.get("content"))
    words = "\n\n".join(t for p in parts if (t := text(mapping(p).get("text"))))
    return Thinking(words, redacted=not words)


def _content(content: object) -> tuple[Block, ...]:
    """Blocks of a string, or of a list of input and output parts."""
    if content is None:
        return ()
    if isinstance(content, str):
        return (Text(content),) if content else ()
    return tuple(_part(p) for p in (content if isinstance(content, list) else [content]))


def _part(value: object) -> Block:
    """One content part."""
    part = mapping(value)
    kind = text(part.get("type")) or "?"
    if kind in ("input_text", "output_text", "text", "summary_text"):
        return Text(text(part.get("text")) or "")
    if kind == "refusal":
        return Refusal(text(part.get("refusal")) or "")
    if kind == "input_image":
        return read_media("image", first(part, "image_url", "file_id"))
    if kind == "input_file":
        return read_media("file", first(part, "file_data", "file_url", "file_id", "filename"))
    return Other(kind, value)
