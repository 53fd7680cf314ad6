"""`harness resample`: a request of a run, or of an event in a log, asked again as often as wanted."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from capture.commands import sampling_options as options
from capture.commands.errors import FailedError
from capture.commands.pointing import pointed_at, run_path, target_of
from capture.commands.sampling import AsJob, Wanted, sampled
from capture.commands.sampling_report import report
from capture.commands.words import counted
from capture.terminal import BOLD, DIM, painter, plain

if TYPE_CHECKING:
    from capture.cursor import Recorded
    from capture.runs.folder import SessionFolder


def resample(  # noqa: PLR0913, PLR0917 - an argument for each option
    run: options.Run,
    session: options.Session = 1,
    request: options.Request = None,
    count: options.Count = 1,
    list_requests: Annotated[
        bool, typer.Option("--list-requests", help="List the session's requests, and send none.")
    ] = False,
    replicate: options.Replicate = None,
    model: Annotated[str | None, typer.Option(help="In place of the recorded one.")] = None,
    temperature: Annotated[
        float | None, typer.Option(help="In place of the recorded one.", min=0, max=2)
    ] = None,
    provider: options.Provider = None,
    base_url: options.BaseUrl = None,
    script: options.ScriptFile = None,
    parallel: options.Parallel = 4,
    max_cost: options.MaxCost = None,
    yes: options.Yes = False,
    detach: options.Detach = False,
    runs_dir: options.RunsDir = Path("runs"),
    log_dir: options.LogDir = None,
    as_json: options.AsJson = False,
) -> None:
    """Ask one recorded request again, and see how the answers differ."""
    from capture.cursor import CursorError
    from capture.cursor.session import requests_of, session_of
    from capture.resample.overrides import request_at
    from capture.resample.samples import read_samples
    from capture.resample.summary import summarise
    from capture.runs.folder import RunFolder

    wanted = Wanted(count, parallel, max_cost, yes, as_json, provider, base_url, script)
    try:
        if list_requests:
            folder = session_of(RunFolder(run_path(run, runs_dir)), session, replicate)
            _list(folder, requests_of(folder), as_json)
            return
        cursor = pointed_at(run, session, request, replicate, (runs_dir, log_dir))
        asked = request_at(cursor, model=model, temperature=temperature)
        job = AsJob("resample", target_of(run, session, replicate, runs_dir, cursor), detach=detach)
        with sampled(cursor, asked, wanted, job) as (outcome, plan):
            ours = {each.number for each in outcome.samples}
            summary = summarise([each for each in read_samples(plan.folder) if each.number in ours])
            report(outcome, plan, summary, as_json)
    except CursorError as error:
        raise FailedError(str(error)) from None


def _list(folder: SessionFolder, exchanges: list[Recorded], as_json: bool) -> None:
    from capture.cursor.session import RESULTS
    from capture.resample.samples import count_samples

    rows = [
        {
            "request_index": each.number,
            "path": each.path,
            "model": each.model,
            "agent_context": each.agent_context,
            "message_count": each.message_count,
            "status": each.status,
            "stop_reason": each.stop_reason,
            "usage": None if each.usage is None else each.usage.as_dict(),
            "can_be_resampled": each.asks_a_model,
            "samples": count_samples(folder.path / RESULTS / f"request_{each.number:03d}"),
        }
        for each in exchanges
    ]
    if as_json:
        typer.echo(orjson.dumps({"session": folder.path.name, "requests": rows}).decode())
        return
    if not rows:
        raise FailedError(f"{folder.path}: it was recorded without requests; nothing can be resampled")
    paint = painter(sys.stdout)
    typer.echo(
        paint(f"{'':>4}  {'who':<12}  {'messages':>8}  {'in':>8}  {'out':>6}  model, stop, samples", BOLD)
    )
    for each, told in zip(exchanges, rows, strict=True):
        line = _row(each, told["samples"])
        typer.echo(line if each.asks_a_model else paint(f"{line}  (asks no model)", DIM))


def _row(each: Recorded, samples: object) -> str:
    tokens = (each.usage.input_tokens, each.usage.output_tokens) if each.usage else ("-", "-")
    said = [plain(each.model or "-"), plain(each.stop_reason or each.status or "-")]
    if isinstance(samples, int) and samples:
        said.append(counted(samples, "sample"))
    messages = "-" if each.message_count is None else each.message_count
    who = plain(each.agent_context or "-")
    return f"{each.number:>4}  {who:<12}  {messages:>8}  {tokens[0]:>8}  {tokens[1]:>6}  {', '.join(said)}"
