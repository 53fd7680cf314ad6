"""A session's own turns: what each called, changed and cost, and where it stands in the records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from capture.atif import TrajectoryError, read_trajectory
from capture.atif.trajectory import Step
from capture.replay.answers import requests_by_answer
from capture.replay.source import ReplayError, Source
from capture.shadow import read_changelog

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Turn:
    """One model call of the main agent in a session."""

    number: int
    """From 1, in this session."""
    request: int | None
    """The number of its request in `raw_dumps`."""
    tools: list[str]
    files: list[str]
    """What it changed."""
    text: str
    """What the model said."""
    cost_usd: float | None
    answer: list[str]
    """The entries of the model's answer in the engine's own record."""
    first_step: int | None
    """Its first step in the trajectory; None where the record does not say."""
    last_step: int | None
    tag: str | None
    """The files after its tools."""

    def as_dict(self) -> Json:
        """Return the turn as `--list-turns --json` prints it."""
        return {
            "turn": self.number,
            "request": self.request,
            "tools": self.tools,
            "files": self.files,
            "text": self.text,
            "cost_usd": self.cost_usd,
            "step": self.first_step,
        }


def steps_of(source: Source) -> list[Step]:
    """Return the steps of a session, with those it was given from an earlier one.

    Raises:
        ReplayError: they cannot be read.
    """
    try:
        return read_trajectory(source.session.trajectory).steps
    except TrajectoryError as error:
        raise ReplayError(str(error)) from None


def turns_of(source: Source) -> list[Turn]:
    """Return the turns of a session, without those of a session it goes on from.

    Raises:
        ReplayError: the records cannot be read.
    """
    steps = {step.step_id: step for step in steps_of(source)}
    files, answers = _files(source), requests_by_answer(source.session)
    turns: list[Turn] = []
    for row in _rows(source):
        ids = [each for each in _list(row, "atif_step_ids") if isinstance(each, int) and each in steps]
        own = [steps[each] for each in ids]
        if any(step.is_copied_context for step in own):
            continue
        costs = [step.metrics.cost_usd for step in own if step.metrics and step.metrics.cost_usd is not None]
        turns.append(
            Turn(
                number=len(turns) + 1,
                request=answers.get(str(row.get("message_id")), _number(row.get("request_file"))),
                tools=[call.function_name for step in own for call in step.tool_calls],
                files=[path for each in ids for path in files.get(each, ())],
                text=" ".join(step.message for step in own if isinstance(step.message, str)),
                cost_usd=sum(costs) if costs else None,
                answer=[str(each) for each in _list(row, "transcript_assistant_uuids")],
                first_step=min(ids, default=None),
                last_step=max(ids, default=None),
                tag=row.get("shadow_git_tag"),
            )
        )
    return turns


def context_of(source: Source, turns: Sequence[Turn], turn: Turn) -> list[Step]:
    """Return the steps before a turn; the session's prompt, where the record has none.

    Raises:
        ReplayError: they cannot be read.
    """
    limit = turn.first_step if turn.first_step is not None else 1 << 62
    known = max((each.last_step or 0 for each in turns[: turn.number - 1]), default=0)
    before = [
        step
        for step in steps_of(source)
        if step.step_id < limit
        and (step.step_id <= known or step.source != "agent" or step.is_copied_context)
    ]
    prompt = source.config.session(source.session.index).prompt
    return before or [Step(1, "user", prompt, timestamp=source.session_meta.started_at)]


def turn_numbered(turns: Sequence[Turn], number: int) -> Turn:
    """Return a turn.

    Raises:
        ReplayError: there is none of this number, or nobody knows where in the record it is.
    """
    if not 1 <= number <= len(turns):
        there = f"turns 1 to {len(turns)}" if turns else "no turns"
        raise ReplayError(f"there is no turn {number}: the session has {there}")
    turn = turns[number - 1]
    if not turn.answer:
        raise ReplayError(f"turn {number} cannot be found in the engine's own record of the session")
    return turn


def _rows(source: Source) -> Iterator[Json]:
    path = source.session.uuid_map
    try:
        data = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise ReplayError(f"{path}: cannot be read: {error}") from None
    rows = data.get("turns") if isinstance(data, dict) else None
    yield from (row for row in rows or () if isinstance(row, dict))


def _files(source: Source) -> dict[int, list[str]]:
    """Step → paths it changed."""
    found: dict[int, list[str]] = {}
    place = (source.session.index, source.session.replicate)
    for row in read_changelog(source.run.changelog).rows:
        paths = found.setdefault(row.step_id, []) if (row.session_index, row.replicate) == place else []
        if row.change.path not in paths:
            paths.append(row.change.path)
    return found


def _list(row: Json, name: str) -> list[Any]:
    value = row.get(name)
    return value if isinstance(value, list) else []


def _number(request_file: object) -> int | None:
    digits = str(request_file).removeprefix("request_").removesuffix(".json")
    return int(digits) if digits.isascii() and digits.isdigit() else None
