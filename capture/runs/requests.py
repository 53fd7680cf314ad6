"""What a request of an agent says about its tools: which calls have come to their end.

A request that carries tool results is sent when those tools are done and none is running, and is held back
until the files have been looked at. This is what makes the changes of a step exact.
"""

from __future__ import annotations

from typing import Any

import orjson


def finished_calls(body: bytes) -> list[str]:
    """Return the ids of the tool calls whose results are new in a request."""
    try:
        request = orjson.loads(body)
    except orjson.JSONDecodeError:
        return []
    if not isinstance(request, dict):
        return []
    if isinstance(request.get("input"), list):
        return _of_responses(request["input"])
    messages = request.get("messages")
    return _of_messages(messages) if isinstance(messages, list) else []


def _of_responses(items: list[Any]) -> list[str]:
    found: list[str] = []
    for item in reversed(items):
        kind = item.get("type") if isinstance(item, dict) else None
        if kind in ("function_call_output", "custom_tool_call_output"):
            found.append(str(item.get("call_id")))
        elif found or kind in ("function_call", "custom_tool_call") or _spoken(item):
            break
    return found


def _spoken(item: Any) -> bool:
    return isinstance(item, dict) and item.get("role") == "assistant"


def _of_messages(messages: list[Any]) -> list[str]:
    """Return the calls answered since the model last spoke, in either vendor's form."""
    found: list[str] = []
    for message in reversed(messages):
        if not isinstance(message, dict) or message.get("role") == "assistant":
            break
        if message.get("role") == "tool":
            found.append(str(message.get("tool_call_id")))
        content = message.get("content")
        blocks = content if isinstance(content, list) else ()
        found += [str(block.get("tool_use_id")) for block in blocks if _is_result(block)]
    return found


def _is_result(block: Any) -> bool:
    return isinstance(block, dict) and block.get("type") == "tool_result"
