"""The jobs there are, as they are now: one whose process is gone without a word is lost, not running."""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import orjson

from capture.jobs.folder import JobFolder, is_alive, jobs_dir
from capture.jobs.job import Job, JobError, parsed

HOW_MANY_TO_NAME = 3


@dataclass(frozen=True, slots=True)
class Listing:
    """What the folder of jobs holds."""

    jobs: list[tuple[JobFolder, Job]]
    """Newest first."""
    unreadable: list[str]
    """What looks like a job and cannot be read, with why."""


def list_jobs(jobs: Path | None = None) -> Listing:
    """Return all jobs.

    Args:
        jobs: The folder they are in, which need not exist; None for the usual one.

    Raises:
        OSError: the folder cannot be read.
    """
    found: list[tuple[JobFolder, Job]] = []
    unreadable: list[str] = []
    for folder in _folders(jobs or jobs_dir()):
        try:
            found.append((folder, read_job(folder)))
        except JobError as error:
            unreadable.append(str(error))
    found.sort(key=lambda each: (each[1].created_at, each[1].id), reverse=True)
    return Listing(found, sorted(unreadable))


def read_job(folder: JobFolder) -> Job:
    """Return a job as it is now.

    Raises:
        JobError: it cannot be read.
    """
    job = _read(folder)
    if job.ended or is_alive(folder):
        return job
    job = _read(folder)  # which it may have written between the two looks
    if job.ended:
        return job
    return replace(job, state="cancelled" if folder.cancelled.exists() else "lost")


def find_job(identity: str, jobs: Path | None = None) -> tuple[JobFolder, Job]:
    """Return the job whose id is, or begins, so.

    Args:
        identity: The id or its beginning.
        jobs: The folder that jobs are in; None for the usual one.

    Raises:
        JobError: there is none, or there are several, or it cannot be read. The message names near ones.
    """
    there = {folder.id: folder for folder in _folders(jobs or jobs_dir())}
    found = [name for name in there if identity and name.startswith(identity)]
    if identity in there or len(found) == 1:
        folder = there[identity if identity in there else found[0]]
        return folder, read_job(folder)
    if found:
        raise JobError(f"{identity}: {len(found)} jobs begin so: {', '.join(sorted(found))}")
    near = difflib.get_close_matches(identity, there, n=HOW_MANY_TO_NAME, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "`harness jobs` shows those there are"
    raise JobError(f"{identity}: no such job; {hint}")


def prune(before: float, jobs: Path | None = None) -> list[Job]:
    """Remove the folders of jobs that ended before a moment, and return them. What came of them stays.

    Args:
        before: Seconds since the epoch.
        jobs: The folder that jobs are in; None for the usual one.

    Raises:
        OSError: one cannot be removed.
    """
    gone = [(folder, job) for folder, job in list_jobs(jobs).jobs if job.ended and _end(folder, job) < before]
    for folder, _ in gone:
        shutil.rmtree(folder.path)
    return [job for _, job in gone]


def _end(folder: JobFolder, job: Job) -> float:
    """Return when a job ended; of a lost one, when it was last heard of."""
    if job.finished_at is not None:
        try:
            at = datetime.fromisoformat(job.finished_at)
            return at.replace(tzinfo=at.tzinfo or UTC).timestamp()
        except ValueError:
            pass
    return max(each.stat().st_mtime for each in (folder.path, *folder.path.iterdir()))


def _folders(jobs: Path) -> Iterator[JobFolder]:
    if jobs.is_dir():
        yield from (JobFolder(path) for path in jobs.iterdir() if (path / "job.json").is_file())


def _read(folder: JobFolder) -> Job:
    try:
        return parsed(orjson.loads(folder.job.read_bytes()), folder.id)
    except OSError as error:
        raise JobError(f"{folder.job}: {error.strerror}") from None
    except orjson.JSONDecodeError as error:
        raise JobError(f"{folder.job}: not JSON: {error}") from None
