"""`harness replay`: a session goes on from one of its turns, in a copy of the files as they were then."""

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
from capture.commands.replay_offline import OfflineOptions, offline_of, report_offline
from capture.commands.until_told import until_told
from capture.commands.words import counted, money
from capture.terminal import BOLD, GREEN, RED, painter, plain

if TYPE_CHECKING:
    from capture.jobs import Order, Work
    from capture.replay.replay import Wanted
    from capture.replay.source import Source
    from capture.replay.turns import Turn
    from capture.runs.experiment import Finished

INTERRUPTED = 130
TEXT_AT_MOST = 60


def replay(  # noqa: PLR0913, PLR0917 - an argument for each option
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="A run folder, or a run's name.", show_default=False)
    ],
    session: Annotated[int, typer.Option(help="Which session.", min=1)] = 1,
    turn: Annotated[int | None, typer.Option(help="Which turn to go on from.", min=1)] = None,
    count: Annotated[int, typer.Option(help="How many replays, at once.", min=1)] = 1,
    list_turns: Annotated[bool, typer.Option("--list-turns", help="Show the session's turns.")] = False,
    replicate: Annotated[int | None, typer.Option(help="Which replicate of the session.", min=1)] = None,
    prompt: Annotated[
        str | None, typer.Option(help="Said to the model with the results of the tools before the turn.")
    ] = None,
    continue_sessions: Annotated[
        bool, typer.Option("--continue-sessions", help="Go on with the later sessions that depend on it.")
    ] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Take every answer from the record; find what has changed.")
    ] = False,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="With --offline: do not stop at the first divergence.")
    ] = False,
    ignore: Annotated[
        list[str] | None,
        typer.Option(help="With --offline: a regular expression for what texts may differ in; repeatable."),
    ] = None,
    ignore_path: Annotated[
        list[str] | None,
        typer.Option(help="With --offline: one for places of requests, such as '^tools'; repeatable."),
    ] = None,
    until_turn: Annotated[
        int | None,
        typer.Option(help="Take answers from the record up to this turn, then ask --model.", min=1),
    ] = None,
    model: Annotated[str | None, typer.Option(help="In place of the recorded one.")] = None,
    provider: options.Provider = None,
    base_url: options.BaseUrl = None,
    script: options.ScriptFile = None,
    max_cost: options.MaxCostOfRuns = None,
    yes: options.Yes = False,
    detach: options.Detach = False,
    runs_dir: Annotated[
        Path | None, typer.Option(help="Where runs are; the new ones go beside the old one if not given.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Replay a session from one of its turns: what came before is as it was, what comes after is live."""
    from capture.replay.another_model import with_model
    from capture.replay.offline import check_offline
    from capture.replay.replay import Wanted
    from capture.replay.source import ReplayError
    from capture.replay.turns import turn_numbered
    from capture.runs.meta import MetaError

    path = run if run.is_dir() else (runs_dir or Path("runs")) / run
    if not path.is_dir():
        raise UsageError(f"{run}: no such run; `harness list` shows those there are")
    try:
        source, turns = _turns(path, session, replicate)
        if list_turns:
            _list(turns, as_json)
            return
        asked = OfflineOptions(
            offline=offline,
            keep_going=keep_going,
            ignore=ignore or (),
            ignore_path=ignore_path or (),
            until_turn=until_turn,
            model=model,
            count=count,
            prompt=prompt,
            continue_sessions=continue_sessions,
            elsewhere=any((provider, base_url, script)),
        )
        recorded = offline_of(asked, turns)
        if recorded is not None:
            turn, model = turn or 1, None
        if turn is None:
            raise UsageError("say which turn with --turn N; --list-turns shows those there are")
        source = with_model(
            source,
            model=model,
            provider=provider,
            base_url=base_url,
            script=None if script is None else str(script.resolve()),
        )
        begin = turn_numbered(turns, turn)
        wanted = Wanted(source, turns, begin, count, prompt or "", continue_sessions, recorded)
        if recorded is not None:
            check_offline(source, wanted.turn, recorded)
    except (ReplayError, MetaError) as error:
        raise UsageError(str(error)) from None
    order = order_of(wanted, max_cost)
    if wanted.asks_a_model:
        check_limit(max_cost, wanted.asked_model, None)
        consent(said_of(wanted, order), yes or wanted.source.config.script is not None)
    with as_job(order, detach, as_json=as_json) as work:
        finished = _replay(wanted, runs_dir or path.absolute().parent, as_json, work)
        if wanted.offline is not None:
            raise typer.Exit(report_offline(finished, as_json))
        _summary(finished, as_json)
        if len(finished) < count or any(each.meta.status != "finished" for each in finished):
            raise typer.Exit(1)


def wanted_of(
    path: Path, at: tuple[int, int | None, int], count: int, prompt: str, continue_sessions: bool
) -> Wanted:
    """Return what is to be replayed.

    Args:
        path: The run folder.
        at: Session, replicate and turn.
        count: How often.
        prompt: Said to the model besides.
        continue_sessions: Whether the later sessions that depend on it follow.

    Raises:
        ReplayError, MetaError: it cannot be.
    """
    from capture.replay.replay import Wanted
    from capture.replay.turns import turn_numbered

    session, replicate, turn = at
    source, turns = _turns(path, session, replicate)
    return Wanted(source, turns, turn_numbered(turns, turn), count, prompt, continue_sessions)


def _turns(path: Path, session: int, replicate: int | None) -> tuple[Source, Sequence[Turn]]:
    from capture.replay.source import find_source
    from capture.replay.turns import turns_of
    from capture.runs.folder import RunFolder

    source = find_source(RunFolder(path), session, replicate)
    return source, turns_of(source)


def _replay(wanted: Wanted, runs_dir: Path, as_json: bool, work: Work) -> list[Finished]:
    from capture.commands.run_progress import Display
    from capture.commands.runs_as_job import RunsAsJob, limit_of, say_if_stopped
    from capture.engines.interface import EngineError
    from capture.replay.replay import replay as replay_turn
    from capture.replay.source import ReplayError
    from capture.scripted.load import ScriptError
    from capture.shadow import ShadowGitError

    display = Display(as_json)
    limit = limit_of(work) if wanted.asks_a_model else None
    runs = RunsAsJob(work, display.show)
    replays = replay_turn(wanted, runs_dir, runs.report, limit=limit)
    try:
        finished = asyncio.run(until_told(replays, display.stopping))
    except ScriptError as error:
        raise UsageError(str(error)) from None
    except (EngineError, ReplayError, ShadowGitError) as error:
        raise FailedError(str(error)) from None
    finally:
        display.close()
    say_if_stopped(work, limit)
    if finished is None:
        raise typer.Exit(INTERRUPTED)
    return finished


def order_of(wanted: Wanted, max_cost: float | None) -> Order:
    """Return the job of replays, with what they will take, going by what the original took from there on."""
    from capture.jobs import Order, Target
    from capture.replay.another_model import estimate

    source, turn, count = wanted.source, wanted.turn, wanted.count
    following = _following(wanted)
    free = source.config.script is not None or not wanted.asks_a_model
    costs = [0.0 if free else estimate(source, wanted.live_from, wanted.asked_model)]
    costs += [each.total_cost_usd for each in source.meta.sessions if each.session_index in following]
    known = [each for each in costs if each is not None]
    cost = 0.0 if free else sum(known) * count if known else None
    run, session = str(source.run.path.absolute()), source.session
    return Order(
        kind="replay",
        target=Target(run, session.index, session.replicate, turn=turn.number),
        label=f"turn {turn.number} of session {source.session_meta.name}, {counted(count, 'replay')}",
        total=count * (1 + sum(source.config.session(number).count for number in following)),
        estimate_usd=cost,
        max_cost_usd=max_cost,
    )


def _following(wanted: Wanted) -> list[int]:
    """Return the sessions that will come after the replayed one."""
    from capture.replay.later_sessions import later_sessions

    return later_sessions(wanted.source.config, wanted.source.session.index)[0] if wanted.go_on else []


def said_of(wanted: Wanted, order: Order) -> str:
    """Say what it will take, before anything is spent."""
    source, following = wanted.source, _following(wanted)
    on = f", then session{'s' * (len(following) > 1)} {', '.join(map(str, following))}," if following else ""
    times = "once" if wanted.count == 1 else f"{wanted.count} times"
    after = "" if wanted.live_from == wanted.turn else f" from turn {wanted.live_from.number} on"
    if source.config.script is not None:
        price = "no cost, the model is scripted"
    else:
        price = cost_words(order.estimate_usd, None, order.max_cost_usd)
        price += ", going by what the original took from there on" if order.estimate_usd is not None else ""
    return (
        f"replaying turn {wanted.turn.number} of session {source.session_meta.name} {times}{on} "
        f"with {plain(wanted.asked_model)}{after}: {price}"
    )


def _list(turns: Sequence[Turn], as_json: bool) -> None:
    if as_json:
        rows = [turn.as_dict() for turn in turns]
        typer.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        return
    paint = painter(sys.stdout)
    table = [("turn", "request", "tools", "files", "text")]
    table += [
        (
            str(turn.number),
            "-" if turn.request is None else str(turn.request),
            plain(", ".join(turn.tools)) or "-",
            plain(", ".join(turn.files)) or "-",
            plain(turn.text)[:TEXT_AT_MOST],
        )
        for turn in turns
    ]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for number, row in enumerate(table):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        typer.echo(paint(line, BOLD) if number == 0 else line)


def _summary(finished: Sequence[Finished], as_json: bool) -> None:
    if as_json:
        rows = [
            each.meta.as_dict()
            | {"path": str(each.folder.path), "replay": orjson.loads(_about(each).read_bytes())}
            for each in finished
        ]
        typer.echo(orjson.dumps(rows).decode())
        return
    paint = painter(sys.stdout)
    for each in finished:
        meta = each.meta
        about = orjson.loads(_about(each).read_bytes())
        typer.echo(
            f"{paint(meta.status, GREEN if meta.status == 'finished' else RED)}: "
            f"{counted(meta.total_steps, 'step')}, {counted(meta.total_tool_calls, 'tool call')}, "
            f"{counted(meta.total_file_writes, 'file write')}, {money(meta.total_cost_usd)}, "
            f"context {plain(about['context_check']['result'])}  {plain(each.folder.path)}"
        )


def _about(each: Finished) -> Path:
    return each.folder.path / "replay_meta.json"
