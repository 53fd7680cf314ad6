"""What a scripted model answers, in terms that belong to no vendor.

What belongs here is the vocabulary of a script: the fields of an answer, of an error and of a tool call,
with what each means and what holds where it is left out. A YAML script and Python code use the same names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

Stop = Literal[
    "end_turn",
    "max_tokens",
    "stop_sequence",
    "tool_use",
    "pause_turn",
    "refusal",
    "content_filter",
    "context_window",
    "failed",
]
"""Why a model stopped. Each dialect says it in its own words, or in the nearest it has."""

_STRICT: dict[str, Any] = {"extra": "forbid"}
"""Read by pydantic when a script is loaded: a key that is not a field is an error."""


def _at_least(name: str, value: float | None, least: int) -> None:
    if value is not None and value < least:
        raise ValueError(f"{name} must be at least {least}, not {value}")


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool that the model asks for."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    name: str
    """The tool's name."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """What the tool is called with, as an object."""
    raw_arguments: str | None = None
    """Sent in place of `arguments`, as it is: this is how broken JSON is written."""
    id: str | None = None
    """The call's id. Counted when absent."""
    namespace: str | None = None
    """The namespace the tool is in; only OpenAI Responses has such."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens an answer reports. A count left out is estimated from lengths, at four bytes a token."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    input: int | None = None
    """All input tokens, those read from and written to the cache included."""
    output: int | None = None
    """All output tokens, reasoning included."""
    cache_read: int = 0
    """Input tokens read from the prompt cache."""
    cache_write: int = 0
    """Input tokens written to the prompt cache."""
    reasoning: int | None = None
    """Output tokens spent on reasoning."""

    def __post_init__(self) -> None:
        for name in ("input", "output", "cache_read", "cache_write", "reasoning"):
            _at_least(name, getattr(self, name), 0)


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """An error in place of an answer."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    status: int = 500
    """The HTTP status, 400 to 599."""
    type: str | None = None
    """The vendor's name for the error. The usual one for the status when absent."""
    message: str | None = None
    """One sentence for a person."""
    code: str | None = None
    """The `code` of OpenAI and Mistral. The usual one for the status when absent."""
    retry_after: float | None = None
    """Seconds, sent as the `retry-after` header."""

    def __post_init__(self) -> None:
        if not 400 <= self.status <= 599:
            raise ValueError(f"status must be from 400 to 599, not {self.status}")
        _at_least("retry_after", self.retry_after, 0)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the model, and how it travels.

    With no content field set at all, the model says "ok".
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT

    text: str | None = None
    """What the model says. `{{last_user}}`, `{{turn}}`, `{{model}}` and `{{number}}` are filled in."""
    thinking: str | None = None
    """What the model thinks first: a thinking block or part, a reasoning summary. OpenAI chat hides it."""
    tool_calls: Sequence[ToolCall] = ()
    """Tools the model asks for, after the text."""
    refusal: str | None = None
    """The sentence with which the model declines."""
    empty: bool = False
    """The model stops normally and says nothing."""
    stop: Stop | None = None
    """Why the model stopped. When absent: refusal, tool_use or end_turn, as the content has it."""
    usage: Usage = Usage()
    """Tokens reported."""
    model: str | None = None
    """The model that claims to have answered. The one that was asked when absent."""
    error: ErrorAnswer | None = None
    """Answer with this error. With `cut_after`, the stream begins well and breaks with it."""

    status: int = 200
    """The HTTP status of an answer that is no error."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Response headers on top of the vendor's usual ones."""
    delay: float = 0.0
    """Seconds before the headers are sent."""
    ttft: float = 0.0
    """Seconds between the headers and the first piece of content (plain answers: the body)."""
    chunk_delay: float = 0.0
    """Seconds between two pieces of a stream."""
    chunks: int | None = None
    """Pieces into which each block of a stream is cut. About one piece for 16 characters when absent."""
    cut_after: int | None = None
    """The connection is dropped once this many pieces have been sent (plain answers: half-way)."""
    hang: bool = False
    """Never answer; with `cut_after`, fall silent there instead of dropping the connection."""
    malformed: bool = False
    """The body, or one event of the stream, is not valid JSON."""

    def __post_init__(self) -> None:
        if not 100 <= self.status <= 599:
            raise ValueError(f"status must be from 100 to 599, not {self.status}")
        for name in ("delay", "ttft", "chunk_delay", "cut_after"):
            _at_least(name, getattr(self, name), 0)
        _at_least("chunks", self.chunks, 1)
