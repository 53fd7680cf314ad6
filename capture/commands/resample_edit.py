"""`harness resample-edit`: a request of a run or of a log's event, edited, and asked as often as wanted."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from capture.commands import sampling_options as options
from capture.commands.errors import FailedError, UsageError
from capture.commands.pointing import pointed_at, target_of
from capture.commands.sampling import AsJob, Wanted, sampled
from capture.commands.sampling_report import report
from capture.terminal import is_terminal

if TYPE_CHECKING:
    from capture.cursor import Cursor


def resample_edit(  # noqa: PLR0913, PLR0917 - an argument for each option
    run: options.Run,
    request: options.Request = None,
    session: options.Session = 1,
    dump: Annotated[bool, typer.Option("--dump", help="Print the request, for editing.")] = False,
    edited: Annotated[
        str | None, typer.Option("--input", metavar="FILE", help="The edited request; - for standard input.")
    ] = None,
    label: Annotated[str, typer.Option(help="What to call the variant.")] = "",
    count: options.Count = 1,
    replicate: options.Replicate = None,
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
    """Ask an edited request, and see how the answers differ from those to the request as recorded."""
    from capture.cursor import CursorError

    if dump == (edited is not None):
        raise UsageError("say either --dump, to get the request, or --input FILE, to ask what you made of it")
    wanted = Wanted(count, parallel, max_cost, yes, as_json, provider, base_url, script)
    try:
        cursor = pointed_at(run, session, request, replicate, (runs_dir, log_dir))
        if edited is None:
            _dump(cursor)
        else:
            data = _read(edited)
            target = target_of(run, session, replicate, runs_dir, cursor)
            stdin = data if edited == "-" else b""
            _ask(cursor, _parsed(data, edited), wanted, AsJob("resample-edit", target, label, detach, stdin))
    except CursorError as error:
        raise FailedError(str(error)) from None


def _dump(cursor: Cursor) -> None:
    """Print the request, indented. A terminal gets nothing that it might act upon."""
    from capture.resample.overrides import request_at

    parsed = request_at(cursor).parsed
    text = json.dumps(parsed, indent=2, ensure_ascii=is_terminal(sys.stdout))
    try:
        data = text.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        data = json.dumps(parsed, indent=2).encode()
    sys.stdout.buffer.write(data + b"\n")
    sys.stdout.flush()


def _read(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise UsageError(f"--input {name}: {error.strerror}") from None


def _parsed(data: bytes, name: str) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--input {name}: not JSON: {error}") from None
    if not isinstance(found, dict):
        raise UsageError(f"--input {name}: not an object")
    return found


def _ask(cursor: Cursor, edited: dict[str, Any], wanted: Wanted, job: AsJob) -> None:
    from dataclasses import replace

    from capture.resample.overrides import request_at
    from capture.resample.samples import read_samples
    from capture.resample.summary import summarise
    from capture.resample.variants import VariantError, edited_body, edits_between, save_variant

    original = request_at(cursor).parsed
    try:
        body = edited_body(cursor.body, edited)
    except VariantError as error:
        raise FailedError(str(error)) from None
    edits = edits_between(original, edited)
    asked = request_at(replace(cursor, body=body))
    number = cursor.at.number

    def make_folder() -> Path:
        return save_variant(cursor.results, number, job.label, edits, body)

    with sampled(cursor, asked, wanted, job, make_folder) as (outcome, plan):
        vanilla = summarise(read_samples(cursor.results))
        report(outcome, plan, summarise(read_samples(plan.folder)), wanted.as_json, vanilla)
