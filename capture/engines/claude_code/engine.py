"""The Claude Code engine: starts the program, and reads what it prints until its result."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import orjson

from capture.engines.claude_code.command import arguments, environment, first_lines
from capture.engines.claude_code.midway import cut_before, settle_date, without_marker
from capture.engines.claude_code.program import program_version
from capture.engines.claude_code.stream import Stream
from capture.engines.claude_code.transcript import answers_of_subagent, find_transcript, marks, put_transcript
from capture.engines.claude_code.varies import VARIES
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

LOGIN = ".credentials.json"


class ClaudeCodeEngine:
    """Claude Code."""

    name = "claude_code"
    cost_is_running = True
    varies = VARIES

    def version(self) -> str:
        """Return the program's version.

        Raises:
            EngineError: it is not installed, or one whose ways are not known.
        """
        return program_version()

    def marks(self, transcript: Path) -> dict[str, Marks]:
        """Return the entries of each model call in a transcript."""
        return marks(transcript)

    def before_answer(self, transcript: Path, answer: Sequence[str], into: Path) -> str:
        """Write the conversation before an answer, under a new id.

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
        """Return a request without what the program adds when it takes up an interrupted turn."""
        return without_marker(body)

    async def start(self, launch: Launch) -> ClaudeCodeRun:
        """Start a session.

        Raises:
            EngineError: the program cannot be started.
        """
        if launch.key is None:
            lend(_login(), launch.home / LOGIN)
        if launch.resume is not None:
            transcript = put_transcript(launch.home, launch.cwd, launch.resume)
            if launch.midway:
                settle_date(transcript)
        try:
            process = await start_process(
                arguments(launch),
                cwd=launch.cwd,
                env=environment(launch),
                stderr=launch.stderr or Path(os.devnull),
                stdin=True,
            )
        except OSError as error:
            raise EngineError(f"Claude Code cannot be started: {error.strerror}") from None
        await process.write(first_lines(launch))
        if launch.midway:
            process.close_stdin()
        return ClaudeCodeRun(process, launch.home)


class ClaudeCodeRun:
    """One session of Claude Code."""

    def __init__(self, process: AgentProcess, home: Path) -> None:
        self._process = process
        self._home = home
        self._session_id: str | None = None
        self._cost_usd = 0.0
        self._stream = Stream(lambda subagent: answers_of_subagent(self.transcript(), subagent))

    async def events(self) -> AsyncIterator[EngineEvent]:
        """Yield what happens until the program has ended."""
        ended: Ended | None = None
        async for line in self._process.lines():
            for event in self._events(line):
                if isinstance(event, Ended):
                    ended = event
                    self._cost_usd = event.cost_usd or 0.0
                    self._process.close_stdin()
                else:
                    yield event
        code = await self._process.wait()
        yield ended or Ended("error", self._process.complaint() or f"Claude Code ended with exit code {code}")

    async def stop(self) -> None:
        """End the program and everything it started."""
        await self._process.stop()
        take_back(_login(), self._home / LOGIN)

    def transcript(self) -> Path | None:
        """Return the session's transcript."""
        return find_transcript(self._home, self._session_id) if self._session_id else None

    def conversation(self) -> Conversation | None:
        """Return the conversation, for a later session to go on from."""
        transcript = self.transcript()
        if transcript is None or self._session_id is None:
            return None
        return Conversation(self._session_id, transcript, self._cost_usd, transcript.parent.name)

    def _events(self, line: bytes) -> list[EngineEvent]:
        try:
            message = orjson.loads(line)
        except orjson.JSONDecodeError:
            return []
        events = list(self._stream.events(message))
        for event in events:
            if isinstance(event, Started):
                self._session_id = event.session_id
        return events


def _login() -> Path:
    """Return where the program keeps the user's own login, where it is a file."""
    return Path(os.environ.get("CLAUDE_CONFIG_DIR") or Path.home() / ".claude") / LOGIN
