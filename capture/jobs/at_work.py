"""A job from within: its process says that it runs, how far it has got, and how it ended."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import orjson

from capture.jobs.folder import JobFolder, create, jobs_dir
from capture.jobs.job import Job, Order, State, parsed, written
from capture.jobs.process import started
from capture.jobs.progress import Progress
from capture.jobs.start import FOLDER_VARIABLE, LOCK_VARIABLE, register
from capture.runs.files import append_line, write_file
from capture.runs.locks import hold
from tessen._redact import clean_line, of_environment


class Work:
    """A job under way in this process. What cannot be written of it does not stop it."""

    def __init__(self, job: Job, folder: JobFolder | None, lock: int | None = None) -> None:
        self.job = job
        self.trouble: str | None = None
        """Why it will have failed, where its command says so by an exit code alone."""
        self._folder = folder
        self._lock = lock

    def progress(self, done: int, cost_usd: float | None = None, failed: int = 0, message: str = "") -> None:
        """Say how far it has got.

        Args:
            done: Pieces of work that have come to an end, failed ones among them.
            cost_usd: Spent so far, in all.
            failed: How many of them failed.
            message: What happened last, in a few words.
        """
        row = Progress(time.time(), done, self.job.order.total, cost_usd, failed, message).as_dict()
        if self._folder is not None:
            with contextlib.suppress(OSError):
                line = clean_line(orjson.dumps(row), of_environment(), ())
                append_line(self._folder.progress, orjson.loads(line))

    def result(self, path: Path) -> None:
        """Say where what comes of it lies."""
        self._become(replace(self.job, result=str(path.absolute())))

    def end(self, state: State, error: str | None = None, exit_code: int = 0) -> None:
        """Say how it ended. A job in a process of its own has ended for others once that is gone."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._become(replace(self.job, state=state, error=error, exit_code=exit_code, finished_at=at))
        if self._lock is not None and not self.job.detached:
            os.close(self._lock)
            self._lock = None

    def _become(self, job: Job) -> None:
        self.job = job
        if self._folder is not None:
            with contextlib.suppress(OSError):
                write_file(self._folder.job, written(job))


def begin(order: Order, argv: Sequence[str]) -> Work:
    """Begin a job in this process: the one that it was started for, or a new one in the foreground.

    Args:
        order: What it is to do.
        argv: The arguments of `harness`.

    Raises:
        OSError: its folder cannot be made or written.
    """
    folder, lock = _given() or create(jobs_dir().absolute())
    job = _read(folder) or register(folder, order, argv, detached=False)
    pid = os.getpid()
    work = Work(job, folder, lock)
    running = replace(
        job,
        order=order,
        state="running",
        started_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        host=socket.gethostname(),
        pid=pid,
        process_started=started(pid),
    )
    write_file(folder.job, written(running))
    work.job = running
    return work


def unlisted(order: Order, argv: Sequence[str]) -> Work:
    """Begin a job that no one else will see: its folder cannot be made."""
    return Work(Job("", order, tuple(argv), "", "running"), None)


def never_began(error: str, exit_code: int) -> None:
    """Say that the job of this process ended before it began, if so it did."""
    given = _given()
    if given is not None and (job := _read(given[0])) is not None:
        Work(job, *given).end("failed", error, exit_code)


def _given() -> tuple[JobFolder, int] | None:
    """Take the folder and the lock that this process was started with out of the environment."""
    place, number = os.environ.pop(FOLDER_VARIABLE, ""), os.environ.pop(LOCK_VARIABLE, "")
    if not place:
        return None
    folder = JobFolder(Path(place))
    try:
        lock = int(number)
        ours = os.path.samestat(os.fstat(lock), folder.lock.stat())
    except (OSError, ValueError):
        ours = False
    if not ours:
        return folder, hold(folder.lock)
    os.set_inheritable(lock, False)
    return folder, lock


def _read(folder: JobFolder) -> Job | None:
    try:
        return parsed(orjson.loads(folder.job.read_bytes()), folder.id)
    except FileNotFoundError:
        return None
