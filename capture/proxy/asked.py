"""What a request asks for, in the three protocols.

What belongs here is reading a body's own members and no deeper than the record needs: the conversation is
counted, not parsed. Nothing raises, whatever the body holds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import msgspec

from capture.proxy.formats import ANTHROPIC, CHAT, RESPONSES

Members = dict[str, msgspec.Raw]

_INSTRUCTIONS = ("system", "developer")


@dataclass(frozen=True, slots=True)
class Asked:
    """The parts of a request that the record tells apart."""

    model: str | None = None
    sampling_params: dict[str, Any] = field(default_factory=dict)
    message_count: int | None = None
    messages: bytes = b"[]"
    """The conversation, as it stands in the body."""
    system: bytes | None = None
    """The system prompt as JSON; None where there is none."""
    tools: bytes | None = None


def asked_of(api_format: str, body: bytes | None) -> Asked:
    """Read a request's body; None, or what is not a JSON object, says nothing."""
    try:
        members = msgspec.json.decode(body or b"", type=Members)
        return _READERS[api_format](members)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return Asked()


def fingerprint(value: bytes | None) -> str | None:
    """Return "sha256:" and 16 hex digits of a JSON value, the same however it is spelled; None for nothing.

    The spelling that is hashed has sorted members, no blanks, and ASCII only. For tools this gives what
    stands in AgentLens's captures; of its system prompts, only some come out alike.
    """
    return None if value is None else _fingerprint(value)


def offers_tools_of_its_own(tools: bytes | None) -> bool:
    """Whether the caller offers a tool that it runs itself, and not only ones that the API brings."""
    return tools is not None and _has_own(tools)


@lru_cache(maxsize=32)
def _fingerprint(value: bytes) -> str | None:
    parsed = parsed_json(value)
    if not parsed:
        return None
    canonical = json.dumps(parsed, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()[:16]}"


@lru_cache(maxsize=32)
def _has_own(tools: bytes) -> bool:
    offered = parsed_json(tools)
    return isinstance(offered, list) and any(
        isinstance(tool, dict) and ("input_schema" in tool or tool.get("type") in ("function", "custom"))
        for tool in offered
    )


def parsed_json(value: bytes) -> Any:
    """Return the value of JSON that is known to be some."""
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _anthropic(members: Members) -> Asked:
    return Asked(
        _text(members.get("model")),
        _sampling(members, "max_tokens"),
        _count(members.get("messages")),
        bytes(members.get("messages", b"[]")),
        _present(members.get("system")),
        _present(members.get("tools")),
    )


def _chat(members: Members) -> Asked:
    messages = _items(members.get("messages"))
    return Asked(
        _text(members.get("model")),
        _sampling(members, "max_completion_tokens", "max_tokens"),
        _count(members.get("messages")),
        bytes(members.get("messages", b"[]")),
        _joined(_leading(messages)),
        _present(members.get("tools")),
    )


def _responses(members: Members) -> Asked:
    items = _items(members.get("input"))
    leading = list(_leading(items))
    return Asked(
        _text(members.get("model")),
        _sampling(members, "max_output_tokens"),
        _count(members.get("input")),
        bytes(members.get("input", b"[]")),
        _present(members.get("instructions")) or _joined(iter(leading)),
        _present(members.get("tools")) or _additional_tools(items),
    )


def _leading(items: list[msgspec.Raw]) -> Iterator[bytes]:
    """The instructions that a conversation begins with; tools may stand among them."""
    for item in items:
        fields = _fields(item)
        if _text(fields.get("role")) in _INSTRUCTIONS:
            yield bytes(item)
        elif _text(fields.get("type")) != "additional_tools":
            return


def _additional_tools(items: list[msgspec.Raw]) -> bytes | None:
    """The tools that stand in the conversation instead of beside it."""
    for item in items:
        fields = _fields(item)
        if _text(fields.get("type")) == "additional_tools":
            return _present(fields.get("tools"))
        if _text(fields.get("role")) not in _INSTRUCTIONS:
            return None
    return None


def _joined(values: Iterator[bytes]) -> bytes | None:
    found = list(values)
    return b"[" + b",".join(found) + b"]" if found else None


def _fields(item: msgspec.Raw) -> Members:
    try:
        return msgspec.json.decode(item, type=Members)
    except msgspec.MsgspecError:
        return {}


def _items(value: msgspec.Raw | None) -> list[msgspec.Raw]:
    try:
        return msgspec.json.decode(value or b"[]", type=list[msgspec.Raw])
    except msgspec.MsgspecError:
        return []


def _count(value: msgspec.Raw | None) -> int | None:
    """How many messages; a text instead of a list is one."""
    if value is None:
        return 0
    return 1 if bytes(memoryview(value)[:1]) == b'"' else len(_items(value))


def _text(value: msgspec.Raw | None) -> str | None:
    found = None if value is None else parsed_json(bytes(value))
    return found if isinstance(found, str) else None


def _present(value: msgspec.Raw | None) -> bytes | None:
    return None if value is None or bytes(value) == b"null" else bytes(value)


def _sampling(members: Members, *limits: str) -> dict[str, Any]:
    spellings = {
        "temperature": ("temperature",),
        "max_tokens": limits,
        "top_p": ("top_p",),
        "top_k": ("top_k",),
    }
    found: dict[str, Any] = {}
    for name, spelled in spellings.items():
        values = (parsed_json(bytes(members[key])) for key in spelled if key in members)
        value = next((value for value in values if value is not None), None)
        if value is not None:
            found[name] = value
    return found


_READERS: dict[str, Callable[[Members], Asked]] = {
    ANTHROPIC: _anthropic,
    CHAT: _chat,
    RESPONSES: _responses,
}
