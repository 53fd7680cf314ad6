"""What a request asks, in terms that belong to no vendor: all that a script's rules can look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]
"""A request's JSON object, as it came."""


class BadRequestError(ValueError):
    """The request is one that the real API would refuse. The message says why, for the client to read."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One request to a model."""

    model: str
    """The model asked for."""
    stream: bool
    """Whether the answer is wanted as server-sent events."""
    last_user: str
    """The text of the last message that a user (not a tool) wrote; empty when there is none."""
    tool_result: bool
    """Whether the newest message carries the result of a tool."""
    turn: int
    """How many times the model has spoken in this conversation already."""


def required(body: Body, name: str, kinds: type | tuple[type, ...]) -> Any:
    """Return a field that the real API insists on.

    Raises:
        BadRequestError: it is absent, or of another type.
    """
    value = body.get(name)
    if value is None:
        raise BadRequestError(f"{name}: Field required")
    if not isinstance(value, kinds):
        raise BadRequestError(f"{name}: Input has the wrong type ({type(value).__name__})")
    return value


def text_of(content: object, text_types: Sequence[str]) -> str:
    """Return the text of a message's content: a string, or its parts of the given types, one a line."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = (p for p in content if isinstance(p, Mapping) and p.get("type") in text_types)
    return "\n".join(str(part.get("text", "")) for part in parts)
