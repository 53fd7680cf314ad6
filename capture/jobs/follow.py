"""Following a job: what is new of it at each look. Looking does not wait, so that any viewer can do it."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from capture.jobs.folder import JobFolder, is_alive
from capture.jobs.job import Job
from capture.jobs.listing import read_job
from capture.jobs.progress import Progress, parsed

READ_AT_MOST = 1 << 20
"""Bytes that one look takes of a file: a log of any size is followed in pieces."""


@dataclass(frozen=True, slots=True)
class News:
    """What is new since the last look."""

    job: Job
    progress: list[Progress]
    output: str
    """What it printed. From outside, so raw."""
    over: bool
    """Whether nothing more will come."""


class Follower:
    """Looks at one job, again and again.

    Args:
        folder: The job's.
    """

    def __init__(self, folder: JobFolder) -> None:
        self._folder = folder
        self._progress = _Growing(folder.progress)
        self._output = _Growing(folder.output)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._torn = b""

    def news(self) -> News:
        """Return what is new; the first time, all that there is, a piece at a time.

        Raises:
            JobError: the job cannot be read, or is gone.
        """
        job = read_job(self._folder)
        gone = job.ended and not is_alive(self._folder)  # before reading: what is written later is not missed
        lines = (self._torn + self._progress.more()).split(b"\n")
        self._torn = lines.pop()
        output = self._output.more()
        return News(
            job=job,
            progress=[row for row in map(parsed, lines) if row is not None],
            output=self._decoder.decode(output, final=gone and not output),
            over=gone and not output and not lines,
        )


class _Growing:
    """A file that only grows, read on from where the last reading ended."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0

    def more(self) -> bytes:
        try:
            with self._path.open("rb") as file:
                file.seek(self._at)
                data = file.read(READ_AT_MOST)
        except FileNotFoundError:
            return b""
        self._at += len(data)
        return data
