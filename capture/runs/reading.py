"""One session of a run, read for a person: its steps, and at each what it wrote and how it was judged.

What belongs here brings together what the run folder keeps in several files. What is missing or torn is said
in `problems`, and the rest is shown all the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from capture.atif import TrajectoryError, read_trajectory
from capture.atif.trajectory import Step
from capture.runs.files import read_lines
from capture.runs.folder import RunFolder, SessionFolder
from capture.shadow import ChangelogRow, read_changelog

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReadSession:
    """A session as its files say."""

    folder: SessionFolder
    steps: Sequence[Step] = ()
    turns: Mapping[int, int] = field(default_factory=dict)
    """Step id → turn, for the agent's own steps."""
    requests: Mapping[int, int] = field(default_factory=dict)
    """Turn → number of its request in `raw_dumps`."""
    changes: Mapping[int, Sequence[ChangelogRow]] = field(default_factory=dict)
    """Step id → the files it changed."""
    verdicts: Mapping[int, Sequence[Json]] = field(default_factory=dict)
    """Turn → rows of `judge.jsonl`."""
    problems: Sequence[str] = ()
    """What could not be read, each in one line; raw."""

    @property
    def last_step(self) -> int | None:
        """The newest step's id."""
        return self.steps[-1].step_id if self.steps else None


def read_session(run: RunFolder, session: SessionFolder) -> ReadSession:
    """Read a session; takes time for a long one, so it is called in a thread."""
    problems: list[str] = []
    try:
        steps: Sequence[Step] = read_trajectory(session.trajectory).steps
    except TrajectoryError as error:
        steps = ()
        problems.append(str(error).removeprefix(f"{run.path}/"))
    rows = _turn_rows(session, problems)
    return ReadSession(
        session,
        steps,
        _turns(steps, rows),
        {number: request for number, row in rows.items() if (request := _request(row)) is not None},
        _changes(run, session, problems),
        _verdicts(session, problems),
        problems,
    )


def _turn_rows(session: SessionFolder, problems: list[str]) -> dict[int, Json]:
    """The turn map, by turn; empty where there is none."""
    try:
        data = orjson.loads(session.uuid_map.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        problems.append(f"{session.path.name}/uuid_map.json: {error}")
        return {}
    turns = data.get("turns") if isinstance(data, dict) else None
    rows = [row for row in turns if isinstance(row, dict)] if isinstance(turns, list) else []
    return {row["turn_index"]: row for row in rows if isinstance(row.get("turn_index"), int)}


def _turns(steps: Sequence[Step], rows: Mapping[int, Json]) -> dict[int, int]:
    """The turn of each of the agent's own steps.

    A recorder may make several steps of one model call and map only the last of them: those before it belong
    to the same turn. Steps after the map, which is written at a session's end, are a turn each.
    """
    mapped: dict[int, int] = {}
    for number, row in rows.items():
        ids = row.get("atif_step_ids")
        mapped |= {each: number for each in ids if isinstance(each, int)} if isinstance(ids, list) else {}
    turns: dict[int, int] = {}
    waiting: list[int] = []
    newest = 0
    for step in steps:
        if step.source != "agent" or step.is_copied_context:
            continue
        waiting.append(step.step_id)
        if step.step_id in mapped:
            newest = mapped[step.step_id]
            turns |= dict.fromkeys(waiting, newest)
            waiting.clear()
    return turns | {step_id: newest + place for place, step_id in enumerate(waiting, 1)}


def _request(row: Json) -> int | None:
    """The number in the name of a turn's request."""
    digits = "".join(filter(str.isdecimal, str(row.get("request_file") or "")))
    return int(digits) if digits else None


def _changes(
    run: RunFolder, session: SessionFolder, problems: list[str]
) -> dict[int, Sequence[ChangelogRow]]:
    found: dict[int, list[ChangelogRow]] = defaultdict(list)
    try:
        read = read_changelog(run.changelog)
    except OSError as error:
        problems.append(f"state_changelog.jsonl: {error.strerror}")
        return {}
    if read.unreadable:
        problems.append(f"state_changelog.jsonl: {read.unreadable} lines could not be read")
    for row in read.rows:
        if (row.session_index, row.replicate) == (session.index, session.replicate):
            found[row.step_id].append(row)
    return dict(found)


def _verdicts(session: SessionFolder, problems: list[str]) -> dict[int, Sequence[Json]]:
    found: dict[int, list[Json]] = defaultdict(list)
    try:
        rows, bad = read_lines(session.judge)
    except OSError as error:
        problems.append(f"{session.path.name}/judge.jsonl: {error.strerror}")
        return {}
    if bad:
        problems.append(f"{session.path.name}/judge.jsonl: {bad} lines could not be read")
    for row in rows:
        turn = row.get("turn")
        found[turn if isinstance(turn, int) else 0].append(row)
    return dict(found)
