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

from capture.commands.errors import FailedError, UsageError
from capture.commands.words import counted, money
from capture.terminal import is_terminal, plain

if TYPE_CHECKING:
    from capture.cursor import Cursor
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


def sample(
    cursor: Cursor, request: Request, wanted: Wanted, make_folder: Callable[[], Path] | None = None
) -> tuple[Outcome, Plan]:
    """Say what it will cost, ask if somebody is there, take the samples, and say how each went.

    Args:
        cursor: It stands at the recorded request.
        request: What is sent.
        wanted: How.
        make_folder: Makes the folder for the samples, once it is sure that there will be some; None for the
            cursor's.

    Raises:
        FailedError, UsageError: nothing was asked.
        typer.Abort: the person said no.
        KeyboardInterrupt: somebody pressed Ctrl-C; what there is has been said.
    """
    with _stand_in(wanted.script) as scripted:
        plan = _plan(cursor, request, wanted, scripted)
        _consent(plan, wanted, scripted)
        if make_folder is not None:
            plan = replace(plan, folder=make_folder())
        return _run(plan, wanted), plan


def _plan(cursor: Cursor, request: Request, wanted: Wanted, scripted: str | None) -> Plan:
    from capture.resample.ask import Question
    from capture.resample.destination import DestinationError, destination
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
    given = {"provider": wanted.provider, "base_url": wanted.base_url, "script": wanted.script}
    overrides |= {name: str(value) for name, value in given.items() if value is not None}
    cost = estimate(request.model, where.vendor, request.parsed, len(request.body), cursor.at.usage)
    if wanted.max_cost is not None and cost.about is None:
        raise FailedError(f"--max-cost: no price is known for {plain(request.model)}, so it cannot be kept")
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
def _stand_in(script: Path | None) -> Iterator[str | None]:
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


def _consent(plan: Plan, wanted: Wanted, scripted: str | None) -> None:
    """Say what will be sent where and what it may cost; ask, where somebody is there to answer."""
    if scripted is not None:
        return
    about, most = plan.estimate.about, plan.estimate.at_most
    cost = "cost unknown" if about is None else f"about {money(about * plan.count)}"
    if most is not None:
        cost += f", at most {money(most * plan.count)}"
    limit = f", stopping at {money(plan.max_cost)}" if plan.max_cost is not None else ""
    said = (
        f"{counted(plan.count, 'sample')} of {plain(plan.asked)} from {plain(plan.model)} "
        f"at {plain(plan.question.destination.host)}: {cost}{limit}"
    )
    if wanted.yes or not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        typer.echo(f"harness: {said}", err=True)
    else:
        typer.confirm(f"{said}. Go on?", abort=True, err=True)


def _run(plan: Plan, wanted: Wanted) -> Outcome:
    from capture.resample.series import Series

    show = is_terminal(sys.stderr) and not wanted.as_json
    done = 0

    def tell(sample: Sample) -> None:
        nonlocal done
        done += 1
        if show:
            typer.echo(f"{done}/{plan.count}  {_line(sample)}", err=True)

    series = Series(plan, tell)
    try:
        return asyncio.run(series.run())
    except KeyboardInterrupt:
        outcome = series.outcome
        kept = f"{counted(len(outcome.samples), 'sample')} kept in {plan.folder}"
        typer.echo(f"harness: interrupted: {kept}, {outcome.lost} under way lost", err=True)
        raise


def _line(sample: Sample) -> str:
    how = plain(sample.error) if sample.error else plain(sample.stop_reason)
    return f"sample {sample.number:02d}  {how}  {money(sample.cost_usd)}  {sample.duration_ms / 1000:.1f} s"
