"""The parts of a conversation, whichever vendor's protocol it was held in.

What belongs here is the vocabulary: blocks, the messages they make up, and tools. Reading them out of a
vendor's JSON is `tessen._protocols`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tessen._cut import longer


@dataclass(frozen=True, slots=True)
class Text:
    """Words, as said to or by the model."""

    text: str


@dataclass(frozen=True, slots=True)
class Thinking:
    """What the model thought before it answered."""

    text: str
    """Empty where the vendor keeps it to itself."""
    redacted: bool = False
    """Whether it came encrypted, or as a signature only."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model asks for a tool."""

    id: str
    name: str
    arguments: Any
    """Parsed JSON; the raw text where it is not JSON (see `valid`)."""
    valid: bool = True
    """False when the arguments are not JSON, most often because the answer was cut off."""
    remote: bool = False
    """Whether the vendor runs the tool itself, such as a web search."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool gave back."""

    call_id: str
    blocks: tuple[Block, ...]
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Media:
    """An image, document, or sound: what is known about it, never its bytes."""

    kind: str
    """image, document, audio, video or file."""
    media_type: str | None
    size: int | None
    """Bytes, where the content is in the request."""
    source: str | None
    """A URL or file id, where it is not."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The model declined."""

    text: str


@dataclass(frozen=True, slots=True)
class Other:
    """Something this version has no name for: shown as it came."""

    type: str
    value: Any


Block = Text | Thinking | ToolCall | ToolResult | Media | Refusal | Other


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the request."""

    role: str
    """user, assistant, tool, system, or what the request says."""
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool the model was offered."""

    name: str
    description: str
    schema: Any
    """JSON Schema of its arguments, or the whole definition where the vendor brings the tool."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One choice or candidate of the answer; most calls have exactly one."""

    role: str
    blocks: tuple[Block, ...]
    stop_reason: str | None
    """In the vendor's words."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked, in parts."""

    system: tuple[Block, ...] = ()
    tools: tuple[Tool, ...] = ()
    messages: tuple[Message, ...] = ()
    params: dict[str, Any] = field(default_factory=dict)
    """Everything else the body says: model, max_tokens, temperature and so on, in the body's order."""


def base64_size(data: object) -> int | None:
    """Bytes that a base64 text (or data URL) stands for; None when there is no text."""
    if not isinstance(data, str):
        return None
    start = data.find(",", 0, 200) + 1 if data.startswith("data:") else 0
    return (len(data) + longer(data) - start) * 3 // 4 - data[-2:].count("=")
