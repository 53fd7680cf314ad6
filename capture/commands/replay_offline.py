"""`harness replay --offline` and `--until-turn`: what was asked for, and what is said of it.

What belongs here is the options' meaning and the report; exit code 1 is for a replay that diverged.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import typer

from capture.commands.errors import UsageError
from capture.commands.words import counted, money
from capture.terminal import BOLD, DIM, GREEN, RED, Painter, painter, plain
from tessen.sanitise import one_line

if TYPE_CHECKING:
    from capture.replay.offline import Offline
    from capture.replay.turns import Turn
    from capture.runs.experiment import Finished

Json = dict[str, Any]

ARGUMENTS_AT_MOST = 200


@dataclass(frozen=True, slots=True)
class OfflineOptions:
    """What was asked for on the command line."""

    offline: bool
    keep_going: bool
    ignore: Sequence[str]
    ignore_path: Sequence[str]
    until_turn: int | None
    model: str | None
    count: int
    prompt: str | None
    continue_sessions: bool
    elsewhere: bool
    """Whether another way to a model was named."""


def offline_of(asked: OfflineOptions, turns: Sequence[Turn]) -> Offline | None:
    """Return how a replay is to be answered from the record; None where it is not.

    Raises:
        UsageError: the options do not go together, or an expression is none.
        ReplayError: there is no such turn.
    """
    from capture.replay.offline import Offline
    from capture.replay.turns import turn_numbered

    if not asked.offline and asked.until_turn is None:
        if asked.keep_going or asked.ignore or asked.ignore_path:
            raise UsageError("--keep-going, --ignore and --ignore-path go with --offline or --until-turn")
        return None
    if asked.until_turn is not None and asked.model is None:
        raise UsageError("say with --model which model takes over at --until-turn")
    if asked.until_turn is None and (asked.model is not None or asked.elsewhere):
        raise UsageError("--offline asks no model; say with --until-turn where --model takes over")
    if asked.until_turn is None and asked.count > 1:
        raise UsageError("--offline comes out the same each time; --count is for what asks a model")
    if asked.continue_sessions:
        raise UsageError("--continue-sessions goes with --turn alone: later sessions are not on this record")
    if asked.prompt:
        raise UsageError("--prompt would be an answer to what is not on record; it goes with --turn alone")
    ignore, paths = _compiled("--ignore", asked.ignore), _compiled("--ignore-path", asked.ignore_path)
    until = None if asked.until_turn is None else turn_numbered(turns, asked.until_turn)
    return Offline(asked.keep_going, ignore, paths, until, asked.model)


def _compiled(option: str, expressions: Sequence[str]) -> list[re.Pattern[str]]:
    try:
        return [re.compile(each) for each in expressions]
    except re.error as error:
        raise UsageError(f"{option}: {error.pattern!r} is not a regular expression: {error}") from None


def report_offline(finished: Sequence[Finished], as_json: bool) -> int:
    """Print what offline replays came to; returns the exit code."""
    reports = [_report(each) for each in finished]
    if as_json:
        typer.echo(orjson.dumps(reports, option=orjson.OPT_INDENT_2).decode())
    else:
        for each in reports:
            _print(each, painter(sys.stdout))
    done = (each["result"] == "equal" and each["status"] != "interrupted" for each in reports)
    return 0 if all(done) else 1


def _report(each: Finished) -> Json:
    from capture.replay.replay import read_about

    about, meta = read_about(each.folder), each.meta
    none: Json = {"result": "failed", "answered": 0, "divergences": [], "left_out": []}
    found: Json = about.get("offline") or none
    of_the_session = sum(own.error is not None for own in meta.sessions)
    if found["result"] == "equal" and len(meta.errors) > of_the_session:
        found = found | {"result": "failed"}
    return {
        "path": str(each.folder.path),
        "session": about["source_session_index"],
        "replicate": about["source_replicate"],
        "from_turn": about["replay_turn_index"],
        "status": meta.status,
        "errors": meta.errors,
        "cost_usd": meta.total_cost_usd,
        **found,
    }


def _print(report: Json, paint: Painter) -> None:
    result = report["result"]
    said = [f"session {report['session']}", f"{counted(report['answered'], 'answer')} from the record"]
    if report.get("handover"):
        handover = report["handover"]
        then = "took over" if report["handed_over"] else "never took over"
        said.append(f"{plain(handover['model'])} {then} at turn {handover['turn']}")
        said.append(money(report["cost_usd"]))
    if result == "diverged" and report["divergences"][0]["turn"] is not None:
        said.insert(1, f"at turn {report['divergences'][0]['turn']}")
    colour = GREEN if result == "equal" else RED
    typer.echo(f"{paint(result, colour)}: {', '.join(said)}  {plain(report['path'])}")
    for each in report["divergences"]:
        _print_divergence(each, paint)
    for error in report["errors"]:
        typer.echo(paint(f"  {plain(error)}", RED))


def _print_divergence(told: Json, paint: Painter) -> None:
    who = "the main agent" if told["agent"] == "main" else plain(told["agent"])
    typer.echo(paint(f"turn {told['turn']}: {_what(told, who)}", BOLD))
    if "path" not in told:
        return
    tool = told["tool"]
    if tool is not None:
        step = "" if tool["step"] is None else f", called at turn {tool['turn']} (step {tool['step']})"
        typer.echo(f"  it is what {plain(tool['name'] or tool['call_id'])} returned{step}")
        given = tool["arguments"]
        if given is not None:
            text = given if isinstance(given, str) else orjson.dumps(given).decode()
            typer.echo(paint(f"  {one_line(text, ARGUMENTS_AT_MOST)}", DIM))
    typer.echo(f"  at {one_line(told['path'] or 'the body')}")
    for line in told["diff"]:
        colour = {"-": RED, "+": GREEN}.get(line[:1], DIM)
        typer.echo(paint(f"    {one_line(line)}".rstrip(), colour))
    if told["differences"] > 1:
        others = ", ".join(one_line(each) for each in told["paths"][1:])
        typer.echo(f"  and at {counted(told['differences'] - 1, 'more place')}: {others}")


def _what(told: Json, who: str) -> str:
    if told["kind"] == "not_on_record":
        return f"{who} asked once more than then (request {told['replayed_as']})"
    if told["kind"] == "not_asked":
        return f"{who} did not ask what it asked then (request {told['request']})"
    return f"{who} asked something else (request {told['replayed_as']}, recorded as {told['request']})"
