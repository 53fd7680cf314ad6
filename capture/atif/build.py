"""Building a trajectory as the events come in: pieces of one model call become one step.

Steps of the main agent and of each subagent go to trajectories of their own. Times never go backwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from capture.atif.trajectory import Content, Metrics, Result, Step, ToolCall, Trajectory
from capture.engines.interface import Called, Json, Returned, Said

Clock = Callable[[], datetime]


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


class Builder:
    """One trajectory under construction."""

    def __init__(self, trajectory: Trajectory, clock: Clock = now) -> None:
        self.trajectory = trajectory
        self._clock = clock
        self._by_message: dict[str, Step] = {}
        self._by_call: dict[str, Step] = {}

    @property
    def turns(self) -> int:
        """How many model calls there were in this session."""
        return len(self._by_message)

    def copy_context(self, steps: Sequence[Step]) -> None:
        """Begin with steps of an earlier session. Their metrics stay there, so that nothing counts twice."""
        for step in steps:
            number = len(self.trajectory.steps) + 1
            self.trajectory.steps.append(replace(step, step_id=number, metrics=None, is_copied_context=True))

    def user(self, message: Content, extra: Json | None = None) -> Step:
        """Add a prompt."""
        return self._add(Step(0, "user", message, extra=extra or {}))

    def system(self, message: Content, extra: Json | None = None) -> Step:
        """Add something that neither user nor agent said."""
        return self._add(Step(0, "system", message, extra=extra or {}))

    def said(self, event: Said) -> Step:
        """Add what the model said to the step of its call."""
        step = self._step(event.message_id, event.model)
        if event.text:
            step.message = f"{step.message}\n{event.text}" if step.message else event.text
        if event.thinking:
            before = step.reasoning_content
            step.reasoning_content = f"{before}\n{event.thinking}" if before else event.thinking
        step.extra.update(event.extra)
        return step

    def called(self, event: Called) -> Step:
        """Add a tool call to the step of its model call; a second time, nothing happens."""
        step = self._step(event.message_id, event.model)
        if event.call_id not in self._by_call:
            self._by_call[event.call_id] = step
            step.tool_calls.append(ToolCall(event.call_id, event.name, event.arguments))
        return step

    def returned(self, event: Returned) -> Step | None:
        """Add a tool's result where its call is; None for a call of which nothing is known."""
        step = self._by_call.get(event.call_id)
        if step is None or any(result.source_call_id == event.call_id for result in step.results):
            return step
        extra = event.extra | ({"is_error": True} if event.is_error else {})
        step.results.append(Result(event.call_id, event.content, extra=extra))
        order = {call.tool_call_id: place for place, call in enumerate(step.tool_calls)}
        step.results.sort(key=lambda result: order.get(result.source_call_id or "", len(order)))
        return step

    def measured(self, message_id: str, metrics: Metrics) -> bool:
        """Add what a model call took; returns whether there is such a step."""
        step = self._by_message.get(message_id)
        if step is not None:
            step.metrics = metrics
        return step is not None

    def step_of_call(self, call_id: str) -> Step | None:
        """Return the step a tool call belongs to."""
        return self._by_call.get(call_id)

    def result_of(self, call_id: str) -> Result | None:
        """Return the result of a tool call, if it has one."""
        step = self._by_call.get(call_id)
        return next((each for each in step.results if each.source_call_id == call_id), None) if step else None

    def message_ids(self) -> list[tuple[str, Step]]:
        """Return the model calls in order, each with its step."""
        return list(self._by_message.items())

    def _step(self, message_id: str, model: str | None) -> Step:
        step = self._by_message.get(message_id)
        if step is None:
            step = self._add(Step(0, "agent", "", model_name=model or self.trajectory.model_name))
            step.extra["message_id"] = message_id
            self._by_message[message_id] = step
        return step

    def _add(self, step: Step) -> Step:
        steps = self.trajectory.steps
        step.step_id = len(steps) + 1
        time = self._clock().isoformat()
        before = steps[-1].timestamp if steps else None
        step.timestamp = before if before is not None and before > time else time
        steps.append(step)
        return step
