"""An agent's process under the keeper: its lines as they come, and an end that leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from capture.engines import keeper

STOP_DEADLINE_S = keeper.INT_GRACE_S + keeper.TERM_GRACE_S + keeper.KILL_GRACE_S + 5
LINE_LIMIT = 1 << 28
"""The longest line an agent may print, in bytes. A tool's whole output is one line."""
TAIL_BYTES = 4096


class AgentProcess:
    """A running agent. Made by `start_process`."""

    def __init__(self, process: asyncio.subprocess.Process, lifeline: int, stderr: Path) -> None:
        self._process = process
        self._lifeline = lifeline
        self._stderr = stderr

    @property
    def pid(self) -> int:
        """The keeper's process id."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The agent's exit code; None while it runs."""
        return self._process.returncode

    async def lines(self) -> AsyncIterator[bytes]:
        """Yield what the agent prints, line by line, until it has ended.

        A line beyond the limit is left out.
        """
        assert self._process.stdout is not None
        while True:
            try:
                line = await self._process.stdout.readline()
            except ValueError:
                continue
            if not line:
                return
            yield line

    async def write(self, data: bytes) -> None:
        """Write to the agent's standard input; nothing happens if it has ended."""
        assert self._process.stdin is not None
        with contextlib.suppress(ConnectionError):
            self._process.stdin.write(data)
            await self._process.stdin.drain()

    def close_stdin(self) -> None:
        """Let the agent read the end of its input."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    async def wait(self) -> int:
        """Wait for the agent and everything it started to end; returns the exit code."""
        code = await self._process.wait()
        self._let_go()
        return code

    async def stop(self) -> None:
        """End the agent and everything it started.

        The keeper does it in steps; if it cannot, it is done here.
        """
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
            try:
                async with asyncio.timeout(STOP_DEADLINE_S):
                    await self._process.wait()
            except TimeoutError:
                for each in (*keeper.descendants(self.pid), self.pid):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(each, signal.SIGKILL)
                await self._process.wait()
        self._let_go()

    def complaint(self) -> str:
        """Return the last line the agent wrote to stderr; empty if none."""
        try:
            with self._stderr.open("rb") as file:
                file.seek(max(0, self._stderr.stat().st_size - TAIL_BYTES))
                lines = file.read().decode(errors="replace").split("\n")
        except OSError:
            return ""
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def _let_go(self) -> None:
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1


async def start_process(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str], stderr: Path, stdin: bool = False
) -> AgentProcess:
    """Start an agent under the keeper.

    Args:
        command: The agent's command line.
        cwd: Where it starts.
        env: Its whole environment.
        stderr: The file its stderr is appended to.
        stdin: Whether it is given input; otherwise it reads an end of file at once.

    Raises:
        OSError: the process cannot be started.
    """
    theirs, ours = os.pipe()
    errors = os.open(stderr, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", keeper.__file__, str(theirs), *command),
            stdin=asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            cwd=cwd,
            env=dict(env),
            pass_fds=(theirs,),
            start_new_session=True,
            limit=LINE_LIMIT,
        )
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
        os.close(errors)
    return AgentProcess(process, ours, stderr)
