"""`harness inspect`: one run in a page."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from capture.commands.errors import FailedError
from capture.commands.inspect_verdicts import print_verdicts, verdicts_of
from capture.commands.pointing import run_path
from capture.commands.words import counted, ending, money
from capture.terminal import BOLD, RED, YELLOW, Painter, painter, plain

if TYPE_CHECKING:
    from capture.runs.meta import RunMeta, SessionMeta
    from capture.shadow import ChangelogRow


def inspect(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="A run folder, or a run's name.", show_default=False)
    ],
    runs_dir: Annotated[Path, typer.Option(help="Where a run named without a path is.")] = Path("runs"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one object of JSON.")] = False,
) -> None:
    """Show what a run is, and what it came to."""
    from capture.runs.folder import RunFolder
    from capture.runs.meta import MetaError, read_meta
    from capture.shadow import read_changelog

    path = run_path(run, runs_dir)
    folder = RunFolder(path)
    try:
        meta = read_meta(folder)
    except MetaError as error:
        raise FailedError(str(error)) from None
    changes = read_changelog(folder.changelog)
    if as_json:
        rows = [_row(each) for each in changes.rows]
        found = {"path": str(path), "file_changes": rows, "verdicts": verdicts_of(folder)}
        typer.echo(orjson.dumps(meta.as_dict() | found).decode())
        return
    _print(meta, list(changes.rows))
    print_verdicts(folder)
    if changes.unreadable:
        typer.echo(
            f"harness: {folder.changelog}: {counted(changes.unreadable, 'line')} not readable", err=True
        )


def _row(row: ChangelogRow) -> dict[str, object]:
    return {
        "session_index": row.session_index,
        "replicate": row.replicate,
        "step_id": row.step_id,
        "file_path": row.change.path.encode(errors="surrogateescape").decode(errors="replace"),
        "kind": row.change.kind,
        "diff_stats": {"added": row.change.added, "removed": row.change.removed},
    }


def _print(meta: RunMeta, changes: list[ChangelogRow]) -> None:
    paint = painter(sys.stdout)
    lines = [
        paint(f"Run: {plain(meta.run_name)}", BOLD),
        f"Hypothesis: {plain(meta.hypothesis)}" if meta.hypothesis else "",
        f"Engine: {plain(meta.engine)}" if meta.engine else "",
        f"Model: {plain(meta.model)} ({plain(meta.provider)})",
        f"Mode: {plain(meta.session_mode)}",
        f"Status: {plain(meta.status)}",
        f"Replay: of {plain(meta.replay_source)}, turn {meta.replay_turn}" if meta.replay_source else "",
        f"Tags: {', '.join(map(plain, meta.tags))}" if meta.tags else "",
        f"Total: {counted(meta.total_steps, 'step')}, {counted(meta.total_tool_calls, 'tool call')}",
        f"Cost: {money(meta.total_cost_usd)}",
        f"File writes: {meta.total_file_writes}",
        f"Compactions: {meta.total_compaction_events}" if meta.total_compaction_events else "",
        f"Subagents: {meta.total_subagent_invocations}" if meta.total_subagent_invocations else "",
    ]
    typer.echo("\n".join(filter(None, lines)))
    typer.echo("")
    for session in meta.sessions:
        typer.echo(f"  {_session(session, paint)}")
    if changes:
        typer.echo("\nFile changes:")
        for row in changes:
            typer.echo(f"  {_change(row)}")
    if meta.errors:
        typer.echo(f"\n{paint('Errors:', RED)}")
        for error in meta.errors:
            typer.echo(f"  {plain(error)}")


def _session(session: SessionMeta, paint: Painter) -> str:
    came = f" (fork of {session.fork_from})" if session.fork_from else ""
    flagged = paint("  ⚑ flagged", YELLOW) if session.judge_flagged else ""
    end = ending(session)
    return (
        f"Session {session.name}{came}: {counted(session.step_count, 'step')}, "
        f"{counted(session.tool_call_count, 'tool call')}  {money(session.total_cost_usd)}"
        f"{flagged}{f'  [{plain(end)}]' if end else ''}"
    )


def _change(row: ChangelogRow) -> str:
    replicate = f" r{row.replicate:02d}" if row.replicate else ""
    change = row.change
    return (
        f"session {row.session_index}{replicate}, step {row.step_id}: {plain(change.path)} "
        f"(+{change.added}/-{change.removed})"
    )
