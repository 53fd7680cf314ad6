"""The verdicts on a run's sessions, as `harness inspect` shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from capture.commands.judge_report import said_of, together
from capture.commands.words import counted
from capture.terminal import plain

if TYPE_CHECKING:
    from capture.runs.folder import RunFolder

SHOWN = 5
"""Verdicts of a session's own judge that are shown, the newest."""


def verdicts_of(folder: RunFolder) -> list[dict[str, object]]:
    """Return all verdicts on a run, by session, for `--json`: as they are kept, and what they come to."""
    from capture.judge.kept import judge_runs, read_verdicts

    found: list[dict[str, object]] = []
    for session in folder.sessions():
        kept, unreadable = read_verdicts(session.judge)
        if kept or unreadable:
            found.append(
                {
                    "session_index": session.index,
                    "replicate": session.replicate,
                    "verdicts": [each.row for each in kept],
                    "judge_runs": [each.as_dict() for each in judge_runs(kept)],
                    "unreadable_lines": unreadable,
                }
            )
    return found


def print_verdicts(folder: RunFolder) -> None:
    """Print what judges said: the newest verdicts of a run's own judge, and what each judge run came to."""
    from capture.judge.kept import judge_runs, read_verdicts

    for session in folder.sessions():
        kept, unreadable = read_verdicts(session.judge)
        if unreadable:
            typer.echo(f"harness: {session.judge}: {counted(unreadable, 'line')} not readable", err=True)
        if not kept:
            continue
        typer.echo(f"\nVerdicts on session {session.label}:")
        along = [each for each in kept if each.judge_run is None]
        if len(along) > SHOWN:
            typer.echo(f"  {len(along) - SHOWN} earlier")
        for each in along[-SHOWN:]:
            typer.echo(f"  turn {each.turn}: {plain(each.verdict.model)}: {said_of(each.verdict)}")
        for judge_run in judge_runs(kept):
            first, last = judge_run.turns
            models = ", ".join(map(plain, judge_run.by_model))
            typer.echo(
                f"  {plain(judge_run.judge_run)}, turns {first} to {last}, rubric "
                f"{plain((judge_run.rubric_sha256 or '?')[:8])}, {models}: "
                f"{together(judge_run.together, judge_run.by_model)}"
            )
