"""What is judged: sessions of a run, or a session of a log, as trajectories with their turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from capture.atif import read_trajectory
from capture.atif.from_exchanges import trajectory_of
from capture.atif.trajectory import Step, Trajectory
from capture.cursor.log_session import LogSession
from capture.judge.scope import turn_ends
from capture.runs.folder import RunFolder, SessionFolder

VERDICTS = "judge.jsonl"
TRAJECTORY = "trajectory.json"


@dataclass(frozen=True, slots=True)
class Material:
    """One trajectory, and where verdicts on it are kept."""

    name: str
    """For people."""
    steps: Sequence[Step]
    ends: Sequence[int]
    """The last step of each turn."""
    file: Path
    rebuilt: Trajectory | None = None
    """The trajectory, where it is on disk only once the verdicts are: one of a log."""


class MaterialError(ValueError):
    """There is no such session. The message is one line."""


def of_run(run: RunFolder, session: int | None, replicate: int | None) -> list[Material]:
    """Return sessions of a run.

    Args:
        run: The run.
        session: Which; None for all.
        replicate: Which replicate; None for all.

    Raises:
        MaterialError: there is none.
        TrajectoryError: one cannot be read.
    """
    there = list(run.sessions())
    found = [e for e in there if session in (None, e.index) and replicate in (None, e.replicate)]
    if not found:
        known = ", ".join(each.label for each in there) or "none"
        wanted = "session" if session is None else f"session {session}"
        wanted += "" if replicate is None else f" with a replicate {replicate}"
        raise MaterialError(f"{run.path}: there is no {wanted}; there are: {known}")
    return [_of_session(each) for each in found]


def of_log(session: LogSession) -> Material:
    """Return a session of a log, rebuilt from its calls."""
    rebuilt = trajectory_of(session.exchanges())
    file = session.results / VERDICTS
    return Material(session.title, rebuilt.steps, turn_ends(rebuilt.steps), file, rebuilt)


def _of_session(session: SessionFolder) -> Material:
    steps = read_trajectory(session.trajectory).steps
    return Material(f"session {session.label}", steps, turn_ends(steps, _turns(session)), session.judge)


def _turns(session: SessionFolder) -> list[list[int]]:
    """Return the steps of each turn, where the run says so."""
    try:
        rows = orjson.loads(session.uuid_map.read_bytes())["turns"]
        return [[n for n in row["atif_step_ids"] if isinstance(n, int)] for row in rows]
    except (OSError, orjson.JSONDecodeError, LookupError, TypeError):
        return []
