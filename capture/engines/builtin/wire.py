"""What the builtin agent's process is told and tells: a task on its input, events on its output."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import orjson

from capture.engines import interface
from capture.engines.interface import EngineEvent

Json = dict[str, Any]

KEY_VARIABLE = "HARNESS_MODEL_KEY"
"""Carries the API key into the process, which takes it out of its environment at once."""

_EVENTS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        interface.Started,
        interface.Said,
        interface.Called,
        interface.Returned,
        interface.Spawned,
        interface.Compacted,
        interface.Ended,
    )
}


@dataclass(frozen=True, slots=True)
class Task:
    """All the agent's process needs to know."""

    session_id: str
    prompt: str
    system_prompt: str
    model: str
    protocol: str
    """anthropic_messages or openai_chat."""
    base_url: str
    max_turns: int
    tools: list[str]
    transcript: str
    """Where the conversation is kept, one message a line; goes on from what is there already."""
    agents: list[Json] = field(default_factory=list)
    """Subagents, as configured."""
    max_tokens: int = 8192

    def as_line(self) -> bytes:
        """Return the task as it is sent."""
        return orjson.dumps(dataclasses.asdict(self)) + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Task:
        """Return the task that was sent."""
        return cls(**orjson.loads(line))


def as_line(event: EngineEvent) -> bytes:
    """Return an event as a line."""
    return orjson.dumps({"event": type(event).__name__} | dataclasses.asdict(event)) + b"\n"


def from_line(line: bytes) -> EngineEvent:
    """Return the event in a line."""
    fields = orjson.loads(line)
    event: EngineEvent = _EVENTS[fields.pop("event")](**fields)
    return event
