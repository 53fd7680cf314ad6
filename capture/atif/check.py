"""What a trajectory must hold beyond what its schema can say.

A run's tests hold it for all that is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

Json = dict[str, Any]


def flaws(trajectory: Json, folder: Path | None = None) -> Iterator[str]:
    """Yield what is wrong with a trajectory, as it is written.

    Args:
        trajectory: The parsed file.
        folder: Where it lies; without it, references to other files are not looked up.
    """
    steps = trajectory["steps"]
    yield from _calls(steps)
    yield from _metrics(steps)
    yield from _times(steps)
    yield from _references(trajectory, folder)
    total = trajectory.get("final_metrics", {}).get("total_steps")
    if total != len(steps):
        yield f"total_steps is {total}, but there are {len(steps)} steps"


def _calls(steps: list[Json]) -> Iterator[str]:
    ids = Counter(call["tool_call_id"] for step in steps for call in step.get("tool_calls", ()))
    yield from (f"tool_call_id {name} is used {count} times" for name, count in ids.items() if count > 1)
    for step in steps:
        results = Counter(result.get("source_call_id") for result in _results(step))
        for name, count in results.items():
            if name is not None and count > 1:
                yield f"step {step['step_id']}: {count} results for call {name}"
            if name is not None and name not in ids:
                yield f"step {step['step_id']}: a result for a call {name} that does not exist"


def _metrics(steps: list[Json]) -> Iterator[str]:
    for step in steps:
        metrics = step.get("metrics", {})
        if metrics.get("cached_tokens", 0) > metrics.get("prompt_tokens", 0):
            yield f"step {step['step_id']}: more cached tokens than prompt tokens"
        if step.get("is_copied_context") and metrics:
            yield f"step {step['step_id']}: copied context has metrics, which would count twice"


def _times(steps: list[Json]) -> Iterator[str]:
    before: datetime | None = None
    for step in steps:
        if "timestamp" not in step:
            continue
        time = datetime.fromisoformat(step["timestamp"])
        if before is not None and time < before:
            yield f"step {step['step_id']}: earlier than the step before it"
        before = time


def _references(trajectory: Json, folder: Path | None) -> Iterator[str]:
    embedded = {each.get("trajectory_id") for each in trajectory.get("subagent_trajectories", ())}
    for step in trajectory["steps"]:
        for result in _results(step):
            for reference in result.get("subagent_trajectory_ref", ()):
                path = reference.get("trajectory_path")
                if path is None and reference.get("trajectory_id") not in embedded:
                    yield f"step {step['step_id']}: a subagent's trajectory that is nowhere"
                if path is not None and folder is not None and not (folder / path).exists():
                    yield f"step {step['step_id']}: there is no {path}"


def _results(step: Json) -> list[Json]:
    results: list[Json] = step.get("observation", {}).get("results", [])
    return results
