"""All jobs as a viewer shows them, looked at again and again at next to no cost.

What belongs here is knowing which job need not be read again: one that has ended does not change any more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from capture.jobs.folder import JobFolder, jobs_dir
from capture.jobs.job import Job, JobError
from capture.jobs.listing import read_job
from capture.jobs.progress import Progress, last_progress


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job, and how far it is."""

    folder: JobFolder
    job: Job
    progress: Progress | None = None


@dataclass(slots=True)
class Board:
    """The jobs of a folder.

    Args:
        folder: The folder of all jobs; it need not exist. None for the usual one.
    """

    folder: Path | None = None
    unreadable: list[str] = field(default_factory=list)
    """What looks like a job and cannot be read, with why; raw."""
    reads: int = 0
    """Jobs read from disk so far."""
    _ended: dict[Path, tuple[int, JobRow]] = field(default_factory=dict)

    def read(self) -> list[JobRow]:
        """Return all jobs as they are now, newest first.

        Raises:
            OSError: the folder cannot be read.
        """
        place = self.folder or jobs_dir()
        rows: list[JobRow] = []
        self.unreadable = []
        for path in place.iterdir() if place.is_dir() else ():
            folder = JobFolder(path)
            try:
                stamp = folder.job.stat().st_mtime_ns
                rows.append(self._row(folder, stamp))
            except (FileNotFoundError, NotADirectoryError):
                continue  # no job's folder, or one that was just cleared away
            except JobError as error:
                self.unreadable.append(str(error))
        there = {row.folder.path for row in rows}
        self._ended = {path: known for path, known in self._ended.items() if path in there}
        return sorted(rows, key=lambda row: (row.job.created_at, row.job.id), reverse=True)

    def _row(self, folder: JobFolder, stamp: int) -> JobRow:
        known = self._ended.get(folder.path)
        if known is not None and known[0] == stamp:
            return known[1]
        self.reads += 1
        job = read_job(folder)
        row = JobRow(folder, job, last_progress(folder.progress))
        if job.ended:
            self._ended[folder.path] = stamp, row
        return row
