"""Asking one question many times: some at once, each answer kept as it comes, and an eye on the money."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from capture import prices
from capture.allowance import Allowance
from capture.resample.ask import TIMEOUT_S, Asked, Question, ask
from capture.resample.destination import without_password
from capture.resample.estimate import Estimate
from capture.resample.samples import Sample, save
from tessen.exchange import Exchange
from tessen.usage import usage_of
from tessen.vendors.interface import Vendor

Told = Callable[[Sample], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be asked, and how often."""

    question: Question
    vendor: Vendor
    asked: str
    """What is asked again, for people."""
    request_index: int
    model: str | None
    overrides: dict[str, Any]
    folder: Path
    """Where samples are kept."""
    estimate: Estimate
    count: int
    parallel: int = 4
    """Samples under way at once, at most."""
    max_cost: float | None = None
    """USD. No sample is begun that would go beyond it, by what is known so far."""


@dataclass(slots=True)
class Outcome:
    """What a series came to."""

    samples: list[Sample] = field(default_factory=list)
    """In the order in which they came."""
    cost_usd: float = 0.0
    """Of those whose price is known."""
    unpriced: int = 0
    stopped: bool = False
    """Whether `max_cost` ended it early."""
    lost: int = 0
    """Samples that were under way when it was interrupted."""


class Series:
    """One run of a plan. `outcome` holds what there is at any time, also after a cancellation."""

    def __init__(self, plan: Plan, tell: Told) -> None:
        self.outcome = Outcome()
        self._plan = plan
        self._tell = tell
        self._begun = 0
        self._allowance = Allowance(plan.max_cost, plan.estimate.about)

    async def run(self) -> Outcome:
        """Take all samples.

        Raises:
            OSError: one cannot be written.
        """
        import httpx2

        plan = self._plan
        limits = httpx2.Limits(max_connections=plan.parallel)
        async with httpx2.AsyncClient(timeout=TIMEOUT_S, limits=limits) as client:
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(min(plan.parallel, plan.count)):
                        group.create_task(self._work(client))
            except ExceptionGroup as group_error:  # the first says why; the others were stopped by it
                raise group_error.exceptions[0] from None
            finally:
                self.outcome.lost = self._allowance.under_way
        return self.outcome

    async def _work(self, client: Any) -> None:
        """Take one sample after another, until there are enough or no more may be spent."""
        while self._begun < self._plan.count and not self.outcome.stopped:
            if not self._allowance.begin():
                self.outcome.stopped = True
                return
            self._begun += 1
            asked = await ask(client, self._plan.question)
            sample = save(self._plan.folder, _sample(self._plan, asked))
            self._allowance.end(sample.cost_usd)
            self._count(sample)
            self._tell(sample)

    def _count(self, sample: Sample) -> None:
        self.outcome.samples.append(sample)
        self.outcome.cost_usd = self._allowance.spent_usd
        self.outcome.unpriced += sample.cost_usd is None and sample.error is None


def _sample(plan: Plan, asked: Asked) -> Sample:
    question = plan.question
    surface = question.endpoint.surface
    usage = usage_of(asked.body)
    body = asked.body if isinstance(asked.body, dict) else {}
    seen = Exchange.from_event({"provider": plan.vendor.provider, "surface": surface, "response_body": body})
    return Sample(
        asked=plan.asked,
        request_index=plan.request_index,
        provider=plan.vendor.provider,
        surface=surface,
        model=plan.model,
        url=without_password(question.destination.url),
        overrides=plan.overrides,
        request_sha256=hashlib.sha256(question.body).hexdigest(),
        created_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        status=asked.status,
        streamed=asked.streamed,
        stop_reason=seen.stop_reason,
        usage=usage,
        cost_usd=prices.cost(usage, plan.model, question.destination.vendor),
        duration_ms=asked.duration_ms,
        ttfb_ms=asked.ttfb_ms,
        request_id=asked.request_id,
        attempts=asked.attempts,
        error=asked.error,
        response=asked.body,
    )
