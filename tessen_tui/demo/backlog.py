"""The last ninety minutes, written at once: what the agents did before the demo was started.

Deterministic but for the moment it ends at. Lines go where the recorder would have put them, oldest first.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict, deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import NamedTuple

import orjson

from capture.scripted import Answer
from capture.scripted.reply import Ids
from tessen.paths import log_name, safe_agent
from tessen_tui.demo.cast import AGENTS, Agent, Json
from tessen_tui.demo.conversation import Conversation
from tessen_tui.demo.episodes import ATTEMPTS, TIMETABLE, cost_spike, overloaded, rate_limited, tool_loop
from tessen_tui.demo.past import Call, event_of
from tessen_tui.demo.scenes import Scene, ordinary

SPAN_S = 90 * 60.0
"""How far back it goes, seconds."""

OPENING_S = 5.0
"""How far it goes on past the moment of starting: until the live part has surely begun, seconds."""

OPENING_PAUSE_S = 1.5
"""Mean pause between two tasks of an agent in these seconds, about as in the live part."""

TROUBLE = 0.05
"""The share of tasks in which something goes wrong."""

TOO_MUCH = (tool_loop, cost_spike)
"""Trouble that is kept for the live part."""

REPEATED = (rate_limited, overloaded)
"""Trouble that comes in rows."""

_CALL = re.compile(r"\bclient\.[a-z.]+\.(create|stream)\(")
_DEF = re.compile(r"\s*(?:async )?def (\w+)")


class Line(NamedTuple):
    """One line of a log file that is still to be written."""

    due: float
    """Unix time in seconds at which its call ends."""
    file: Path
    data: bytes
    """Ends in a newline."""


def write_backlog(log_dir: Path, programs: Path, now: float) -> list[Line]:
    """Write the backlog of all agents.

    Args:
        log_dir: The log folder. Made if it is missing.
        programs: The folder with the agents' programs, which the call sites point to.
        now: Unix time in seconds up to which it is written.

    Returns:
        The lines that are due in the seconds after that, in order.
    """
    past: dict[Path, list[bytes]] = defaultdict(list)
    to_come = []
    for agent in AGENTS:
        folder = log_dir / safe_agent(agent.name)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for event in _Past(agent, call_site(programs / f"{agent.name}.py")).events(now):
            line = _line(event, folder)
            if line.due > now:
                to_come.append(line)
            else:
                past[line.file].append(line.data)
    for file, lines in past.items():
        append(Line(now, file, b"".join(lines)))
    return sorted(to_come)


def append(line: Line) -> None:
    """Append a line to its file, as the recorder would: one write to a file that only its owner can read."""
    file = os.open(line.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, line.data)
    finally:
        os.close(file)


def call_site(program: Path) -> Json:
    """Return where a program calls the model: the file, the line from 1, and the function."""
    function = "<module>"
    for number, line in enumerate(program.read_text(encoding="utf-8").splitlines(), 1):
        if definition := _DEF.match(line):
            function = definition[1]
        if _CALL.search(line):
            return {"file": str(program), "line": number, "func": function}
    raise ValueError(f"{program} calls no model")


class _Past:
    """One agent's past.

    Args:
        agent: Whose.
        where: Where its program calls the model.
    """

    def __init__(self, agent: Agent, where: Json) -> None:
        self._agent = agent
        self._where = where
        self._random = Random(f"backlog of {agent.name}")
        self._calls = 0

    def events(self, now: float) -> Iterator[Json]:
        """Yield the agent's events in the order in which they end, up to a little after a unix time."""
        between = self._agent.seconds_between
        at = now - SPAN_S + self._random.uniform(0, between)
        while at < now + OPENING_S:
            for scene in self._scenes():
                for event in self._play(scene, at):
                    at = event["ts"] + event["duration_ms"] / 1000
                    yield event
                at += self._random.uniform(0.2, 1.0)
            pause = self._random.expovariate(1 / between)
            # whoever would sleep through the beginning wakes up in time for it
            at = max(at + self._random.uniform(0, OPENING_PAUSE_S), min(at + pause, now))

    def _scenes(self) -> list[Scene]:
        """Return what happens next: a task, or now and then the same trouble a few times over."""
        random = self._random
        plots = [e.plot for e in TIMETABLE if e.agent == self._agent.name and e.plot not in TOO_MUCH]
        if not plots or random.random() > TROUBLE:
            return [ordinary(self._agent, random)]
        plot = random.choice(plots)
        repeated = random.randint(2, 6) if plot in REPEATED else 1
        return [plot(self._agent, random) for _ in range(repeated)]

    def _play(self, scene: Scene, at: float) -> Iterator[Json]:
        """Yield the events of one task, which begins at a unix time in seconds."""
        random = self._random
        talk = Conversation(self._agent, scene.task)
        waiting, results = deque(scene.answers), iter(scene.results)
        session = f"{random.getrandbits(128):032x}"
        while waiting:
            ids = Ids(AGENTS.index(self._agent), self._calls)
            call = Call(self._agent, session, talk.body(), _attempts(waiting), self._where, ids, at)
            event, answer = event_of(call, random)
            yield event
            if answer is None:
                return
            talk.take(answer, lambda _: next(results, ""))
            at += event["duration_ms"] / 1000 + random.uniform(0.05, 0.6)
            self._calls += 1


def _attempts(waiting: deque[Answer]) -> list[Answer]:
    """Take the answers to one call: errors are tried again, as the SDKs do."""
    taken = [waiting.popleft()]
    while taken[-1].error is not None and waiting and len(taken) < ATTEMPTS:
        taken.append(waiting.popleft())
    return taken


def _line(event: Json, folder: Path) -> Line:
    day = datetime.fromtimestamp(event["ts"], UTC).date().isoformat()
    due = event["ts"] + event["duration_ms"] / 1000
    return Line(due, folder / log_name(day), orjson.dumps(event) + b"\n")
