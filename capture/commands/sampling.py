"""What the commands that ask a model again have in common: options, consent and progress."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from capture.commands.as_job import as_job
from capture.commands.consent import check_limit, consent, cost_words
from capture.commands.errors import FailedError, UsageError
from capture.commands.until_told import until_told
from capture.commands.words import counted, money
from capture.terminal import is_terminal, plain

if TYPE_CHECKING:
    from capture.cursor import Cursor
    from capture.jobs import Order, Target, Work
    from capture.jobs.job import Kind
    from capture.resample.overrides import Request
    from capture.resample.samples import Sample
    from capture.resample.series import Outcome, Plan


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for on the command line."""

    count: int
    parallel: int
    max_cost: float | None
    yes: bool
    as_json: bool
    provider: str | None
    base_url: str | None
    script: Path | None


@dataclass(frozen=True, slots=True)
class AsJob:
    """As which job samples are taken."""

    kind: Kind
    target: Target
    label: str = ""
    """More of its name than what is asked how often."""
    detach: bool = False
    stdin: bytes = b""
    """What it reads in a process of its own."""


@contextlib.contextmanager
def sampled(
    cursor: Cursor,
    request: Request,
    wanted: Wanted,
    job: AsJob,
    make_folder: Callable[[], Path] | None = None,
) -> Iterator[tuple[Outcome, Plan]]:
    """Say what it will cost, ask if somebody is there, take the samples, and say how each went.

    Args:
        cursor: It stands at the recorded request.
        request: What is sent.
        wanted: How.
        job: As which job; it lasts as long as the block, which reports.
        make_folder: Makes the folder for the samples, once it is sure that there will be some; None for the
            cursor's.

    Yields:
        What came, and of what plan.

    Raises:
        FailedError, UsageError: nothing was asked.
        typer.Abort: the person said no.
        typer.Exit: a process of its own does it.
        KeyboardInterrupt: somebody pressed Ctrl-C; what there is has been said.
    """
    with stand_in(wanted.script) as scripted:
        plan = plan_of(cursor, request, wanted, scripted)
        if scripted is None:
            consent(said_of(plan), wanted.yes)
        order = order_of(plan, job, free=scripted is not None)
        with as_job(order, job.detach, as_json=wanted.as_json, stdin=job.stdin) as work:
            if make_folder is not None:
                plan = replace(plan, folder=make_folder())
            work.result(plan.folder)
            yield _run(plan, wanted, work), plan


def plan_of(cursor: Cursor, request: Request, wanted: Wanted, scripted: str | None) -> Plan:
    """Return what will be asked where, and what a sample of it costs.

    Raises:
        FailedError: it cannot be sent there, there is no key, or the limit cannot be kept.
    """
    from capture.resample.ask import Question
    from capture.resample.destination import DestinationError, destination, without_password
    from capture.resample.estimate import estimate
    from capture.resample.series import Plan

    vendor, endpoint = cursor.protocol
    here = replace(cursor.at, path=request.path, url=_with_path(cursor.at.url, cursor.at.path, request.path))
    moved = replace(cursor, exchanges=(here,), place=0)
    try:
        where = destination(
            moved, os.environ, provider=wanted.provider, base_url=wanted.base_url, scripted=scripted
        )
    except DestinationError as error:
        raise FailedError(str(error)) from None
    overrides = dict(request.overrides)
    base_url = None if wanted.base_url is None else without_password(wanted.base_url)
    given = {"provider": wanted.provider, "base_url": base_url, "script": wanted.script}
    overrides |= {name: str(value) for name, value in given.items() if value is not None}
    cost = estimate(request.model, where.vendor, request.parsed, len(request.body), cursor.at.usage)
    check_limit(wanted.max_cost, request.model, where.vendor)
    return Plan(
        question=Question(where, endpoint, cursor.at.headers, request.body),
        vendor=vendor,
        asked=cursor.title,
        request_index=cursor.at.number,
        model=request.model,
        overrides=overrides,
        folder=cursor.results,
        estimate=cost,
        count=wanted.count,
        parallel=wanted.parallel,
        max_cost=wanted.max_cost,
    )


def _with_path(url: str | None, old: str, new: str) -> str | None:
    return url if url is None or old == new else url.replace(old, new)


@contextlib.contextmanager
def stand_in(script: Path | None) -> Iterator[str | None]:
    """Serve a script for as long as it is needed; gives its address."""
    if script is None:
        yield None
        return
    from capture.scripted import ScriptedServer
    from capture.scripted.load import ScriptError

    try:
        server = ScriptedServer(script)
    except ScriptError as error:
        raise UsageError(str(error)) from None
    with server:
        yield server.url


def said_of(plan: Plan) -> str:
    """Say what will be sent where and what it may cost."""
    cost = cost_words(_times(plan.estimate.about, plan), _times(plan.estimate.at_most, plan), plan.max_cost)
    return (
        f"{counted(plan.count, 'sample')} of {plain(plan.asked)} from {plain(plan.model)} "
        f"at {plain(plan.question.destination.host)}: {cost}"
    )


def order_of(plan: Plan, job: AsJob, *, free: bool) -> Order:
    """Return the job of a plan; one that is `free` asks a scripted model."""
    from capture.jobs import Order

    label = f"{plan.asked}, {counted(plan.count, 'sample')}"
    return Order(
        kind=job.kind,
        target=job.target,
        label=f"{label}: {job.label}" if job.label else label,
        total=plan.count,
        estimate_usd=0.0 if free else _times(plan.estimate.about, plan),
        estimate_most_usd=0.0 if free else _times(plan.estimate.at_most, plan),
        max_cost_usd=plan.max_cost,
    )


def _times(cost: float | None, plan: Plan) -> float | None:
    return None if cost is None else cost * plan.count


def _run(plan: Plan, wanted: Wanted, work: Work) -> Outcome:
    from capture.resample.series import Series

    show = is_terminal(sys.stderr) and not wanted.as_json
    failed = 0

    def tell(sample: Sample) -> None:
        nonlocal failed
        failed += sample.error is not None
        outcome = series.outcome
        done = len(outcome.samples)
        work.progress(done, None if outcome.unpriced else outcome.cost_usd, failed, _line(sample))
        if show:
            typer.echo(f"{done}/{plan.count}  {_line(sample)}", err=True)

    series = Series(plan, tell)
    work.progress(0, 0.0)
    if asyncio.run(until_told(series.run(), lambda: None)) is None:
        outcome = series.outcome
        kept = f"{counted(len(outcome.samples), 'sample')} kept in {plan.folder}"
        typer.echo(f"harness: interrupted: {kept}, {outcome.lost} under way lost", err=True)
        raise KeyboardInterrupt
    outcome = series.outcome
    if outcome.stopped:
        work.trouble = f"stopped at --max-cost {money(plan.max_cost)} after {done_of(outcome, plan)}"
    elif failed:
        work.trouble = f"{failed} of {counted(plan.count, 'sample')} failed"
    return outcome


def done_of(outcome: Outcome, plan: Plan) -> str:
    """Return how many samples came of how many: `3 of 10`."""
    return f"{len(outcome.samples)} of {plan.count}"


def _line(sample: Sample) -> str:
    how = plain(sample.error) if sample.error else plain(sample.stop_reason)
    return f"sample {sample.number:02d}  {how}  {money(sample.cost_usd)}  {sample.duration_ms / 1000:.1f} s"
