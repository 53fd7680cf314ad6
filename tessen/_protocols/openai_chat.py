"""OpenAI chat completions, and those who speak alike: Mistral, Cohere (v2 chat) and compatible servers.

Shapes as documented at https://platform.openai.com/docs/api-reference/chat, with Mistral's thinking parts and
Cohere's single `message` answer.
"""

from __future__ import annotations

from typing import Any

from tessen._shapes import first, items, mapping, parsed, text
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

_CONVERSATION = ("messages", "tools", "functions")
_INSTRUCTIONS = ("system", "developer")


def read_request(body: dict[str, Any]) -> Request:
    """The parts of a chat request; instructions at its head are the system prompt."""
    raw = items(body.get("messages"))
    head = 0
    while head < len(raw) and mapping(raw[head]).get("role") in _INSTRUCTIONS:
        head += 1
    return Request(
        system=tuple(b for m in raw[:head] for b in read_message(m).blocks),
        tools=tuple(read_tool(t) for t in items(body.get("tools")) + items(body.get("functions"))),
        messages=tuple(read_message(m) for m in raw[head:]),
        params={k: v for k, v in body.items() if k not in _CONVERSATION},
    )


def read_answers(body: dict[str, Any]) -> tuple[Answer, ...]:
    """One answer a choice; Cohere's has one message and no choices."""
    if isinstance(body.get("message"), dict):
        return (_answer(body),)
    return tuple(_answer(mapping(c)) for c in items(body.get("choices")))


def read_message(value: object) -> Message:
    """A message of any role."""
    if not isinstance(value, dict):
        return Message("?", (Other("not a message", value),))
    role = text(value.get("role")) or "?"
    content = read_parts(value.get("content"))
    if role in ("tool", "function"):
        call_id = first(value, "tool_call_id", "name")
        return Message("tool", (ToolResult(text(call_id) or "", content),))
    return Message(role, (*_thoughts(value), *content, *_refusal(value), *_tool_calls(value)))


def read_parts(content: object) -> tuple[Block, ...]:
    """Blocks of a string or of a list of content parts."""
    if content is None:
        return ()
    if isinstance(content, str):
        return (Text(content),) if content else ()
    return tuple(_part(p) for p in (content if isinstance(content, list) else [content]))


def read_call(call_id: object, name: object, arguments: object) -> ToolCall:
    """A tool call whose arguments are JSON in a string; an object is taken as it is."""
    value = arguments
    if isinstance(arguments, str):
        value = parsed(arguments) if arguments.strip() else {}
        if value is None and arguments.strip() != "null":
            return ToolCall(text(call_id) or "", text(name) or "?", arguments, valid=False)
    return ToolCall(text(call_id) or "", text(name) or "?", value)


def read_tool(value: object) -> Tool:
    """A function definition, nested in `function` or flat; other kinds are shown whole."""
    tool = mapping(value)
    inner = mapping(tool.get("function")) or mapping(tool.get("custom")) or tool
    name = text(inner.get("name")) or text(tool.get("type")) or "?"
    schema = first(inner, "parameters", "format")
    return Tool(name, text(inner.get("description")) or "", value if schema is None else schema)


def read_media(kind: str, url: object, data: object = None, media_type: object = None) -> Media:
    """Media by URL, data URL or base64 data."""
    link = text(url)
    if link and link.startswith("data:"):
        return Media(kind, link[5:200].split(";")[0].split(",")[0] or None, base64_size(link), None)
    return Media(kind, text(media_type), base64_size(data), link)


def _answer(choice: dict[str, Any]) -> Answer:
    """One choice."""
    message = read_message(choice.get("message"))
    role = message.role if message.role != "?" else "assistant"
    return Answer(role, message.blocks, text(choice.get("finish_reason")))


def _thoughts(message: dict[str, Any]) -> tuple[Block, ...]:
    """Reasoning beside the content, as some compatible servers and Cohere give it."""
    thought = text(first(message, "reasoning_content", "reasoning", "tool_plan"))
    return (Thinking(thought),) if thought else ()


def _refusal(message: dict[str, Any]) -> tuple[Block, ...]:
    """The refusal beside the content."""
    refusal = text(message.get("refusal"))
    return (Refusal(refusal),) if refusal else ()


def _tool_calls(message: dict[str, Any]) -> tuple[Block, ...]:
    """The calls a message makes, in both the present and the first form."""
    calls = [_tool_call(c) for c in items(message.get("tool_calls"))]
    old = mapping(message.get("function_call"))
    if old:
        calls.append(read_call("", old.get("name"), old.get("arguments")))
    return tuple(calls)


def _tool_call(value: object) -> Block:
    """One entry of `tool_calls`."""
    call = mapping(value)
    if isinstance(call.get("function"), dict):
        function = call["function"]
        return read_call(call.get("id"), function.get("name"), function.get("arguments"))
    if isinstance(call.get("custom"), dict):  # a custom tool's input is free text, not JSON
        custom = call["custom"]
        return ToolCall(text(call.get("id")) or "", text(custom.get("name")) or "?", custom.get("input"))
    return Other(text(call.get("type")) or "tool call", value)


def _part(value: object) -> Block:
    """One content part."""
    if isinstance(value, str):
        return Text(value)
    part = mapping(value)
    kind = text(part.get("type")) or "?"
    if kind == "text":
        return Text(text(part.get("text")) or "")
    if kind == "refusal":
        return Refusal(text(part.get("refusal")) or "")
    if kind == "thinking":
        return Thinking(_thought(part.get("thinking")))
    return _media_part(kind, part) or Other(kind, value)


def _thought(value: object) -> str:
    """The words of a thinking part: Cohere's are a string, Mistral's a list of text parts."""
    return text(value) or "".join(text(mapping(part).get("text")) or "" for part in items(value))


def _media_part(kind: str, part: dict[str, Any]) -> Media | None:
    """A part that carries something else than words."""
    if kind in ("image_url", "document_url"):
        link = part.get(kind)
        return read_media(
            kind.split("_", maxsplit=1)[0], mapping(link).get("url") if isinstance(link, dict) else link
        )
    if kind == "input_audio":
        audio = mapping(part.get("input_audio"))
        form = text(audio.get("format"))
        return read_media("audio", None, audio.get("data"), f"audio/{form}" if form else None)
    if kind == "file":
        file = mapping(part.get("file"))
        return read_media("file", file.get("file_data") or first(file, "file_id", "filename"))
    return None
