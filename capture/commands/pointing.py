"""How commands are told which exchange is meant: a request of a run's session, or an event of a log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from capture.commands.errors import UsageError

if TYPE_CHECKING:
    from capture.cursor import Cursor
    from capture.jobs import Target


def run_path(run: Path, runs_dir: Path) -> Path:
    """Return the folder of a run given by path or by name.

    Raises:
        UsageError: there is none.
    """
    path = run if run.is_dir() else runs_dir / run
    if not path.is_dir():
        raise UsageError(f"{run}: no such run; `harness list` shows those there are")
    return path


def names_event(target: Path, runs_dir: Path) -> bool:
    """Whether an argument names an event of a log and no run."""
    from capture.cursor.log_event import is_event_name

    return is_event_name(str(target)) and not target.is_dir() and not (runs_dir / target).is_dir()


def pointed_at(
    target: Path, session: int, request: int | None, replicate: int | None, places: tuple[Path, Path | None]
) -> Cursor:
    """Return the cursor at what the arguments of a command name.

    Args:
        target: A run, or an event as `agent:event_id`.
        session: Of a run.
        request: Of the session.
        replicate: Of a session with replicates.
        places: Where runs are, and where the log is; None for its usual place.

    Raises:
        UsageError: there is no such run, or the request is not named.
        CursorError: there is no such request or event.
    """
    from capture.cursor.log_event import stand_at_event
    from capture.cursor.session import requests_of, session_of, stand_at
    from capture.runs.folder import RunFolder
    from tessen.paths import default_log_dir

    runs_dir, log_dir = places
    if names_event(target, runs_dir):
        return stand_at_event(log_dir or default_log_dir(), str(target))
    folder = session_of(RunFolder(run_path(target, runs_dir)), session, replicate)
    if request is None:
        raise UsageError("say which request with --request; --list-requests shows those there are")
    return stand_at(folder, requests_of(folder), request)


def target_of(target: Path, session: int, replicate: int | None, runs_dir: Path, cursor: Cursor) -> Target:
    """Return what a job works on, in full, from the arguments that led to a cursor."""
    from capture.jobs import Target

    if names_event(target, runs_dir):
        return Target(event=f"{str(target).rpartition(':')[0]}:{cursor.results.name}")
    run = str(run_path(target, runs_dir).absolute())
    return Target(run=run, session=session, replicate=replicate, request=cursor.at.number)
