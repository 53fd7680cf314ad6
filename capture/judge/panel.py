"""Several judges, or one several times, over one trajectory or several: each verdict kept as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from capture.allowance import Allowance
from capture.config import JudgeConfig
from capture.judge.ask import SYSTEM, Backend, judge
from capture.judge.kept import JudgeRun, append_verdict
from capture.judge.render import Rendered
from capture.judge.verdict import Verdict
from capture.resample.ask import ATTEMPTS
from capture.resample.estimate import Estimate, estimate
from capture.runs.files import make_folder

VERDICT_TOKENS = 150
"""What a verdict takes, about."""


@dataclass(frozen=True, slots=True)
class Case:
    """One trajectory that is judged."""

    name: str
    """For people: `session 2`."""
    file: Path
    """Where its verdicts are appended."""
    rendered: Rendered
    judge_run: JudgeRun


@dataclass(frozen=True, slots=True)
class Panel:
    """Who judges what, and how often."""

    cases: Sequence[Case]
    judges: Sequence[tuple[JudgeConfig, Backend]]
    count: int = 1
    """Verdicts of each judge on each case."""
    parallel: int = 4
    max_cost: float | None = None

    def named(self, judge_run: str) -> Panel:
        """Return the panel under an id, which its verdicts are to bear."""
        cases = [replace(each, judge_run=replace(each.judge_run, id=judge_run)) for each in self.cases]
        return replace(self, cases=cases)

    @property
    def total(self) -> int:
        """How many verdicts there will be."""
        return len(self.cases) * len(self.judges) * self.count


@dataclass(slots=True)
class Outcome:
    """What a panel came to."""

    verdicts: list[tuple[Case, Verdict]] = field(default_factory=list)
    """In the order in which they came."""
    cost_usd: float = 0.0
    """Of those whose price is known."""
    unpriced: int = 0
    stopped: bool = False
    """Whether `max_cost` ended it early."""
    lost: int = 0
    """Verdicts that were under way when it was interrupted."""

    def on(self, case: Case) -> list[Verdict]:
        """Return the verdicts on a case."""
        return [verdict for one, verdict in self.verdicts if one is case]


def estimates(panel: Panel) -> list[Estimate]:
    """Return what the verdicts will cost: of each judge on each case, all repeats together."""
    return [
        Estimate(_times(one.about, panel.count), _times(one.at_most, panel.count))
        for one in (_estimate(case, *each) for case in panel.cases for each in panel.judges)
    ]


class PanelRun:
    """One run of a panel. `outcome` holds what there is at any time, also after a cancellation."""

    def __init__(self, panel: Panel, tell: Callable[[Case, Verdict], None]) -> None:
        self.outcome = Outcome()
        self._panel = panel
        self._tell = tell
        dearest = [_estimate(case, *each).about for case in panel.cases for each in panel.judges]
        self._allowance = Allowance(panel.max_cost, max(filter(None, dearest), default=None))
        questions = [(case, *each) for case in panel.cases for each in panel.judges]
        self._ahead = iter([question for _ in range(panel.count) for question in questions])

    async def run(self) -> Outcome:
        """Ask for all verdicts.

        Raises:
            OSError: one cannot be written.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self._panel.parallel, self._panel.total)):
                    group.create_task(self._work())
        except ExceptionGroup as group_error:  # the first says why; the others were stopped by it
            raise group_error.exceptions[0] from None
        finally:
            self.outcome.lost = self._allowance.under_way
        return self.outcome

    async def _work(self) -> None:
        """Ask for one verdict after another, until all are asked for or no more may be spent."""
        for case, config, where in self._ahead:
            if not self._allowance.begin():
                self.outcome.stopped = True
                return
            verdict = await judge(config, where, case.rendered, ATTEMPTS)
            self._allowance.end(verdict.cost_usd)
            make_folder(case.file.parent)
            append_verdict(case.file, case.judge_run.to_turn, verdict, case.rendered.info, case.judge_run)
            self.outcome.verdicts.append((case, verdict))
            self.outcome.cost_usd = self._allowance.spent_usd
            self.outcome.unpriced += verdict.cost_usd is None and verdict.error is None
            self._tell(case, verdict)


def _estimate(case: Case, config: JudgeConfig, where: Backend) -> Estimate:
    size = len(SYSTEM) + len(config.rubric) + len(case.rendered.text)
    limit = {"max_tokens": config.max_tokens}
    most = estimate(config.model, where.vendor, limit, size, None)
    likely = estimate(config.model, where.vendor, {"max_tokens": VERDICT_TOKENS}, size, None)
    return Estimate(likely.about, most.at_most)


def _times(cost: float | None, count: int) -> float | None:
    return None if cost is None else cost * count
