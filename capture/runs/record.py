"""One session's record, kept on disk as the events come in: trajectories, their links, and the turn map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from capture.atif.build import Builder
from capture.atif.trajectory import Metrics, Result, Step, SubagentRef, Trajectory
from capture.engines.interface import Called, Compacted, EngineEvent, Marks, Returned, Said, Spawned, Started
from capture.runs.files import write_json
from capture.runs.folder import SessionFolder
from capture.runs.meta import SessionMeta

Json = dict[str, Any]


class SessionRecord:
    """What one session leaves behind.

    Args:
        folder: Where; it exists.
        meta: The session's numbers, kept up to date here.
        trajectory: The main agent's, still empty.
        keep_subagents: Whether subagents get trajectories of their own.
    """

    def __init__(
        self, folder: SessionFolder, meta: SessionMeta, trajectory: Trajectory, keep_subagents: bool
    ) -> None:
        self._folder = folder
        self._meta = meta
        self._keep_subagents = keep_subagents
        self._main = Builder(trajectory)
        self._subagents: dict[str, _Subagent] = {}
        self._measured: dict[str, Metrics] = {}
        self._requests: dict[str, str] = {}
        self._tags: dict[int, str] = {}
        self._looks: dict[int, int] = {}

    @property
    def trajectory(self) -> Trajectory:
        """The main agent's trajectory, so far."""
        return self._main.trajectory

    @property
    def turns(self) -> int:
        """How many model calls of the main agent there were in this session."""
        return self._main.turns

    def begin(self, context: Sequence[Step], prompt: str) -> None:
        """Start with what came before, and the prompt, if there is one."""
        self._main.copy_context(context)
        if prompt:
            self._main.user(prompt)
        self.save()

    def take(self, event: EngineEvent) -> None:
        """Take in an event."""
        match event:
            case Started():
                self._meta.session_id = self.trajectory.session_id = event.session_id
                if event.version:
                    self.trajectory.agent_version = event.version
            case Said() | Called():
                builder = self._builder(event.agent_id)
                builder.said(event) if isinstance(event, Said) else builder.called(event)
                if (metrics := self._measured.get(event.message_id)) is not None:
                    builder.measured(event.message_id, metrics)
            case Returned():
                self._builder(event.agent_id).returned(event)
                self._link(event.call_id)
            case Spawned():
                self._spawned(event)
            case Compacted():
                self._builder(event.agent_id).system(event.summary, {"kind": "compaction"})
                self._meta.compaction_count += 1
        self._count()

    def measured(self, message_id: str, metrics: Metrics, request_file: str | None) -> None:
        """Take in what a model call took; the call's own events may come before or after."""
        self._measured[message_id] = metrics
        if request_file is not None:
            self._requests[message_id] = request_file
        self._main.measured(message_id, metrics)
        for subagent in self._subagents.values():
            subagent.changed = subagent.builder.measured(message_id, metrics) or subagent.changed

    def step_of_calls(self, call_ids: Iterable[str]) -> Step | None:
        """Return the main agent's latest step among those that the tool calls belong to or came out of."""
        steps = [step for call_id in call_ids if (step := self._main_step(call_id)) is not None]
        return max(steps, key=lambda step: step.step_id, default=None)

    def are_main(self, call_ids: Iterable[str]) -> bool:
        """Whether tool calls are the main agent's, and not those of a subagent."""
        return any(self._main.step_of_call(call_id) is not None for call_id in call_ids)

    def last_step(self) -> Step:
        """Return the last step of the main agent that called a tool, or the very last one."""
        steps = self.trajectory.own_steps
        return next((step for step in reversed(steps) if step.tool_calls), self.trajectory.steps[-1])

    def tag_for(self, step: Step, label: str) -> str:
        """Return a new tag for the files after a step, and take note of it.

        A step may be looked at more than once, when its subagents go on working; the newest tag is the one
        that counts, and the step's plain name goes to the first.
        """
        looks = self._looks[step.step_id] = self._looks.get(step.step_id, 0) + 1
        tag = f"_step_{label}_{step.step_id}" + ("" if looks == 1 else f".{looks}")
        self._tags[step.step_id] = tag
        return tag

    def save(self) -> None:
        """Write the trajectories.

        Raises:
            OSError: they cannot be written.
        """
        write_json(self._folder.trajectory, self.trajectory.as_dict())
        for subagent in self._subagents.values():
            if subagent.changed and self._keep_subagents:
                write_json(self._folder.path / subagent.file, subagent.builder.trajectory.as_dict())
                subagent.changed = False

    def finish(self) -> None:
        """Link subagents whose call never came to its end, and write everything a last time."""
        for call_id, subagent in self._subagents.items():
            if subagent.linked or not self._keep_subagents:
                continue
            step = self._builder(subagent.parent).step_of_call(call_id)
            if step is not None:
                step.results.append(Result(call_id, None, [subagent.reference()]))
        self.save()

    def turn_map(self, marks: Mapping[str, Marks]) -> Json:
        """Return `uuid_map.json`: which turn is which in the transcript, the trajectory and the requests."""
        turns = []
        for number, (message_id, step) in enumerate(self._main.message_ids(), 1):
            mark = marks.get(message_id, Marks())
            turns.append(
                {
                    "turn_index": number,
                    "message_id": message_id,
                    "request_file": self._requests.get(message_id),
                    "atif_step_ids": [step.step_id],
                    "transcript_assistant_uuids": mark.answer,
                    "transcript_tool_result_uuids": mark.results,
                    "tool_call_ids": [call.tool_call_id for call in step.tool_calls],
                    "shadow_git_tag": self._tags.get(step.step_id),
                    "timestamp": step.timestamp,
                }
            )
        return {"turns": turns}

    def _builder(self, agent_id: str | None) -> Builder:
        """Return where an agent's steps go.

        A subagent that nobody announced is the main agent's own voice.
        """
        subagent = self._subagents.get(agent_id) if agent_id is not None else None
        if subagent is None:
            return self._main
        subagent.changed = True
        return subagent.builder

    def _spawned(self, event: Spawned) -> None:
        if event.call_id in self._subagents:
            return
        main = self.trajectory
        identity = event.subagent_id or event.call_id
        trajectory = Trajectory(
            agent_name=event.name,
            agent_version=main.agent_version,
            model_name=main.model_name,
            session_id=main.session_id,
            trajectory_id=f"{main.trajectory_id}/{identity}",
            extra=main.extra | {"parent_tool_call_id": event.call_id},
        )
        file = self._folder.subagent(event.name, identity).name
        self._subagents[event.call_id] = _Subagent(Builder(trajectory), file, event.agent_id)
        self._subagents[event.call_id].builder.user(event.prompt)
        self._meta.subagent_count += 1

    def _link(self, call_id: str) -> None:
        """Let a tool's result refer to the trajectory of the subagent that the call started."""
        subagent = self._subagents.get(call_id)
        if subagent is None or subagent.linked or not self._keep_subagents:
            return
        result = self._builder(subagent.parent).result_of(call_id)
        if result is not None:
            result.subagent_trajectory_ref = [subagent.reference()]
            subagent.linked = True

    def _main_step(self, call_id: str) -> Step | None:
        step = self._main.step_of_call(call_id)
        if step is not None:
            return step
        for outer, subagent in self._subagents.items():
            if subagent.builder.step_of_call(call_id) is not None:
                return self._main_step(outer)
        return None

    def _count(self) -> None:
        own = self.trajectory.own_steps
        self._meta.step_count = len(own)
        self._meta.tool_call_count = sum(len(step.tool_calls) for step in own)
        self._meta.num_turns = self._main.turns


class _Subagent:
    """A subagent's trajectory under construction."""

    def __init__(self, builder: Builder, file: str, parent: str | None) -> None:
        self.builder = builder
        self.file = file
        self.parent = parent
        self.linked = False
        self.changed = True

    def reference(self) -> SubagentRef:
        """Return the reference that stands at the call that started it."""
        trajectory = self.builder.trajectory
        return SubagentRef(trajectory.trajectory_id, self.file, trajectory.session_id)
