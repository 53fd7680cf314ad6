"""Shell commands before and after a run's sessions."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping
from pathlib import Path

from capture.config import CommandConfig


class CommandError(Exception):
    """A command failed that must not. The message is one line."""


async def run_command(
    command: CommandConfig, run_dir: Path, work_dir: Path, env: Mapping[str, str]
) -> str | None:
    """Run one command, with its output in the run folder's `commands.log`.

    Args:
        command: The command.
        run_dir: The run folder, in HARNESS_RUN_DIR.
        work_dir: The working directory, in HARNESS_WORK_DIR.
        env: The rest of its environment.

    Returns:
        Why it failed, if it did and may.

    Raises:
        CommandError: it failed and must not.
    """
    problem = await _problem(command, run_dir, work_dir, env)
    if problem is None:
        return None
    message = f"command {command.command!r} {problem}"
    if command.check:
        raise CommandError(message)
    return message


async def _problem(
    command: CommandConfig, run_dir: Path, work_dir: Path, env: Mapping[str, str]
) -> str | None:
    log = os.open(run_dir / "commands.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(log, f"$ {command.command}\n".encode())
    try:
        process = await asyncio.create_subprocess_shell(
            command.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=command.cwd,
            env={**env, "HARNESS_RUN_DIR": str(run_dir), "HARNESS_WORK_DIR": str(work_dir)},
            start_new_session=True,
        )
    except OSError as error:
        return f"cannot be started: {error.filename or command.cwd}: {error.strerror}"
    finally:
        os.close(log)
    try:
        async with asyncio.timeout(command.timeout_seconds):
            code = await process.wait()
    except TimeoutError:
        return f"was still running after {command.timeout_seconds:g} s"
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    return f"ended with exit code {code}; its output is in {run_dir / 'commands.log'}" if code else None
