"""`harness list`: the runs there are."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from capture.commands.words import counted, money
from capture.terminal import GREEN, RED, YELLOW, painter, plain

if TYPE_CHECKING:
    from capture.runs.folder import RunFolder
    from capture.runs.meta import RunMeta

COLOURS = {"finished": GREEN, "failed": RED, "interrupted": YELLOW, "running": GREEN}


def list_command(
    runs_dir: Annotated[Path, typer.Option(help="Where run folders are.")] = Path("runs"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one array of JSON.")] = False,
) -> None:
    """List the runs, newest first."""
    from capture.runs.listing import list_runs

    listing = list_runs(runs_dir)
    if as_json:
        rows = [meta.as_dict() | {"path": str(folder.path)} for folder, meta in listing.runs]
        typer.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
    elif listing.runs:
        _print(listing.runs)
    else:
        typer.echo(f"no runs in {plain(runs_dir)} yet; try  harness run examples/demo.yaml")
    for problem in listing.unreadable:
        typer.echo(f"harness: {plain(problem)}", err=True)


def _print(runs: list[tuple[RunFolder, RunMeta]]) -> None:
    rows = [
        (
            plain(folder.path.name),
            plain(meta.status),
            plain(meta.engine or "claude_code"),
            plain(meta.model or "?"),
            plain(meta.session_mode or "?"),
            counted(len(meta.sessions), "session"),
            counted(meta.total_steps, "step"),
            money(meta.total_cost_usd),
            (meta.started_at or "")[:16].replace("T", " "),
            "⚑ flagged" if meta.judge_flagged_sessions else "",
        )
        for folder, meta in runs
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    paint = painter(sys.stdout)
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        cells[1] = paint(cells[1], COLOURS.get(row[1], RED))
        typer.echo("  ".join(cells).rstrip())
