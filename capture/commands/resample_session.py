"""`harness resample-session`: more replicates of a session, from where it began."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from capture.commands import sampling_options as options
from capture.commands.as_job import as_job
from capture.commands.consent import check_limit, consent, cost_words
from capture.commands.errors import FailedError, UsageError
from capture.commands.pointing import run_path
from capture.commands.until_told import until_told
from capture.commands.words import counted, ending, money
from capture.runs.progress import Progress, SessionStarted
from capture.terminal import GREEN, RED, painter, plain

if TYPE_CHECKING:
    from capture.jobs import Order, Work
    from capture.replay.fork_point import ForkPoint
    from capture.runs.meta import SessionMeta

INTERRUPTED = 130


def resample_session(  # noqa: PLR0913, PLR0917 - an argument for each option
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="A run folder, or a run's name.", show_default=False)
    ],
    session: Annotated[int, typer.Option(help="Which session.", min=1, show_default=False)],
    count: Annotated[int, typer.Option(help="How many new replicates.", min=1)] = 1,
    parallel: Annotated[int, typer.Option(help="Replicates under way at once.", min=1, max=64)] = 8,
    max_cost: options.MaxCostOfRuns = None,
    yes: options.Yes = False,
    detach: options.Detach = False,
    runs_dir: options.RunsDir = Path("runs"),
    as_json: options.AsJson = False,
) -> None:
    """Run a session again from where it began, as new replicates in the same run."""
    from capture.replay.fork_point import find_fork_point
    from capture.replay.source import ReplayError
    from capture.runs.folder import RunFolder
    from capture.runs.meta import MetaError

    try:
        point = find_fork_point(RunFolder(run_path(run, runs_dir).absolute()), session)
    except (ReplayError, MetaError) as error:
        raise UsageError(str(error)) from None
    check_limit(max_cost, point.config.model, None)
    order = _order(point, count, max_cost)
    consent(_said(point, order), yes or point.config.script is not None)
    with as_job(order, detach, as_json=as_json) as work:
        added = _resample(point, count, parallel, as_json, work)
        _summary(point, added, as_json)
        if len(added) < count or any(each.error or each.stop_reason == "interrupted" for each in added):
            raise typer.Exit(1)


def _resample(point: ForkPoint, count: int, parallel: int, as_json: bool, work: Work) -> list[SessionMeta]:
    """Return the entries of the new replicates, also of those that a limit has ended."""
    from capture.commands.run_progress import Display
    from capture.commands.runs_as_job import RunsAsJob, limit_of, say_if_stopped
    from capture.engines.interface import EngineError
    from capture.replay.replicates import resample_session as resample
    from capture.replay.source import ReplayError
    from capture.runs.meta import MetaError
    from capture.scripted.load import ScriptError
    from capture.shadow import ShadowGitError

    display = Display(as_json)
    limit = limit_of(work)
    runs = RunsAsJob(work, display.show)
    began: list[SessionMeta] = []

    def report(progress: Progress) -> None:
        if isinstance(progress, SessionStarted):
            began.append(progress.session)
        runs.report(progress)

    work.result(point.run.path)
    replicates = resample(point, count, parallel, report, limit=limit)
    try:
        added = asyncio.run(until_told(replicates, display.stopping))
    except ScriptError as error:
        raise UsageError(str(error)) from None
    except (EngineError, MetaError, ReplayError, ShadowGitError) as error:
        raise FailedError(str(error)) from None
    finally:
        display.close()
    say_if_stopped(work, limit)
    if added is None:
        raise typer.Exit(INTERRUPTED)
    return sorted(began, key=lambda each: each.replicate or 0)


def _order(point: ForkPoint, count: int, max_cost: float | None) -> Order:
    """Return the job of replicates, with what they will take: on average what those that are there took."""
    from capture.jobs import Order, Target

    known = [meta.total_cost_usd for _, meta in point.there if meta.total_cost_usd is not None]
    cost = 0.0 if point.config.script is not None else sum(known) / len(known) * count if known else None
    return Order(
        kind="resample-session",
        target=Target(str(point.run.path), point.index),
        label=f"session {point.index}, {counted(count, 'replicate')}",
        total=count,
        estimate_usd=cost,
        max_cost_usd=max_cost,
    )


def _said(point: ForkPoint, order: Order) -> str:
    """Say what it will take, before anything is spent."""
    if point.config.script is not None:
        price = "no cost, the model is scripted"
    else:
        price = cost_words(order.estimate_usd, None, order.max_cost_usd)
        price += ", going by what it took before" if order.estimate_usd is not None else ""
    new = counted(order.total or 1, "new replicate")
    return f"{new} of session {point.index} with {plain(point.config.model)}: {price}"


def _summary(point: ForkPoint, added: Sequence[SessionMeta], as_json: bool) -> None:
    folders = [point.run.session(each.session_index, each.replicate) for each in added]
    abouts = [orjson.loads(each.resampled.read_bytes()) for each in folders]
    if as_json:
        rows = [
            meta.as_dict() | {"path": str(folder.path), "resample": about}
            for meta, folder, about in zip(added, folders, abouts, strict=True)
        ]
        found = {"path": str(point.run.path), "session_index": point.index, "replicates": rows}
        typer.echo(orjson.dumps(found).decode())
        return
    paint = painter(sys.stdout)
    for meta, folder, about in zip(added, folders, abouts, strict=True):
        typer.echo(
            f"{paint(ending(meta) or 'completed', RED if meta.error else GREEN)}: "
            f"{counted(meta.step_count, 'step')}, {counted(meta.tool_call_count, 'tool call')}, "
            f"{counted(meta.file_writes, 'file write')}, {money(meta.total_cost_usd)}, "
            f"context {plain(about['context_check']['result'])}  {plain(folder.path)}"
        )
