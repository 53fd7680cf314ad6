"""The columns of the list of jobs: what each shows, how wide, and what drops first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from capture.jobs import Job, JobRow
from tessen import format as show
from tessen.sanitise import one_line
from widgets.cursor_list import GAP, GUTTER

BAR = 6
"""Cells of the bar before the numbers, of a job that is under way."""

KINDS = {"resample-edit": "edit", "resample-session": "session"}
"""Kinds whose names are longer than the column."""


@dataclass(frozen=True, slots=True)
class JobColumn:
    """One column."""

    name: str
    title: str
    width: int
    """Cells; the least there must be for the one that grows."""
    text: Callable[[JobRow, float], str]
    """A job, the time now in seconds → what stands there; safe to draw."""
    right: bool = False
    grows: bool = False


def moment_of(written: str | None) -> float | None:
    """A job's time stamp in seconds since the epoch; None where it is none."""
    try:
        at = datetime.fromisoformat(written or "")
    except ValueError:
        return None
    return at.replace(tzinfo=at.tzinfo or UTC).timestamp()


def progress_text(row: JobRow) -> str:
    """How far a job is: a bar while it is under way, and `12/50`."""
    total = row.progress.total if row.progress else row.job.order.total
    done = row.progress.done if row.progress else 0
    if row.progress is None and row.job.ended:
        return show.NONE
    numbers = f"{done}/{total}" if total is not None else str(done)
    if row.job.ended or not total:
        return numbers
    full = max(0, min(BAR, done * BAR // total))
    return f"{'█' * full}{'░' * (BAR - full)} {numbers}"


def cost_text(row: JobRow) -> str:
    """What it has cost so far, and what of: where it will be stopped, else at most, else about."""
    order = row.job.order
    ends = (order.max_cost_usd, order.estimate_most_usd, order.estimate_usd)
    end = next((each for each in ends if each is not None), None)
    so_far = show.money(row.progress.cost_usd) if row.progress else show.NONE
    return so_far if end is None or row.job.ended else f"{so_far}/{show.money(end)}"


def target_text(job: Job) -> str:
    """What a job works on: a run's name and the place in it, or an event; raw."""
    at = job.order.target
    if at.run is None:
        return at.event or ""
    return at.run.rstrip("/").rpartition("/")[2]


def _what(row: JobRow) -> str:
    """Why it failed, else what it does, and on what."""
    label, target = row.job.order.label, target_text(row.job)
    said = label if target in label else f"{label} · {target}"
    return one_line(f"{row.job.error}  ({said})" if row.job.error else said, 400)


def _age(row: JobRow, now: float) -> str:
    at = moment_of(row.job.started_at or row.job.created_at)
    return show.UNKNOWN if at is None else show.age(now - at)


COLUMNS = (
    JobColumn("state", "state", 11, lambda row, now: row.job.state),
    JobColumn("kind", "kind", 8, lambda row, now: KINDS.get(row.job.order.kind, row.job.order.kind)),
    JobColumn("what", "what", 18, lambda row, now: _what(row), grows=True),
    JobColumn("progress", "done", 12, lambda row, now: progress_text(row)),
    JobColumn("cost", "cost", 13, lambda row, now: cost_text(row), right=True),
    JobColumn("age", "age", 4, _age, right=True),
    JobColumn("job", "job", 8, lambda row, now: one_line(row.job.id, 8)),
)
IMPORTANCE = ("state", "what", "progress", "age", "cost", "kind", "job")
"""What is given room first."""


@lru_cache(64)
def job_columns_for(width: int) -> tuple[tuple[JobColumn, int], ...]:
    """The columns that fit, each with its cells, left to right; what it does takes what is left over."""
    by_name = {column.name: column for column in COLUMNS}
    room = width - GUTTER
    chosen: dict[str, int] = {}
    for name in IMPORTANCE:
        wanted = by_name[name].width
        if wanted + GAP <= room:
            chosen[name] = wanted
            room -= wanted + GAP
    if "what" in chosen:
        chosen["what"] += max(0, room)
    return tuple((column, chosen[column.name]) for column in COLUMNS if column.name in chosen)
