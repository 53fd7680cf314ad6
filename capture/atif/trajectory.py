"""The parts of a trajectory, and how they are written.

Field names are the format's. Fields that are None, and lists that are empty, are left out of the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
Content = str | list[Json]
"""Text, or content parts: `{"type": "text", "text": …}`, `{"type": "image", "source": …}`."""
Source = Literal["system", "user", "agent"]

VERSION = "ATIF-v1.7"


@dataclass(slots=True)
class ToolCall:
    """A tool the model asked for."""

    tool_call_id: str
    function_name: str
    arguments: Json
    extra: Json = field(default_factory=dict)

    def as_dict(self) -> Json:
        """Return the call as it is written; arguments stay, even where there are none."""
        call = {"tool_call_id": self.tool_call_id, "function_name": self.function_name}
        return call | {"arguments": self.arguments} | _given({"extra": self.extra})


@dataclass(slots=True)
class SubagentRef:
    """Where a subagent's own trajectory is."""

    trajectory_id: str | None = None
    trajectory_path: str | None = None
    """Relative to the folder of the trajectory that refers to it."""
    session_id: str | None = None
    extra: Json = field(default_factory=dict)

    def as_dict(self) -> Json:
        """Return the reference as it is written."""
        return _given(
            {
                "trajectory_id": self.trajectory_id,
                "trajectory_path": self.trajectory_path,
                "session_id": self.session_id,
                "extra": self.extra,
            }
        )


@dataclass(slots=True)
class Result:
    """What came of a tool call."""

    source_call_id: str | None
    content: Content | None
    subagent_trajectory_ref: list[SubagentRef] = field(default_factory=list)
    extra: Json = field(default_factory=dict)

    def as_dict(self) -> Json:
        """Return the result as it is written."""
        return _given(
            {
                "source_call_id": self.source_call_id,
                "content": self.content,
                "subagent_trajectory_ref": [each.as_dict() for each in self.subagent_trajectory_ref],
                "extra": self.extra,
            },
            keep=("content",) if self.content == "" else (),
        )


@dataclass(slots=True)
class Metrics:
    """What one model call took."""

    prompt_tokens: int | None = None
    """All input, cached included."""
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    """Of the prompt: read from the cache."""
    cost_usd: float | None = None
    extra: Json = field(default_factory=dict)

    def as_dict(self) -> Json:
        """Return the metrics as they are written."""
        return _given(
            {
                "prompt_tokens": self.prompt_tokens,
                "completion_tokens": self.completion_tokens,
                "cached_tokens": self.cached_tokens,
                "cost_usd": self.cost_usd,
                "extra": self.extra,
            }
        )


@dataclass(slots=True)
class Step:
    """One model call, one prompt, or one thing the harness or the engine did."""

    step_id: int
    source: Source
    message: Content
    timestamp: str | None = None
    model_name: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[ToolCall] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    """The observation."""
    metrics: Metrics | None = None
    is_copied_context: bool | None = None
    extra: Json = field(default_factory=dict)

    def as_dict(self) -> Json:
        """Return the step as it is written."""
        results = [each.as_dict() for each in self.results]
        return _given(
            {
                "step_id": self.step_id,
                "timestamp": self.timestamp,
                "source": self.source,
                "model_name": self.model_name,
                "message": self.message,
                "reasoning_content": self.reasoning_content,
                "tool_calls": [each.as_dict() for each in self.tool_calls],
                "observation": {"results": results} if results else None,
                "metrics": self.metrics.as_dict() if self.metrics else None,
                "is_copied_context": self.is_copied_context,
                "extra": self.extra,
            },
            keep=("message",),
        )


@dataclass(slots=True)
class Trajectory:
    """What one agent did in one session."""

    agent_name: str
    agent_version: str
    steps: list[Step] = field(default_factory=list)
    session_id: str | None = None
    trajectory_id: str | None = None
    model_name: str | None = None
    agent_extra: Json = field(default_factory=dict)
    total_cost_usd: float | None = None
    """Of the whole session, requests that are no step included; None where it is not known."""
    final_extra: Json = field(default_factory=dict)
    notes: str | None = None
    extra: Json = field(default_factory=dict)
    schema_version: str = VERSION

    @property
    def own_steps(self) -> list[Step]:
        """The steps that happened in this session, without copied context."""
        return [step for step in self.steps if not step.is_copied_context]

    def metrics(self) -> Iterator[Metrics]:
        """Yield the metrics of the session's own steps."""
        return (step.metrics for step in self.own_steps if step.metrics is not None)

    def as_dict(self) -> Json:
        """Return the trajectory as it is written. Totals of tokens are the sums over its own steps."""
        measured = list(self.metrics())
        totals = {
            f"total_{name}": sum(getattr(each, name) or 0 for each in measured) if measured else None
            for name in ("prompt_tokens", "completion_tokens", "cached_tokens")
        }
        agent = {"name": self.agent_name, "version": self.agent_version}
        return _given(
            {
                "schema_version": self.schema_version,
                "session_id": self.session_id,
                "trajectory_id": self.trajectory_id,
                "agent": agent | _given({"model_name": self.model_name, "extra": self.agent_extra}),
                "steps": [step.as_dict() for step in self.steps],
                "notes": self.notes,
                "final_metrics": _given(
                    {
                        **totals,
                        "total_cost_usd": self.total_cost_usd,
                        "total_steps": len(self.steps),
                        "extra": self.final_extra,
                    }
                ),
                "extra": self.extra,
            },
            keep=("steps",),
        )


def _given(fields: Json, keep: tuple[str, ...] = ()) -> Json:
    """Return the fields that hold something."""
    return {name: value for name, value in fields.items() if name in keep or value not in (None, [], {})}
