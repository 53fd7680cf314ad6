"""Starting a job in a process of its own, which outlives whoever started it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from capture.jobs.folder import JobFolder, create, jobs_dir
from capture.jobs.job import Job, Order, written
from capture.runs.files import FILE_MODE, write_file

FOLDER_VARIABLE = "HARNESS_JOB"
LOCK_VARIABLE = "HARNESS_JOB_LOCK"
"""How a job's process is told its folder, and the descriptor that holds its lock. It takes both out of its
environment when it begins."""


def start(order: Order, argv: Sequence[str], stdin: bytes = b"") -> Job:
    """Start `harness` with these arguments as a job: in its own session, without a terminal.

    The environment is inherited, keys included, and not written anywhere.

    Args:
        order: What it is to do.
        argv: The arguments of `harness`, without `--detach`.
        stdin: What it reads as its standard input.

    Returns:
        The job, queued: its process says itself that it runs.

    Raises:
        OSError: its folder cannot be made, or its process not started.
    """
    folder, lock = create(jobs_dir().absolute())
    try:
        job = register(folder, order, argv, detached=True)
        process = _spawn(folder, lock, argv, stdin)
    finally:
        os.close(lock)
    threading.Thread(target=process.wait, daemon=True).start()  # or it stays a zombie while the app lives
    return job


def register(folder: JobFolder, order: Order, argv: Sequence[str], *, detached: bool) -> Job:
    """Write a new job's `job.json`.

    Raises:
        OSError: it cannot be written.
    """
    job = Job(
        id=folder.id,
        order=order,
        argv=tuple(argv),
        created_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        detached=detached,
        cwd=str(Path.cwd()),
    )
    write_file(folder.job, written(job))
    return job


def _spawn(folder: JobFolder, lock: int, argv: Sequence[str], stdin: bytes) -> subprocess.Popen[bytes]:
    if stdin:
        write_file(folder.input, stdin)
    source = os.open(folder.input if stdin else os.devnull, os.O_RDONLY)
    output = os.open(folder.output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, FILE_MODE)
    ours = {FOLDER_VARIABLE: str(folder.path), LOCK_VARIABLE: str(lock)}
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "capture.jobs", *argv],
            stdin=source,
            stdout=output,
            stderr=output,
            env=os.environ | ours,
            pass_fds=(lock,),
            start_new_session=True,
        )
    finally:
        os.close(source)
        os.close(output)
