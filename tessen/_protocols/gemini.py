"""Google Gemini generateContent: `contents` of parts; an answer is a list of candidates.

Shapes as documented at https://ai.google.dev/api/generate-content; camelCase on the wire, snake_case where
the SDK's own objects were recorded. The released recorders keep the answer as `{headers, body: "<json>"}`.
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
    Request,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
    base64_size,
)

_CONVERSATION = ("contents", "systemInstruction", "system_instruction", "tools", "generationConfig")


def read_request(body: dict[str, Any]) -> Request:
    """The parts of a generateContent request; generation settings are laid beside the other parameters."""
    rest = {k: v for k, v in body.items() if k not in _CONVERSATION}
    return Request(
        system=_parts(first(body, "systemInstruction", "system_instruction")),
        tools=tuple(t for group in items(body.get("tools")) for t in _tools(group)),
        messages=tuple(_message(c) for c in _as_list(body.get("contents"))),
        params={**rest, **mapping(body.get("generationConfig"))},
    )


def read_answers(body: dict[str, Any]) -> tuple[Answer, ...]:
    """One answer a candidate; a blocked prompt is an answer with the reason and no content."""
    body = unwrapped(body)
    feedback = mapping(first(body, "promptFeedback", "prompt_feedback"))
    blocked = text(first(feedback, "blockReason", "block_reason"))
    candidates = items(body.get("candidates"))
    if blocked and not candidates:
        return (Answer("model", (), f"blocked: {blocked}"),)
    return tuple(_candidate(mapping(c)) for c in candidates)


def unwrapped(body: dict[str, Any]) -> dict[str, Any]:
    """The answer itself, where it was recorded as an HTTP response with its JSON in a string."""
    inner = body.get("body")
    return mapping(parsed(inner)) if isinstance(inner, str) else body


def _as_list(value: object) -> list[Any]:
    """A list, or the one thing that stands for a list of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _message(value: object) -> Message:
    """One content: its role (user where left out) and parts."""
    role = text(mapping(value).get("role")) or "user"
    return Message("assistant" if role == "model" else role, _parts(value))


def _candidate(value: dict[str, Any]) -> Answer:
    """One candidate."""
    reason = text(first(value, "finishReason", "finish_reason"))
    said = text(first(value, "finishMessage", "finish_message"))
    about = (Other("finishMessage", said),) if said else ()
    return Answer("assistant", (*_parts(value.get("content")), *about), reason)


def _tools(group: object) -> list[Tool]:
    """The functions of one tool entry, or the vendor's own tool that it names."""
    declared = items(first(mapping(group), "functionDeclarations", "function_declarations"))
    if not declared:
        return [Tool(next(iter(mapping(group)), "?"), "", group)]
    return [_tool(mapping(d)) for d in declared]


def _tool(value: dict[str, Any]) -> Tool:
    """One function declaration."""
    schema = first(value, "parameters", "parametersJsonSchema", "parameters_json_schema")
    return Tool(text(value.get("name")) or "?", text(value.get("description")) or "", schema)


def _parts(content: object) -> tuple[Block, ...]:
    """Blocks of a string, a content, or a list of parts."""
    if content is None:
        return ()
    if isinstance(content, str):
        return (Text(content),) if content else ()
    parts = content.get("parts", []) if isinstance(content, dict) else content
    return tuple(_part(p) for p in _as_list(parts))


def _part(value: object) -> Block:
    """One part."""
    if isinstance(value, str):
        return Text(value)
    part = mapping(value)
    words = part.get("text")
    if isinstance(words, str):
        return Thinking(words) if part.get("thought") is True else Text(words)
    call = mapping(first(part, "functionCall", "function_call"))
    if call:
        return ToolCall(text(call.get("id")) or "", text(call.get("name")) or "?", call.get("args"))
    result = mapping(first(part, "functionResponse", "function_response"))
    if result:
        return _result(result)
    return _media(part) or Other(next(iter(part), "?"), value)


def _result(value: dict[str, Any]) -> ToolResult:
    """A function's response, which is an object; named by id, or by the function where there is none."""
    response = value.get("response")
    call_id = text(value.get("id")) or text(value.get("name")) or ""
    output = mapping(response).get("output")
    blocks: tuple[Block, ...] = (Text(output),) if isinstance(output, str) else (Other("response", response),)
    return ToolResult(call_id, blocks, is_error="error" in mapping(response))


def _media(part: dict[str, Any]) -> Media | None:
    """Inline data or a file, by the kind its media type names."""
    inline = mapping(first(part, "inlineData", "inline_data"))
    file = mapping(first(part, "fileData", "file_data"))
    if not inline and not file:
        return None
    media_type = text(first(inline or file, "mimeType", "mime_type"))
    kind = (media_type or "").split("/", maxsplit=1)[0]
    return Media(
        kind if kind in ("image", "audio", "video") else "document",
        media_type,
        base64_size(inline.get("data")),
        text(first(file, "fileUri", "file_uri")),
    )
