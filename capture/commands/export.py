"""`harness export`: a run's requests as plain files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
import typer

from capture.commands.errors import FailedError
from capture.commands.pointing import run_path
from capture.commands.words import counted
from capture.terminal import plain


def export(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="A run folder, or a run's name.", show_default=False)
    ],
    into: Annotated[
        Path | None, typer.Option(help="Write them to this folder, and leave the run as it is.")
    ] = None,
    runs_dir: Annotated[Path, typer.Option(help="Where a run named without a path is.")] = Path("runs"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one array of JSON.")] = False,
) -> None:
    """Turn every request of a run's raw_dumps into a plain file, for programs that expect those.

    Requests that repeat the one before are stored as differences from it. Without --into this is undone in
    the run itself, which then takes more space.
    """
    from capture.proxy.dumps import DumpError
    from capture.runs.exporting import export_run
    from capture.runs.folder import RunFolder, is_being_run

    path = run_path(run, runs_dir)
    folder = RunFolder(path)
    if into is None and is_being_run(folder):
        raise FailedError(f"{run}: it is still running; wait for its end, or export it --into another folder")
    try:
        exported = export_run(folder, into)
    except DumpError as error:
        raise FailedError(str(error)) from None
    if as_json:
        rows = [asdict(each) | {"path": str(each.path)} for each in exported]
        typer.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        return
    for each in exported:
        restored = f"{each.restored} of them restored" if each.restored else "all plain already"
        typer.echo(f"{plain(each.session)}: {counted(each.files, 'file')}, {restored}  {plain(each.path)}")
    if not exported:
        typer.echo(f"{plain(run)}: it has no raw dumps")
