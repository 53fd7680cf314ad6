"""Runs of an agent as a job: what they report as its progress, and their end when they have cost enough."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from capture.commands.words import money
from capture.runs.progress import Progress, Report, RunStarted, SessionEnded, SessionMoved, SessionStarted

if TYPE_CHECKING:
    from capture.jobs import Work
    from capture.runs.experiment import Finished
    from capture.runs.meta import RunMeta, SessionMeta

T = TypeVar("T")


class RunsAsJob:
    """Passes on what runs report, tells their job how far they are, and stops them at a limit.

    Args:
        work: The job.
        show: Told of everything as well.
        max_cost: USD that all of it may take; None for no limit. What costs nothing known counts as nothing.
    """

    def __init__(self, work: Work, show: Report, max_cost: float | None = None) -> None:
        self.stopped = False
        """Whether the limit ended them."""
        self._runs: list[tuple[Path, RunMeta]] = []
        self._work = work
        self._show = show
        self._max_cost = max_cost
        self._sessions: dict[int, SessionMeta] = {}
        self._done = 0
        self._failed = 0
        self._task: asyncio.Task[Any] | None = None

    def report(self, progress: Progress) -> None:
        """Take in what happened in a run."""
        self._show(progress)
        match progress:
            case RunStarted():
                self._runs.append((progress.path, progress.meta))
                self._work.result(progress.path if len(self._runs) == 1 else progress.path.parent)
            case SessionStarted():
                self._sessions[id(progress.session)] = progress.session
                self._tell(progress.session, "begins")
                self._stop_at_limit()
            case SessionMoved():
                self._tell(progress.session, progress.tool or "")
                self._stop_at_limit()
            case SessionEnded():
                self._done += 1
                self._failed += progress.session.error is not None
                self._tell(progress.session, progress.session.stop_reason or "ended")

    async def within_limit(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Do the work; None where the limit ended it before it was done.

        Raises:
            asyncio.CancelledError: it was cancelled by another than the limit.
        """
        self._task = task = asyncio.ensure_future(work)
        try:
            return await task
        except asyncio.CancelledError:
            if self.stopped:
                return None
            raise

    def so_far(self) -> list[Finished]:
        """Return the runs that began, with what they have come to."""
        from capture.runs.experiment import Finished
        from capture.runs.folder import RunFolder

        return [Finished(RunFolder(path), meta) for path, meta in self._runs]

    @property
    def cost_usd(self) -> float | None:
        """What all of them have cost so far; None where no price is known."""
        costs = [each.total_cost_usd for each in self._sessions.values() if each.total_cost_usd is not None]
        return sum(costs) if costs or not self._sessions else None

    def _tell(self, session: SessionMeta, doing: str) -> None:
        message = f"session {session.name}  turn {session.num_turns}  {doing}".rstrip()
        self._work.progress(self._done, self.cost_usd, self._failed, message)

    def _stop_at_limit(self) -> None:
        limit, cost = self._max_cost, self.cost_usd
        if limit is None or cost is None or cost <= limit or self._task is None or self.stopped:
            return
        self.stopped = True
        self._work.trouble = f"stopped at --max-cost {money(limit)} after {money(cost)}"
        self._task.cancel()
