"""The builtin engine, seen from the harness: it starts the agent's process and reads its events."""

from __future__ import annotations

import os
import re
import shutil
import sys
import uuid
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import tessen
from capture.engines.builtin.conversation import Kept, with_text
from capture.engines.builtin.wire import KEY_VARIABLE, Task, from_line
from capture.engines.interface import Conversation, Ended, EngineError, EngineEvent, Launch, Marks
from capture.engines.processes import AgentProcess, start_process
from capture.runs.files import write_file

TRANSCRIPT = "conversation.jsonl"
ROOMS = Path(__file__).resolve().parents[3]


class BuiltinEngine:
    """Our own agent, on the Anthropic Messages or the OpenAI chat API."""

    name = "builtin"
    cost_is_running = False
    varies: Sequence[re.Pattern[str]] = ()

    def version(self) -> str:
        """Return the harness's own version."""
        return tessen.__version__

    def marks(self, transcript: Path) -> dict[str, Marks]:
        """Return the numbers of the lines that hold each model call and its results, from 1."""
        found: dict[str, Marks] = {}
        latest: Marks | None = None
        for number, message in enumerate(Kept(transcript).messages, 1):
            if message["role"] == "assistant":
                latest = found.setdefault(message["id"], Marks())
                latest.answer.append(str(number))
            elif latest is not None and not isinstance(message["content"], str):
                latest.results.append(str(number))
        return found

    def before_answer(self, transcript: Path, answer: Sequence[str], into: Path) -> str:
        """Write the messages before an answer, under a new id.

        Raises:
            EngineError: there is no such answer.
            OSError: the file cannot be read, or not be written.
        """
        lines = transcript.read_bytes().splitlines(keepends=True)
        before = int(answer[0]) - 1 if answer else len(lines)
        if before >= len(lines):
            raise EngineError(f"{transcript}: the turn's answer is not in it")
        write_file(into, b"".join(lines[:before]))
        return str(uuid.uuid4())

    def settle_date(self, transcript: Path) -> None:
        """Leave a conversation as it is: the model is not told of days."""

    def as_recorded(self, body: bytes) -> None:
        """Return None: a conversation is gone on with as it is, and nothing is added to it."""

    async def start(self, launch: Launch) -> BuiltinRun:
        """Start a session.

        Raises:
            EngineError: bash is missing, or the process cannot be started.
        """
        if shutil.which("bash") is None:
            raise EngineError("the builtin engine runs commands with bash, which is not installed")
        if launch.base_url is None:
            raise EngineError("the builtin engine needs an address to send its requests to")
        session_id, transcript = _conversation(launch)
        config = launch.config
        task = Task(
            session_id=session_id,
            prompt="" if launch.midway else launch.prompt,
            system_prompt=launch.system_prompt,
            model=config.model,
            protocol="anthropic_messages" if config.provider == "anthropic" else "openai_chat",
            base_url=launch.base_url,
            max_turns=launch.max_turns,
            tools=config.allowed_tools,
            transcript=str(transcript),
            agents=[agent.model_dump() for agent in config.agents],
        )
        try:
            process = await start_process(
                [*launch.wrap, sys.executable, "-m", "capture.engines.builtin"],
                cwd=launch.cwd,
                env={
                    **launch.env,
                    KEY_VARIABLE: launch.key or "",
                    "PYTHONPATH": os.pathsep.join([str(ROOMS), *filter(None, sys.path)]),
                    "PYTHONSAFEPATH": "1",
                },
                stderr=launch.stderr or Path(os.devnull),
                stdin=True,
            )
        except OSError as error:
            raise EngineError(f"the builtin agent cannot be started: {error.strerror}") from None
        await process.write(task.as_line())
        process.close_stdin()
        return BuiltinRun(process, session_id, transcript)


class BuiltinRun:
    """One session of the builtin agent."""

    def __init__(self, process: AgentProcess, session_id: str, transcript: Path) -> None:
        self._process = process
        self._session_id = session_id
        self._transcript = transcript

    async def events(self) -> AsyncIterator[EngineEvent]:
        """Yield what happens until the agent is done."""
        ended = False
        async for line in self._process.lines():
            event = from_line(line)
            ended = ended or isinstance(event, Ended)
            yield event
        code = await self._process.wait()
        if not ended:
            yield Ended("error", self._process.complaint() or f"the agent ended with exit code {code}")

    async def stop(self) -> None:
        """End the agent and everything it started."""
        await self._process.stop()

    def transcript(self) -> Path | None:
        """Return the conversation's file."""
        return self._transcript if self._transcript.exists() else None

    def conversation(self) -> Conversation | None:
        """Return the conversation, for a later session to go on from."""
        return Conversation(self._session_id, self._transcript) if self._transcript.exists() else None


def _conversation(launch: Launch) -> tuple[str, Path]:
    """Return the session's id and the file of its conversation, which holds what came before."""
    transcript = launch.home / TRANSCRIPT
    before = launch.resume
    if before is not None:
        shutil.copyfile(before.transcript, transcript)
        if launch.midway and launch.prompt:
            write_file(transcript, with_text(transcript.read_bytes(), launch.prompt))
    session_id = before.session_id if before is not None and not launch.fork else str(uuid.uuid4())
    return session_id, transcript
