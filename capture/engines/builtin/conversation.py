"""A conversation in terms of no vendor, kept on disk as it grows.

A message is one of: what the user said, what the model answered (text, thinking, calls), or what tools
returned. The Anthropic form is the neutral one, since it loses nothing: content blocks `text`, `thinking`,
`tool_use` and `tool_result`. The OpenAI dialect translates.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

Json = dict[str, Any]


class Kept:
    """The messages of a conversation, and the file they are appended to before anything else happens."""

    def __init__(self, path: Path | None) -> None:
        self.messages: list[Json] = []
        self._path = path
        if path is not None and path.exists():
            self.messages = [orjson.loads(line) for line in path.read_bytes().splitlines() if line.strip()]

    def add(self, role: str, content: str | Sequence[Json], **more: object) -> None:
        """Append a message; `more` stands beside it in the file."""
        message = {"role": role, "content": content, **more}
        self.messages.append(message)
        if self._path is None:
            return
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, orjson.dumps(message) + b"\n")
        finally:
            os.close(handle)

    def mend(self) -> None:
        """Answer calls that were left without a result, which no API accepts, by saying so."""
        last = self.messages[-1] if self.messages else None
        if last is None or last["role"] != "assistant":
            return
        calls = [block["id"] for block in last["content"] if block["type"] == "tool_use"]
        if calls:
            self.add("user", [result_block(call, "interrupted before it ran", True) for call in calls])


def with_text(lines: bytes, text: str) -> bytes:
    """Return a conversation whose last message, of the user or of tools, says something more."""
    before, _, last = lines.rstrip(b"\n").rpartition(b"\n")
    message = orjson.loads(last)
    content = message["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    message["content"] = [*blocks, {"type": "text", "text": text}]
    return before + b"\n" * bool(before) + orjson.dumps(message) + b"\n"


def result_block(call_id: str, content: str, is_error: bool) -> Json:
    """Return a tool's result as a content block."""
    return {"type": "tool_result", "tool_use_id": call_id, "content": content, "is_error": is_error}
