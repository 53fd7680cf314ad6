"""The Codex engine: starts the program, and reads its rollouts while it runs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import orjson

from capture.engines.codex.command import arguments, environment
from capture.engines.codex.midway import cut_before, settle_date, without_marker
from capture.engines.codex.program import program_version
from capture.engines.codex.threads import Threads, find_rollout, marks, put_rollout
from capture.engines.codex.varies import VARIES
from capture.engines.interface import (
    Conversation,
    Ended,
    EngineError,
    EngineEvent,
    Launch,
    Marks,
    Started,
)
from capture.engines.lending import lend, take_back
from capture.engines.processes import AgentProcess, start_process

LOGIN = "auth.json"
LOOK_EVERY_S = 0.05
"""How often the rollouts are looked at. Requests wait for what is in them."""


class CodexEngine:
    """Codex."""

    name = "codex"
    cost_is_running = False
    varies = VARIES

    def version(self) -> str:
        """Return the program's version.

        Raises:
            EngineError: it is not installed, or one whose ways are not known.
        """
        return program_version()

    def marks(self, transcript: Path) -> dict[str, Marks]:
        """Return where each model call stands in a rollout."""
        return marks(transcript)

    def before_answer(self, transcript: Path, answer: Sequence[str], into: Path) -> str:
        """Write the thread before an answer, under a new id.

        Raises:
            EngineError: there is no such answer.
            OSError: the file cannot be read, or not be written.
        """
        return cut_before(transcript, answer, into)

    def settle_date(self, transcript: Path) -> None:
        """Let a conversation take today for its own day.

        Raises:
            OSError: the file cannot be read, or not be written.
        """
        settle_date(transcript)

    def as_recorded(self, body: bytes) -> bytes | None:
        """Return a request without what the program was resumed with."""
        return without_marker(body)

    async def start(self, launch: Launch) -> CodexRun:
        """Start a session.

        Raises:
            EngineError: the program cannot be started.
        """
        if launch.key is None:
            lend(_login(), launch.home / LOGIN)
        resume, skip = None, 0
        if launch.resume is not None:
            resume = put_rollout(launch.home, launch.resume, launch.fork)
            rollout = find_rollout(launch.home, resume)
            if launch.midway and rollout is not None:
                settle_date(rollout)
            skip = rollout.stat().st_size if rollout is not None else 0
        try:
            process = await start_process(
                arguments(launch, resume),
                cwd=launch.cwd,
                env=environment(launch),
                stderr=launch.stderr or Path(os.devnull),
            )
        except OSError as error:
            raise EngineError(f"Codex cannot be started: {error.strerror}") from None
        return CodexRun(process, launch.home, skip)


class CodexRun:
    """One session of Codex."""

    def __init__(self, process: AgentProcess, home: Path, skip: int) -> None:
        self._process = process
        self._home = home
        self._skip = skip
        self._threads = Threads(home)
        self._thread_id: str | None = None
        self._completed = False
        self._error: str | None = None

    async def events(self) -> AsyncIterator[EngineEvent]:
        """Yield what happens until the program has ended."""
        reading = asyncio.create_task(self._read())
        started = False
        while not reading.done():
            await asyncio.wait({reading}, timeout=LOOK_EVERY_S)
            if self._thread_id is not None and not started:
                started = True
                yield Started(self._thread_id, program_version())
            for event in self._threads.news():
                yield event
        await reading
        code = await self._process.wait()
        for event in self._threads.rest():
            yield event
        if self._completed and code == 0:
            yield Ended("completed")
        else:
            complaint = self._error or self._process.complaint() or f"Codex ended with exit code {code}"
            yield Ended("error", complaint)

    async def stop(self) -> None:
        """End the program and everything it started."""
        await self._process.stop()
        take_back(_login(), self._home / LOGIN)

    def transcript(self) -> Path | None:
        """Return the main thread's rollout."""
        return find_rollout(self._home, self._thread_id) if self._thread_id else None

    def conversation(self) -> Conversation | None:
        """Return the conversation, for a later session to go on from."""
        transcript = self.transcript()
        if transcript is None or self._thread_id is None:
            return None
        return Conversation(self._thread_id, transcript)

    async def _read(self) -> None:
        """Read what the program prints: which thread it is, and how it ended."""
        async for line in self._process.lines():
            try:
                said = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            match said.get("type"):
                case "thread.started":
                    self._thread_id = said["thread_id"]
                    self._threads.follow(said["thread_id"], None, self._skip)
                case "turn.completed":
                    self._completed = True
                case "turn.failed":
                    self._error = _message(said.get("error"))
                case "error":
                    self._error = self._error or _message(said)


def _message(error: object) -> str:
    """Return an error's words: the API's own, where they are wrapped in its JSON."""
    text = str(error.get("message")) if isinstance(error, dict) else str(error)
    try:
        return str(orjson.loads(text)["error"]["message"])
    except (orjson.JSONDecodeError, LookupError, TypeError):
        return text


def _login() -> Path:
    """Return where the program keeps the user's own login."""
    return Path(os.environ.get("CODEX_HOME") or Path.home() / ".codex") / LOGIN
