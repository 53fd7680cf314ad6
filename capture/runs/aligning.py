"""Two trajectories beside each other: which step of one answers to which of the other, and where they part.

What belongs here compares what was said, done and seen; ids, times and costs differ always, and mean nothing.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from capture.atif import TrajectoryError, read_trajectory
from capture.atif.trajectory import Content, Step
from capture.runs.folder import RunFolder, SessionFolder

MOST_PAIRS = 250_000
"""Pairs of steps between two that are the same up to which those alike are looked for: it takes time."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A step, and whose it is."""

    session: SessionFolder
    step: Step


@dataclass(frozen=True, slots=True)
class Couple:
    """Two steps that answer to each other, or one that only one side has."""

    left: Placed | None
    right: Placed | None
    differs: tuple[str, ...] = ()
    """What is not the same, in a word each, such as `message`; empty for steps that are the same."""


def placed_steps(run: RunFolder, index: int | None, replicate: int | None) -> tuple[list[Placed], list[str]]:
    """Return the steps of a session, or one after the other those of all; and what could not be read.

    Args:
        run: the run.
        index: which session; None for all of them, of replicates the first. What sessions after the first
            took over from it is left out then.
        replicate: which of its replicates; None for the first.
    """
    try:
        there = list(run.sessions())
    except OSError as error:
        return [], [f"{run.path.name}: {error.strerror}"]
    wanted: dict[int, SessionFolder] = {}
    for each in there:
        if index in (None, each.index) and replicate in (None, each.replicate):
            wanted.setdefault(each.index, each)
    problems = [] if wanted else [f"{run.path.name}: there is no such session"]
    found: list[Placed] = []
    for session in wanted.values():
        try:
            steps = read_trajectory(session.trajectory).steps
        except TrajectoryError as error:
            problems.append(str(error).removeprefix(f"{run.path.parent}/"))
            continue
        found += [Placed(session, step) for step in steps if not (found and step.is_copied_context)]
    return found, problems


def align(left: Sequence[Placed], right: Sequence[Placed]) -> list[Couple]:
    """Return both sides step by step.

    Steps that are the same in all they say, do and see anchor the rest; between anchors, steps of the same
    source and tools answer to each other, then those at the same place.
    """
    exact = SequenceMatcher(
        None, [_all_of(each.step) for each in left], [_all_of(each.step) for each in right], autojunk=False
    )
    found: list[Couple] = []
    for tag, a, b, c, d in exact.get_opcodes():
        if tag == "equal":
            found += [Couple(one, other) for one, other in zip(left[a:b], right[c:d], strict=True)]
        else:
            found += _nearly(left[a:b], right[c:d])
    return found


def first_divergence(couples: Sequence[Couple]) -> int | None:
    """Return the place of the first couple that is not the same; None if all are."""
    return next((place for place, couple in enumerate(couples) if couple.differs), None)


def words_of(content: Content | None) -> str:
    """Return the text of a message or result; parts that are no text as JSON."""
    if isinstance(content, list):
        return "\n".join(str(part.get("text", _written(part))) for part in content)
    return content or ""


def _nearly(left: Sequence[Placed], right: Sequence[Placed]) -> Iterator[Couple]:
    if len(left) * len(right) > MOST_PAIRS:
        yield from (Couple(a, b, _differences(a, b)) for a, b in zip_longest(left, right))
        return
    alike = SequenceMatcher(
        None, [_kind_of(each.step) for each in left], [_kind_of(each.step) for each in right], autojunk=False
    )
    for _, a, b, c, d in alike.get_opcodes():
        for one, other in zip_longest(left[a:b], right[c:d]):
            yield Couple(one, other, _differences(one, other))


def _differences(one: Placed | None, other: Placed | None) -> tuple[str, ...]:
    if one is None or other is None:
        return ("only on the right" if one is None else "only on the left",)
    pairs = zip(_parts(one.step), _parts(other.step), strict=True)
    return tuple(name for (name, a), (_, b) in pairs if a != b)


def _parts(step: Step) -> Iterator[tuple[str, Hashable]]:
    """What is compared of a step, by the word for it."""
    yield "source", step.source
    yield "reasoning", step.reasoning_content or ""
    yield "message", words_of(step.message)
    yield "tools", tuple(call.function_name for call in step.tool_calls)
    yield "arguments", tuple(_written(call.arguments) for call in step.tool_calls)
    yield "results", tuple(words_of(result.content) for result in step.results)


def _all_of(step: Step) -> Hashable:
    return tuple(_parts(step))


def _kind_of(step: Step) -> Hashable:
    return step.source, tuple(call.function_name for call in step.tool_calls)


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
