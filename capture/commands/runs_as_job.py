"""Runs of an agent as a job: what they report as its progress, and what is said when they cost enough."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from capture.runs.progress import Progress, Report, RunStarted, SessionEnded, SessionMoved, SessionStarted

if TYPE_CHECKING:
    from capture.jobs import Work
    from capture.runs.limits import CostLimit
    from capture.runs.meta import SessionMeta


class RunsAsJob:
    """Passes on what runs report, and tells their job how far they are.

    Args:
        work: The job.
        show: Told of everything as well.
    """

    def __init__(self, work: Work, show: Report) -> None:
        self._runs = 0
        self._work = work
        self._show = show
        self._sessions: dict[int, SessionMeta] = {}
        self._done = 0
        self._failed = 0

    def report(self, progress: Progress) -> None:
        """Take in what happened in a run."""
        self._show(progress)
        match progress:
            case RunStarted():
                self._began(progress.path)
            case SessionStarted():
                self._sessions[id(progress.session)] = progress.session
                self._tell(progress.session, "begins")
            case SessionMoved():
                self._tell(progress.session, progress.tool or "")
            case SessionEnded():
                self._done += 1
                self._failed += progress.session.error is not None
                self._tell(progress.session, progress.session.stop_reason or "ended")

    @property
    def cost_usd(self) -> float | None:
        """What all of them have cost so far; None where no price is known."""
        costs = [each.total_cost_usd for each in self._sessions.values() if each.total_cost_usd is not None]
        return sum(costs) if costs or not self._sessions else None

    def _began(self, path: Path) -> None:
        self._runs += 1
        self._work.result(path if self._runs == 1 else path.parent)

    def _tell(self, session: SessionMeta, doing: str) -> None:
        message = f"session {session.name}  turn {session.num_turns}  {doing}".rstrip()
        self._work.progress(self._done, self.cost_usd, self._failed, message)


def limit_of(work: Work) -> CostLimit | None:
    """Return the limit that a job's runs share; None where it has none."""
    from capture.runs.limits import CostLimit

    usd = work.job.order.max_cost_usd
    return None if usd is None else CostLimit(usd, "--max-cost")


def say_if_stopped(work: Work, limit: CostLimit | None) -> None:
    """Say that a limit ended runs, if it did, and why the job has failed then."""
    if limit is not None and limit.stopped:
        work.trouble = limit.said
        typer.echo(f"harness: {limit.said}", err=True)
