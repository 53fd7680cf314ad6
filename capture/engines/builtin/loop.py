"""The agent's loop: ask the model, run the tools it wants, tell it what they said, until it wants none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from capture.engines.builtin.conversation import Json, Kept, result_block
from capture.engines.builtin.dialects import Call, ModelAnswer
from capture.engines.builtin.model import Model, ModelError
from capture.engines.builtin.toolbox import TOOLS, agent_tool
from capture.engines.builtin.tools import Tool, ToolError
from capture.engines.builtin.wire import Task
from capture.engines.interface import Called, Ended, EngineEvent, Returned, Said, Spawned, Started

Tell = Callable[[EngineEvent], None]

SUBAGENT_TURNS = 50


@dataclass(frozen=True, slots=True)
class _Actor:
    """Who is at work: the main agent, or a subagent within one tool call."""

    agent_id: str | None
    system: str
    tools: dict[str, Tool]
    model: str | None
    max_turns: int


class Loop:
    """One session of the builtin agent."""

    def __init__(self, task: Task, model: Model, tell: Tell) -> None:
        self._task = task
        self._model = model
        self._tell = tell

    async def run(self) -> None:
        """Work until the task is done, and tell how it ended."""
        task = self._task
        self._tell(Started(task.session_id))
        kept = Kept(Path(task.transcript))
        kept.mend()
        if task.prompt:
            kept.add("user", task.prompt)
        main = _Actor(None, task.system_prompt, self._tools_of(task.tools), None, task.max_turns)
        try:
            turns, answer = await self._work(main, kept)
        except ModelError as error:
            self._tell(Ended("error", str(error)))
            return
        unfinished = bool(answer.calls)
        self._tell(Ended("max_turns" if unfinished else "completed", num_turns=turns))

    async def _work(self, actor: _Actor, kept: Kept) -> tuple[int, ModelAnswer]:
        """Go round the loop; returns the number of turns and the last answer."""
        schemas = [tool.schema() for tool in actor.tools.values()]
        turn = 0
        while True:
            turn += 1
            answer = await self._model.ask(
                actor.system, kept.messages, schemas, model=actor.model, agent=actor.agent_id
            )
            kept.add("assistant", answer.blocks, id=answer.id, model=answer.model)
            self._report(answer, actor)
            if not answer.calls:
                return turn, answer
            results = await asyncio.gather(*(self._call(call, actor) for call in answer.calls))
            kept.add("user", results)
            if turn >= actor.max_turns:
                return turn, answer

    def _report(self, answer: ModelAnswer, actor: _Actor) -> None:
        who, model = actor.agent_id, answer.model
        self._tell(Said(answer.id, answer.text, answer.thinking, model, who))
        for call in answer.calls:
            self._tell(Called(answer.id, call.id, call.name, call.arguments or {}, model, who))

    async def _call(self, call: Call, actor: _Actor) -> Json:
        try:
            tool = actor.tools.get(call.name)
            if tool is None:
                raise ToolError(f"there is no tool {call.name}; there are {', '.join(actor.tools)}")
            arguments = call.arguments
            if tool.name == "Agent" and arguments is not None:
                arguments = {**arguments, "": call.id}
            content, failed = await tool.call(arguments), False
        except ToolError as error:
            content, failed = str(error), True
        self._tell(Returned(call.id, content, failed, actor.agent_id))
        return result_block(call.id, content, failed)

    def _tools_of(self, names: Sequence[str]) -> dict[str, Tool]:
        tools = {name: TOOLS[name] for name in names if name in TOOLS}
        agents = [(agent["name"], agent["description"]) for agent in self._task.agents]
        return tools | {"Agent": agent_tool(agents, self._delegate)} if agents else tools

    async def _delegate(self, arguments: Json) -> str:
        """Run a subagent for one call of the Agent tool, whose id stands under the empty name."""
        call_id, name, prompt = arguments[""], arguments["subagent_type"], arguments["prompt"]
        agent = next((each for each in self._task.agents if each["name"] == name), None)
        if agent is None:
            raise ToolError(f"there is no subagent {name}")
        self._tell(Spawned(call_id, name, prompt, subagent_id=call_id))
        allowed = self._task.tools if agent["tools"] is None else agent["tools"]
        tools = {each: TOOLS[each] for each in allowed if each in TOOLS}
        model = None if agent["model"] in (None, "inherit") else agent["model"]
        kept = Kept(None)
        kept.add("user", prompt)
        try:
            _, answer = await self._work(_Actor(call_id, agent["prompt"], tools, model, SUBAGENT_TURNS), kept)
        except ModelError as error:
            raise ToolError(f"the subagent failed: {error}") from None
        return answer.text or "(the subagent said nothing)"
