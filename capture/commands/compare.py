"""`harness compare`: models go on from the same turn of a session, and a command judges what each leaves."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer

from capture.commands import sampling_options as options
from capture.commands.as_job import as_job
from capture.commands.compare_table import table
from capture.commands.consent import check_limit, consent
from capture.commands.errors import FailedError, UsageError
from capture.commands.pointing import run_path
from capture.commands.until_told import until_told
from capture.commands.words import counted, money
from capture.terminal import Painter, painter, plain

if TYPE_CHECKING:
    from capture.jobs import Order, Work
    from capture.replay.compare import Compared
    from capture.replay.compare_rows import Candidate, Comparison

Json = dict[str, Any]

INTERRUPTED = 130


def compare(  # noqa: PLR0913, PLR0917 - an argument for each option
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="A run folder, or a run's name.", show_default=False)
    ],
    from_turn: Annotated[int, typer.Option(help="The turn that each model goes on from.", min=1)],
    models: Annotated[str, typer.Option(help="Models, with commas between them.")],
    verify: Annotated[
        str, typer.Option(help="A shell command, run in the work tree at the end; exit code 0 is a pass.")
    ],
    count: Annotated[int, typer.Option(help="How many replays of each model.", min=1)] = 1,
    session: options.Session = 1,
    replicate: options.Replicate = None,
    provider: options.Provider = None,
    base_url: options.BaseUrl = None,
    script: options.ScriptFile = None,
    verify_timeout: Annotated[float, typer.Option(help="Seconds that the command may take.", min=0)] = 600,
    max_cost: Annotated[
        float | None, typer.Option(help="USD; no replay is begun that would go beyond it.", min=0)
    ] = None,
    yes: options.Yes = False,
    detach: options.Detach = False,
    runs_dir: Annotated[
        Path | None, typer.Option(help="Where runs are; results go beside the old one if not given.")
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Replay a session from one turn with several models, and judge what each leaves with a command."""
    from capture.replay.another_model import estimate, with_model
    from capture.replay.compare_rows import Candidate, Comparison
    from capture.replay.source import ReplayError, find_source
    from capture.replay.turns import turn_numbered, turns_of
    from capture.replay.verify import Verify
    from capture.runs.folder import RunFolder
    from capture.runs.meta import MetaError

    names = list(dict.fromkeys(filter(None, (each.strip() for each in models.split(",")))))
    if not names:
        raise UsageError("--models: name at least one model")
    path = run_path(run, runs_dir or Path("runs"))
    way = {
        "provider": provider,
        "base_url": base_url,
        "script": None if script is None else str(script.resolve()),
    }
    try:
        recorded = find_source(RunFolder(path), session, replicate)
        turns = turns_of(recorded)
        turn = turn_numbered(turns, from_turn)
        sources = [with_model(recorded, model=name, **way) for name in names]
    except (ReplayError, MetaError) as error:
        raise UsageError(str(error)) from None
    scripted = sources[0].config.script is not None
    for each in sources if not scripted else ():
        check_limit(max_cost, each.config.model, None)
    candidates = [
        Candidate(each, None if scripted else estimate(each, turn, each.config.model)) for each in sources
    ]
    tool = Verify(verify, verify_timeout, dict(os.environ))
    limit = None if scripted else max_cost
    comparison = Comparison(recorded, turns, turn, candidates, tool, count, limit)
    order = _order(comparison, scripted)
    consent(_said(comparison, scripted), yes or scripted)
    with as_job(order, detach, as_json=as_json) as work:
        compared = _compare(comparison, runs_dir or path.absolute().parent, as_json, work)
        _report(compared, as_json)
        if compared.status == "interrupted":
            raise typer.Exit(INTERRUPTED)
        if compared.status != "finished" or any(_failed(row) for row in compared.rows):
            raise typer.Exit(1)


def _order(comparison: Comparison, scripted: bool) -> Order:
    """Return the job of a comparison, with what it will take, going by the original."""
    from capture.jobs import Order, Target

    source, models, count = comparison.recorded, comparison.candidates, comparison.count
    costs = [each.estimate for each in models if each.estimate is not None]
    known = sum(costs) * count if len(costs) == len(models) else None
    run, session = str(source.run.path.absolute()), source.session
    return Order(
        kind="compare",
        target=Target(run, session.index, session.replicate, turn=comparison.turn.number),
        label=f"turn {comparison.turn.number} of session {source.session_meta.name}, "
        f"{counted(len(models), 'model')}",
        total=len(models) * count,
        estimate_usd=0.0 if scripted else known,
        max_cost_usd=comparison.max_cost,
    )


def _said(comparison: Comparison, scripted: bool) -> str:
    """Say what it will take, before anything is spent."""
    parts = [_cost_of(each, comparison.count) for each in comparison.candidates]
    cost = "no cost, the model is scripted" if scripted else ", ".join(parts)
    limit = f", stopping at {money(comparison.max_cost)}" if comparison.max_cost is not None else ""
    times = counted(comparison.count, "replay")
    return f"{times} of turn {comparison.turn.number} with each model, going by the original: {cost}{limit}"


def _cost_of(candidate: Candidate, count: int) -> str:
    if candidate.estimate is None:
        return f"{plain(candidate.model)} cost unknown"
    return f"{plain(candidate.model)} about {money(candidate.estimate * count)}"


def _compare(comparison: Comparison, runs_dir: Path, as_json: bool, work: Work) -> Compared:
    from capture.commands.run_progress import Display
    from capture.commands.runs_as_job import RunsAsJob
    from capture.engines.interface import EngineError
    from capture.replay.compare import begin
    from capture.replay.compare import compare as compare_models
    from capture.replay.source import ReplayError
    from capture.scripted.load import ScriptError
    from capture.shadow import ShadowGitError

    display = Display(as_json)
    compared = begin(comparison, runs_dir)
    runs = RunsAsJob(work, display.show)
    comparing = compare_models(comparison, compared, runs.report, dict(os.environ))
    try:
        asyncio.run(until_told(comparing, display.stopping))
    except ScriptError as error:
        raise UsageError(str(error)) from None
    except (EngineError, ReplayError, ShadowGitError) as error:
        raise FailedError(str(error)) from None
    finally:
        display.close()
        work.result(compared.path)
    return compared


def _failed(row: Json) -> bool:
    return row["left_out"] is not None or any(each["error"] is not None for each in row["replays"])


def _report(compared: Compared, as_json: bool) -> None:
    from capture.runs.files import write_file

    text = "".join(f"{line}\n" for line in table(compared.rows, Painter(False)))
    write_file(compared.path / "table.txt", text.encode())
    if as_json:
        typer.echo(orjson.dumps(compared.as_dict(), option=orjson.OPT_INDENT_2).decode())
        return
    for line in table(compared.rows, painter(sys.stdout)):
        typer.echo(line)
    typer.echo(f"kept in {plain(compared.path)}")
