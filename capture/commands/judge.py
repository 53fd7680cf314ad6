"""`harness judge`: what an agent did, read by other models against a rubric, once it is done."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from capture.commands import sampling_options as options
from capture.commands.as_job import as_job
from capture.commands.consent import check_limit, consent, cost_words
from capture.commands.errors import FailedError, UsageError
from capture.commands.judge_report import Display, report
from capture.commands.pointing import run_path
from capture.commands.sampling import stand_in
from capture.commands.until_told import until_told
from capture.commands.words import counted, money
from capture.terminal import plain

if TYPE_CHECKING:
    from capture.config import JudgeConfig
    from capture.jobs import Order, Target, Work
    from capture.judge.material import Material
    from capture.judge.panel import Case, Outcome, Panel
    from capture.judge.verdict import Verdict


def judge(  # noqa: PLR0913, PLR0917 - an argument for each option
    run: Annotated[
        Path,
        typer.Argument(
            metavar="RUN",
            help="A run, or a session of a log as agent:session_id, or as agent:event_id up to that event.",
            show_default=False,
        ),
    ],
    rubric: Annotated[
        Path, typer.Option(help="The rubric: text, or YAML with the fields of a judge.", show_default=False)
    ],
    session: Annotated[int | None, typer.Option(help="Which session; all if not given.", min=1)] = None,
    replicate: Annotated[int | None, typer.Option(help="Which replicate; all if not given.", min=1)] = None,
    from_turn: Annotated[int, typer.Option(help="The first turn that is judged.", min=1)] = 1,
    to_turn: Annotated[
        int | None, typer.Option(help="The last turn that is judged; the last there is if not given.", min=1)
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(help="Who judges, as model or provider:model; more than one may be given."),
    ] = None,
    count: Annotated[int, typer.Option(help="How many verdicts of each judge.", min=1)] = 1,
    base_url: options.BaseUrl = None,
    script: options.ScriptFile = None,
    parallel: Annotated[int, typer.Option(help="Verdicts under way at once.", min=1, max=64)] = 4,
    max_cost: Annotated[
        float | None, typer.Option(help="USD; no verdict is asked for that would go beyond it.", min=0)
    ] = None,
    yes: options.Yes = False,
    detach: options.Detach = False,
    runs_dir: options.RunsDir = Path("runs"),
    log_dir: options.LogDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Have finished sessions judged against a rubric, by one model or several, once or more often."""
    from capture.judge.rubric import RubricError, read_judges

    given: dict[str, Any] = {} if base_url is None else {"base_url": base_url}
    try:
        judges = read_judges(rubric, model or [], given)
    except RubricError as error:
        raise UsageError(str(error)) from None
    material, target = material_of(run, session, replicate, (runs_dir, log_dir))
    with stand_in(script) as scripted:
        panel = panel_of(material, judges, (from_turn, to_turn), scripted)
        panel = with_limits(panel, count, parallel, max_cost)
        order = order_of(panel, target, free=scripted is not None)
        if scripted is None:
            consent(said_of(panel, order), yes)
        with as_job(order, detach, as_json=as_json) as work:
            panel = panel.named(work.job.id or secrets.token_hex(4))
            _keep_rebuilt(material)
            work.result(panel.cases[0].file.parent if len(material) == 1 else Path(target.run or "."))
            report(_run(panel, work, as_json), panel, as_json)


def material_of(
    run: Path, session: int | None, replicate: int | None, places: tuple[Path, Path | None]
) -> tuple[list[Material], Target]:
    """Return what is judged, and how its job names it.

    Raises:
        FailedError, UsageError: there is no such run or session, or it cannot be judged.
    """
    from capture.atif import TrajectoryError
    from capture.cursor import CursorError
    from capture.cursor.log_session import log_session
    from capture.jobs import Target
    from capture.judge.material import MaterialError, of_log, of_run
    from capture.runs.folder import RunFolder
    from tessen.paths import default_log_dir

    runs_dir, log_dir = places
    try:
        if ":" in str(run) and not run.is_dir() and not (runs_dir / run).is_dir():
            found = log_session(log_dir or default_log_dir(), str(run))
            return [of_log(found)], Target(event=f"{found.agent}:{found.until or found.session_id}")
        folder = RunFolder(run_path(run, runs_dir))
        target = Target(run=str(folder.path.absolute()), session=session, replicate=replicate)
        return of_run(folder, session, replicate), target
    except MaterialError as error:
        raise UsageError(str(error)) from None
    except (CursorError, TrajectoryError) as error:
        raise FailedError(str(error)) from None


