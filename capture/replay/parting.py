"""Where a replay and the record part: the first turn whose tool calls are not the recorded ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from capture.atif import TrajectoryError, read_trajectory
from capture.atif.trajectory import Step, ToolCall
from capture.replay.source import Source
from capture.replay.turns import Turn, steps_of
from capture.runs.folder import SessionFolder

Json = dict[str, Any]
Calls = list[tuple[str, bytes]]
"""The tool calls of a turn: name, and arguments as JSON with sorted members."""


def parting(
    source: Source, turns: Sequence[Turn], turn: Turn, replay: SessionFolder, moved: Mapping[str, str]
) -> Json | None:
    """Return where a replay parts from the record.

    Args:
        source: What was replayed.
        turns: Its turns.
        turn: Where the replay began.
        replay: The replay's session.
        moved: Where files are in the replay → where they were, where that is not the same.

    Returns:
        `turn`, and in `recorded` and `now` the names of the tools called in it, none where the agent was
        done; None where all is the same.
    """
    then = [_calls(_steps_in(source, each), {}) for each in turns[turn.number - 1 :]]
    now = [_calls([step], moved) for step in _own(replay)]
    for place in range(max(len(then), len(now))):
        recorded, made = (each[place] if place < len(each) else [] for each in (then, now))
        if recorded != made:
            return {
                "turn": turn.number + place,
                "recorded": [name for name, _ in recorded],
                "now": [name for name, _ in made],
            }
    return None


def _steps_in(source: Source, turn: Turn) -> list[Step]:
    first, last = turn.first_step, turn.last_step
    if first is None or last is None:
        return []
    return [step for step in steps_of(source) if first <= step.step_id <= last]


def _own(session: SessionFolder) -> list[Step]:
    try:
        steps = read_trajectory(session.trajectory).steps
    except TrajectoryError:
        return []
    return [step for step in steps if step.source == "agent" and not step.is_copied_context]


def _calls(steps: Sequence[Step], moved: Mapping[str, str]) -> Calls:
    return [_call(call, moved) for step in steps for call in step.tool_calls]


def _call(call: ToolCall, moved: Mapping[str, str]) -> tuple[str, bytes]:
    arguments = orjson.dumps(call.arguments, option=orjson.OPT_SORT_KEYS)
    for now, recorded in moved.items():
        arguments = arguments.replace(orjson.dumps(now)[1:-1], orjson.dumps(recorded)[1:-1])
    return call.function_name, arguments
