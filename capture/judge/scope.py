"""Which part of a trajectory is judged: all of it, or some of its turns."""

from __future__ import annotations

from collections.abc import Sequence

from capture.atif.trajectory import Step


def turn_ends(steps: Sequence[Step], recorded: Sequence[Sequence[int]] = ()) -> list[int]:
    """Return the number of the last step of each turn, in order.

    Args:
        steps: The trajectory's.
        recorded: The steps of each turn, where the run says so; a turn without any ends where the one before
            does. Without it, each of the agent's own steps is a turn.
    """
    if not any(recorded):
        return [each.step_id for each in steps if each.source == "agent" and not each.is_copied_context]
    ends: list[int] = []
    for numbers in recorded:
        ends.append(max([*numbers, ends[-1] if ends else 0]))
    return ends


def steps_of_turns(steps: Sequence[Step], ends: Sequence[int], first: int, last: int) -> list[Step]:
    """Return the steps from a turn to another, with what came between them and the prompt.

    Args:
        steps: The trajectory's.
        ends: From `turn_ends`.
        first: From 1; with 1, what came before the first turn is in it.
        last: Up to the number of turns; with that, what came after the last turn is in it.
    """
    after = 0 if first == 1 else ends[first - 2]
    until = ends[last - 1] if last < len(ends) else (steps[-1].step_id if steps else 0)
    prompt = next((each for each in steps if each.source == "user" and each.step_id <= after), None)
    inside = [each for each in steps if after < each.step_id <= until]
    return inside if prompt is None else [prompt, *inside]
