"""Which screen shows what came of a job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.screen import Screen

from capture.jobs import Job
from screens.run import RunScreen
from screens.run_place import RunPlace
from screens.samples import SamplesScreen
from screens.verdicts import VerdictsScreen


def result_screen(job: Job) -> Screen[Any] | str:
    """The screen with what came of a job, as far as it has come; or why there is none, raw."""
    if job.result is None:
        return f"job {job.id} has come to nothing" + (f": {job.error}" if job.error else " yet")
    path = Path(job.result)
    if path.is_dir():
        return _screen(job, path)
    gone = "is no longer there" if job.ended else "is not there yet"
    return f"what comes of job {job.id} {gone}: {path}"


def _screen(job: Job, path: Path) -> Screen[Any] | str:
    match job.order.kind:
        case "resample" | "resample-edit":
            return SamplesScreen(path)
        case "judge":
            return VerdictsScreen(path, job.id)
        case "resample-session":
            return RunScreen(path, RunPlace(job.order.target.session))
        case _ if (path / "run_meta.json").is_file():
            return RunScreen(path)
        case _:
            return f"there are several, in Runs (3): {path}"
