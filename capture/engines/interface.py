"""What an engine is: it is given a launch, and yields events until its session is over.

What belongs here is the vocabulary between the engines and the rest. An engine translates what its agent
says in its own format into these events, and nothing else; files, requests, costs and trajectories are made
outside, in the same way for all. `agent_id` says who acted: None for the main agent, else the id of the
tool call that started the subagent.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from capture.config import Config

Json = dict[str, Any]
Outcome = Literal["completed", "max_turns", "budget_exhausted", "error"]
"""How an engine says its session ended, as far as it knows."""


class EngineError(Exception):
    """An engine cannot run. The message is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Started:
    """The agent is up."""

    session_id: str
    """The engine's own id of the conversation."""
    version: str | None = None
    """The agent program's version."""


@dataclass(frozen=True, slots=True)
class Said:
    """The model said something, or a piece of something: pieces of one `message_id` are one model call."""

    message_id: str
    text: str = ""
    thinking: str = ""
    model: str | None = None
    agent_id: str | None = None
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Called:
    """The model asked for a tool, as part of a model call."""

    message_id: str
    call_id: str
    name: str
    arguments: Json
    model: str | None = None
    agent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """A tool came to its end."""

    call_id: str
    content: str | list[Json]
    """Text, or ATIF content parts."""
    is_error: bool = False
    agent_id: str | None = None
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spawned:
    """A tool call started a subagent, whose events bear that call's id."""

    call_id: str
    name: str
    prompt: str
    agent_id: str | None = None
    """Who asked for it."""
    subagent_id: str | None = None
    """The engine's own id of the subagent."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """The conversation so far was replaced by a summary."""

    summary: str
    agent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """The session is over. Always the last event of an engine that was not stopped."""

    outcome: Outcome
    error: str | None = None
    cost_usd: float | None = None
    """The engine's own count; where `cost_is_running` says so, that of the whole conversation so far."""
    num_turns: int | None = None


EngineEvent = Started | Said | Called | Returned | Spawned | Compacted | Ended


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation on disk that a session can go on from."""

    session_id: str
    transcript: Path
    """The engine's own record of it."""
    cost_usd: float = 0.0
    """What the engine had counted by its end."""
    project: str | None = None
    """The folder the engine kept it in, where that matters to it."""


@dataclass(frozen=True, slots=True)
class Launch:
    """All that one session of an engine needs to know."""

    config: Config
    prompt: str
    system_prompt: str
    max_turns: int
    cwd: Path
    """The working directory as the agent sees it."""
    home: Path
    """A private folder for the engine's own state, of this session only. Exists."""
    base_url: str | None
    """Where the engine sends its requests: the proxy, or another address; None for the provider's own."""
    env: Mapping[str, str]
    """The environment of the engine's process, but for what the engine itself puts in."""
    key: str | None
    """The API key; None where the engine has other credentials."""
    resume: Conversation | None = None
    fork: bool = False
    """Whether to leave the resumed conversation as it is and go on in a copy."""
    midway: bool = False
    """Whether the resumed conversation stops right before a model call. The call is made as it was then; a
    prompt, if there is one, comes with what the model was to be told anyway."""
    wrap: Sequence[str] = ()
    """A command line to put before the engine's: the keeper, a mount namespace."""
    stderr: Path | None = None
    """Where the engine's stderr goes."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Where one model call stands in the engine's own record, in the record's terms."""

    answer: list[str] = field(default_factory=list)
    """Entries of the model's answer."""
    results: list[str] = field(default_factory=list)
    """Entries of its tools' results."""


class EngineRun(Protocol):
    """One session of an engine, under way."""

    def events(self) -> AsyncIterator[EngineEvent]:
        """Yield what happens until the session is over. May be called once."""
        ...

    async def stop(self) -> None:
        """End the session's processes, all of them, and return when they are gone. May be called again."""
        ...

    def transcript(self) -> Path | None:
        """Return where the engine keeps its own record of the session; None while there is none."""
        ...

    def conversation(self) -> Conversation | None:
        """Return what a later session can go on from; None before there is anything."""
        ...


class Engine(Protocol):
    """A kind of coding agent."""

    name: str
    cost_is_running: bool
    """Whether its own count of the cost goes on from the resumed conversation's."""

    varies: Sequence[re.Pattern[str]]
    """What the program says to its model that is never twice the same, such as how long a tool took."""

    def version(self) -> str:
        """Return the version of the agent program.

        Raises:
            EngineError: it is not installed.
        """
        ...

    def marks(self, transcript: Path) -> Mapping[str, Marks]:
        """Return where each model call stands in a record, by message id."""
        ...

    def before_answer(self, transcript: Path, answer: Sequence[str], into: Path) -> str:
        """Write a conversation as it was right before a model call, as one of its own.

        Args:
            transcript: The record of the conversation.
            answer: The entries of the model's answer, as in `Marks`.
            into: The file to write.

        Returns:
            The new conversation's id.

        Raises:
            EngineError: the record has no such answer, or it cannot be gone on from there.
            OSError: it cannot be read, or not be written.
        """
        ...

    def settle_date(self, transcript: Path) -> None:
        """Let the record of a conversation take today for its own day: of another the model would be told.

        Raises:
            OSError: it cannot be read, or not be written.
        """
        ...

    def as_recorded(self, body: bytes) -> bytes | None:
        """Return a request of a conversation gone on with midway as it would have been without that.

        Returns:
            The body to send in its place; None where it is as it should be.
        """
        ...

    async def start(self, launch: Launch) -> EngineRun:
        """Start a session.

        Raises:
            EngineError: it cannot be started.
        """
        ...
