"""What an agent's program sees of the night: tasks that come in, and tools that return something.

The model server of an agent runs in its program's own process, so that what is about to be answered can be
laid out scene by scene. The programs know nothing of that: they are ordinary users of the SDKs.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from random import Random
from types import TracebackType

from capture.scripted import Script, ScriptedServer
from tessen_tui.demo.cast import AGENTS, Agent
from tessen_tui.demo.episodes import scenes
from tessen_tui.demo.scenes import Scene

START_VARIABLE = "TESSEN_DEMO_START"
"""Names the environment variable that holds the unix time in seconds at which the night began."""

LIVE_SEED = 1000
"""Ids of the live part are made from this and the agent's place in the cast, apart from the backlog's."""

LEAST_PAUSE_S = 0.02
"""The least rest between two tasks, so that no program can ever spin."""


class Task:
    """One task, as a program gets it."""

    def __init__(self, scene: Scene) -> None:
        self.text = scene.task
        self.leave_after = scene.leave_after
        """Pieces of a stream after which the caller of this task goes away; None if it stays."""
        self._results = iter(scene.results)

    def use_tool(self, name: str) -> str:
        """Return what a tool returned."""
        return next(self._results, f'{{"error": "{name} is not available"}}')


class Stage:
    """The model server and the tasks of one agent.

    On entering, the SDKs' usual environment variables name the server. It knows the answers to each task
    before the program gets that task.
    """

    def __init__(self, agent: Agent) -> None:
        self._began = float(os.environ.get(START_VARIABLE) or time.time())
        self._scenes = scenes(agent, Random(agent.name), lambda: time.time() - self._began)
        self._server = ScriptedServer(Script(seed=LIVE_SEED + AGENTS.index(agent)), keep=0)

    def tasks(self) -> Iterator[Task]:
        """Yield tasks for as long as the program asks for more."""
        for scene in self._scenes:
            self._server.clear()
            self._server.enqueue(*scene.answers)
            yield Task(scene)
            time.sleep(LEAST_PAUSE_S + scene.pause)

    def __enter__(self) -> Stage:
        self._server.start()
        os.environ["ANTHROPIC_BASE_URL"] = self._server.url
        os.environ["OPENAI_BASE_URL"] = f"{self._server.url}/v1"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()
