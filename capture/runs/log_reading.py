"""One session of a production log, read for a person as a session of a run is: steps, turns, verdicts."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from capture.atif.from_exchanges import trajectory_of
from capture.cursor.log_session import LogSession, log_session
from capture.judge.scope import turn_ends
from capture.runs.files import read_lines
from capture.runs.folder import SessionFolder
from capture.runs.reading import ReadSession

Json = dict[str, Any]


def read_log_session(log_dir: Path, name: str) -> tuple[LogSession, ReadSession]:
    """Rebuild a session from its calls; takes time for a long one, so it is called in a thread.

    Args:
        log_dir: The folder that the agents' folders are in.
        name: `agent:session_id`, or `agent:event_id` for its calls up to that one.

    Raises:
        CursorError: there is no such session.
        OSError: a log file cannot be read.
    """
    session = log_session(log_dir, name)
    steps = trajectory_of(session.exchanges()).steps
    turns = {step_id: turn for turn, step_id in enumerate(turn_ends(steps), 1)}
    verdicts, problems = _verdicts(session.results / "judge.jsonl")
    read = ReadSession(SessionFolder(session.results, 1), steps, turns, verdicts=verdicts, problems=problems)
    return session, read


def _verdicts(file: Path) -> tuple[dict[int, list[Json]], list[str]]:
    """The rows on each turn, and what could not be read."""
    try:
        rows, bad = read_lines(file)
    except OSError as error:
        return {}, [f"{file}: {error.strerror}"]
    found: dict[int, list[Json]] = defaultdict(list)
    for row in rows:
        turn = row.get("turn")
        found[turn if isinstance(turn, int) else 0].append(row)
    return dict(found), [f"{file.name}: {bad} lines could not be read"] if bad else []
