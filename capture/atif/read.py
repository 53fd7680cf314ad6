"""Reading a trajectory of any v1.x, whoever wrote it. What a field should not hold is read as absent."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import orjson

from capture.atif.trajectory import Content, Metrics, Result, Step, SubagentRef, ToolCall, Trajectory

Json = dict[str, Any]


class TrajectoryError(ValueError):
    """A file that is no trajectory. The message is one line that names it."""


def read_trajectory(path: Path) -> Trajectory:
    """Read a trajectory.

    Raises:
        TrajectoryError: the file cannot be read, or is no ATIF v1.x.
    """
    try:
        return parse_trajectory(orjson.loads(path.read_bytes()))
    except OSError as error:
        raise TrajectoryError(f"{path}: {error.strerror}") from None
    except orjson.JSONDecodeError as error:
        raise TrajectoryError(f"{path}: not JSON: {error}") from None
    except ValueError as error:
        raise TrajectoryError(f"{path}: {error}") from None


def parse_trajectory(data: object) -> Trajectory:
    """Return the trajectory in a parsed file.

    Raises:
        ValueError: it is no ATIF v1.x.
    """
    root = _dict(data)
    version = str(root.get("schema_version", ""))
    if not version.startswith("ATIF-v1."):
        raise ValueError(f"not an ATIF v1 trajectory (schema_version {version or 'missing'!r})")
    agent, final = _dict(root.get("agent")), _dict(root.get("final_metrics"))
    return Trajectory(
        agent_name=_text(agent.get("name")) or "unknown",
        agent_version=_text(agent.get("version")) or "unknown",
        steps=[_step(_dict(each), number) for number, each in enumerate(_list(root.get("steps")), 1)],
        session_id=_text(root.get("session_id")),
        trajectory_id=_text(root.get("trajectory_id")),
        model_name=_text(agent.get("model_name")),
        agent_extra=_dict(agent.get("extra")),
        total_cost_usd=_number(final.get("total_cost_usd")),
        final_extra=_dict(final.get("extra")),
        notes=_text(root.get("notes")),
        extra=_dict(root.get("extra")),
        schema_version=version,
    )


def _step(step: Json, number: int) -> Step:
    source = step.get("source")
    observation = _dict(step.get("observation"))
    metrics = step.get("metrics")
    return Step(
        step_id=_count(step.get("step_id")) or number,
        source=source if source in ("system", "user", "agent") else "agent",
        message=_content(step.get("message")) or "",
        timestamp=_text(step.get("timestamp")),
        model_name=_text(step.get("model_name")),
        reasoning_content=_text(step.get("reasoning_content")),
        tool_calls=[_call(_dict(each)) for each in _list(step.get("tool_calls"))],
        results=[_result(_dict(each)) for each in _list(observation.get("results"))],
        metrics=_metrics(metrics) if isinstance(metrics, dict) else None,
        is_copied_context=True if step.get("is_copied_context") is True else None,
        extra=_dict(step.get("extra")),
    )


def _call(call: Json) -> ToolCall:
    return ToolCall(
        tool_call_id=str(call.get("tool_call_id", "")),
        function_name=str(call.get("function_name", "")),
        arguments=_dict(call.get("arguments")),
        extra=_dict(call.get("extra")),
    )


def _result(result: Json) -> Result:
    references = result.get("subagent_trajectory_ref")
    return Result(
        source_call_id=_text(result.get("source_call_id")),
        content=_content(result.get("content")),
        subagent_trajectory_ref=[
            SubagentRef(
                _text(each.get("trajectory_id")),
                _text(each.get("trajectory_path")),
                _text(each.get("session_id")),
                _dict(each.get("extra")),
            )
            for each in map(_dict, references if isinstance(references, list) else [references or {}])
            if each
        ],
        extra=_dict(result.get("extra")),
    )


def _metrics(metrics: Json) -> Metrics:
    return Metrics(
        prompt_tokens=_count(metrics.get("prompt_tokens")),
        completion_tokens=_count(metrics.get("completion_tokens")),
        cached_tokens=_count(metrics.get("cached_tokens")),
        cost_usd=_number(metrics.get("cost_usd")),
        extra=_dict(metrics.get("extra")),
    )


def _dict(value: object) -> Json:
    return cast(Json, value) if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _content(value: object) -> Content | None:
    if isinstance(value, list):
        return [part for part in value if isinstance(part, dict)]
    return _text(value)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
