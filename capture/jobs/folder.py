"""A job's folder: what lies where in it, how it is made, and the lock that says whether its process lives.

The lock is held by the job's process from before it starts until it is gone, however it ends: the system
lets go of it. So a job that was killed can be told at any time, from any process, without a clock.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from capture.runs.files import FOLDER_MODE, make_folder
from capture.runs.locks import hold, is_held

PLACE = "HARNESS_JOBS_DIR"
"""The variable that names the folder of all jobs, in place of the usual one."""


@dataclass(frozen=True, slots=True)
class JobFolder:
    """A job on disk."""

    path: Path

    @property
    def id(self) -> str:
        """The job's id."""
        return self.path.name

    @property
    def job(self) -> Path:
        """What the job is, and how it ended."""
        return self.path / "job.json"

    @property
    def progress(self) -> Path:
        """How far it has got: one line whenever that changes."""
        return self.path / "progress.jsonl"

    @property
    def output(self) -> Path:
        """What it printed, where it has no terminal."""
        return self.path / "output.log"

    @property
    def input(self) -> Path:
        """What it reads as its standard input, where it needs any."""
        return self.path / "input"

    @property
    def cancelled(self) -> Path:
        """Is there once somebody has asked for the job's end."""
        return self.path / "cancelled"

    @property
    def lock(self) -> Path:
        """Held by the job's process for as long as it lives."""
        return self.path / ".lock"


def jobs_dir() -> Path:
    """Return the folder that the jobs' folders are in; it need not exist."""
    named = os.environ.get(PLACE, "").strip()
    return Path(named).expanduser() if named else platformdirs.user_state_path("tessen-tui") / "jobs"


def create(jobs: Path) -> tuple[JobFolder, int]:
    """Make a new job's folder.

    Returns:
        The folder, and the descriptor that holds its lock.

    Raises:
        OSError: it cannot be made.
    """
    make_folder(jobs)
    while True:
        folder = JobFolder(jobs / secrets.token_hex(4))
        try:
            folder.path.mkdir(mode=FOLDER_MODE)
        except FileExistsError:
            continue
        return folder, hold(folder.lock)


def is_alive(folder: JobFolder) -> bool:
    """Whether the job's process lives."""
    return is_held(folder.lock)
