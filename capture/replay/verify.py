"""A command that says whether a work tree is as it should be: its exit code is the verdict.

What belongs here is running it where the agent worked, with the files at the path that the agent saw.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from capture.engines.isolation import overlay

Json = dict[str, Any]

OUTPUT = "verify.log"


@dataclass(frozen=True, slots=True)
class WorkTree:
    """The files that an agent has left."""

    files: Path
    """Where they are."""
    seen: Path
    """Where the agent saw them; the same, where nothing could be mounted there."""

    @property
    def wrap(self) -> Sequence[str]:
        """A command line that shows them there."""
        return () if self.files == self.seen else overlay(self.files, self.seen)


@dataclass(frozen=True, slots=True)
class Verify:
    """The command."""

    command: str
    """For a shell; it finds HARNESS_RUN_DIR and HARNESS_WORK_DIR in its environment."""
    timeout_seconds: float
    environment: Mapping[str, str]

    async def __call__(self, run_dir: Path, tree: WorkTree, kept_in: Path | None = None) -> Json:
        """Run it.

        Args:
            run_dir: The run's folder.
            tree: Where it runs.
            kept_in: Where its output goes; None for the run's folder.

        Returns:
            `exit_code`, None where it was ended because it took too long; `duration_s`, and in `output` the
            file that holds what it said.

        Raises:
            OSError: it cannot be started, or its output not be kept.
        """
        began = time.monotonic()
        output = (kept_in or run_dir) / OUTPUT
        log = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            process = await asyncio.create_subprocess_exec(
                *(*tree.wrap, "sh", "-c", self.command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=tree.seen,
                env={
                    **self.environment,
                    "HARNESS_RUN_DIR": str(run_dir),
                    "HARNESS_WORK_DIR": str(tree.seen),
                },
                start_new_session=True,
            )
        finally:
            os.close(log)
        code = await self._code(process)
        return {
            "command": self.command,
            "exit_code": code,
            "duration_s": round(time.monotonic() - began, 3),
            "output": str(output),
        }

    async def _code(self, process: asyncio.subprocess.Process) -> int | None:
        try:
            async with asyncio.timeout(self.timeout_seconds):
                return await process.wait()
        except TimeoutError:
            return None
        finally:
            with contextlib.suppress(ProcessLookupError):  # what it has left behind, too
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