def panel_of(
    material: Sequence[Material],
    judges: Sequence[JudgeConfig],
    turns: tuple[int, int | None],
    scripted: str | None,
) -> Panel:
    """Return who judges what.

    Raises:
        FailedError: there is no key for one of them.
        UsageError: there are no such turns.
    """
    from capture.engines.interface import EngineError
    from capture.judge import backend
    from capture.judge.panel import Panel

    cases = [_case(each, judges[0], turns) for each in material]
    try:
        return Panel(cases, [(each, backend(each, os.environ, scripted)) for each in judges])
    except EngineError as error:
        raise FailedError(str(error)) from None


def _case(material: Material, config: JudgeConfig, turns: tuple[int, int | None]) -> Case:
    from capture.judge import render
    from capture.judge.kept import JudgeRun
    from capture.judge.panel import Case
    from capture.judge.rubric import rubric_sha256
    from capture.judge.scope import steps_of_turns

    there = len(material.ends)
    first, last = turns[0], turns[1] or there
    if not 1 <= first <= last <= there:
        asked = f"--from-turn {first}" + ("" if turns[1] is None else f" --to-turn {last}")
        known = f"turns 1 to {there}" if there else "no turns"
        raise UsageError(f"{asked}: {material.name} has {known}")
    steps = steps_of_turns(material.steps, material.ends, first, last)
    judge_run = JudgeRun("", rubric_sha256(config.rubric), first, last, config.include_reasoning)
    return Case(material.name, material.file, render(steps, config.include_reasoning), judge_run)


def with_limits(panel: Panel, count: int, parallel: int, max_cost: float | None) -> Panel:
    """Return a panel that asks so often and for so much.

    Raises:
        FailedError: the limit cannot be kept.
    """
    from dataclasses import replace

    for config, where in panel.judges:
        check_limit(max_cost, config.model, where.vendor)
    return replace(panel, count=count, parallel=parallel, max_cost=max_cost)


def order_of(panel: Panel, target: Target, *, free: bool) -> Order:
    """Return the job of a panel; one that is `free` asks a scripted model."""
    from capture.jobs import Order
    from capture.judge.panel import estimates

    costs = estimates(panel)
    return Order(
        kind="judge",
        target=target,
        label=f"{_cases(panel)}, {counted(panel.total, 'verdict')}",
        total=panel.total,
        estimate_usd=0.0 if free else _sum([each.about for each in costs]),
        estimate_most_usd=0.0 if free else _sum([each.at_most for each in costs]),
        max_cost_usd=panel.max_cost,
    )


def _sum(costs: Sequence[float | None]) -> float | None:
    known = [each for each in costs if each is not None]
    return sum(known) if len(known) == len(costs) else None


def _cases(panel: Panel) -> str:
    return panel.cases[0].name if len(panel.cases) == 1 else counted(len(panel.cases), "session")


def said_of(panel: Panel, order: Order) -> str:
    """Say what will be sent to whom and what it may cost."""
    models = ", ".join(dict.fromkeys(plain(config.model) for config, _ in panel.judges))
    cost = cost_words(order.estimate_usd, order.estimate_most_usd, panel.max_cost)
    return f"{counted(panel.total, 'verdict')} on {plain(_cases(panel))} from {models}: {cost}"


def _keep_rebuilt(material: Sequence[Material]) -> None:
    """Keep what is judged of a log beside the verdicts, which refer to its turns."""
    from capture.judge.material import TRAJECTORY
    from capture.runs.files import make_folder, write_json

    for each in material:
        if each.rebuilt is not None:
            write_json(make_folder(each.file.parent) / TRAJECTORY, each.rebuilt.as_dict())


def _run(panel: Panel, work: Work, as_json: bool) -> Outcome:
    from capture.judge.panel import PanelRun

    display = Display(panel.total, as_json)

    def tell(case: Case, verdict: Verdict) -> None:
        outcome = run.outcome
        failed = sum(each.error is not None for _, each in outcome.verdicts)
        cost = None if outcome.unpriced else outcome.cost_usd
        work.progress(len(outcome.verdicts), cost, failed, display.show(case, verdict))

    run = PanelRun(panel, tell)
    work.progress(0, 0.0)
    outcome = run.outcome
    if asyncio.run(until_told(run.run(), lambda: None)) is None:
        kept = f"{counted(len(outcome.verdicts), 'verdict')} kept"
        typer.echo(f"harness: interrupted: {kept}, {outcome.lost} under way lost", err=True)
        raise KeyboardInterrupt
    failed = sum(each.error is not None for _, each in outcome.verdicts)
    if outcome.stopped:
        done = f"{len(outcome.verdicts)} of {panel.total}"
        work.trouble = f"stopped at --max-cost {money(panel.max_cost)} after {done}"
    elif failed:
        work.trouble = f"{failed} of {counted(panel.total, 'verdict')} failed"
    return outcome
