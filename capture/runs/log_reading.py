"""One session of a production log, read as a session of a run is: steps, calls, writes, verdicts.

What belongs here is keeping up with a session that goes on: of a log that grew, only the new calls are read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from capture.atif.from_exchanges import Rebuilding
from capture.cursor.log_lines import Line
from capture.cursor.log_session import LogSession, log_session
from capture.judge.scope import turn_ends
from capture.runs.files import read_lines
from capture.runs.folder import SessionFolder
from capture.runs.log_calls import LogCall, call_of, placed
from capture.runs.log_writes import LogWrites, writes_of
from capture.runs.reading import ReadSession
from tessen.exchange import Exchange

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReadLog:
    """A session of a log as it is by now."""

    found: LogSession
    session: ReadSession
    """Its steps; the changes are those that its tool calls say, the verdicts those given on it."""
    agent: str
    """As its events name it; raw."""
    calls: Sequence[LogCall]
    writes: LogWrites

    @property
    def agent_folder(self) -> Path:
        """The folder of the agent's log."""
        return self.found.results.parent.parent

    def call(self, event_id: str) -> LogCall | None:
        """The call of an event; None where it is not of this session."""
        return next((each for each in self.calls if each.event_id == event_id), None)


class LogReader:
    """A session of a log, read as often as it grows.

    Args:
        log_dir: The folder that the agents' folders are in.
        name: `agent:session_id`, or `agent:event_id` for its calls up to that one.
    """

    def __init__(self, log_dir: Path, name: str) -> None:
        self._log_dir = log_dir
        self._name = name
        self._begin()

    def _begin(self) -> None:
        self._rebuilding = Rebuilding()
        self._calls: list[LogCall] = []
        self._agent = ""

    def read(self) -> ReadLog:
        """Read what is new of the session; takes time for a long one, so it is called in a thread.

        Raises:
            CursorError: there is no such session.
            OSError: a log file cannot be read.
        """
        found = log_session(self._log_dir, self._name)
        if [call.line for call in self._calls] != found.lines[: len(self._calls)]:
            self._begin()  # an earlier call came late, or a file is gone
        for line in found.lines[len(self._calls) :]:
            self._add(line)
        steps = tuple(self._rebuilding.trajectory.steps)
        turns = {step_id: turn for turn, step_id in enumerate(turn_ends(steps), 1)}
        writes = writes_of(steps)
        verdicts, problems = _verdicts(found.results / "judge.jsonl")
        folder = SessionFolder(found.results, 1)
        session = ReadSession(folder, steps, turns, {}, writes.changes, verdicts, problems)
        calls = placed(self._calls, steps, turns)
        return ReadLog(found, session, self._agent or found.agent, calls, writes)

    def _add(self, line: Line) -> None:
        exchange = Exchange.from_event(line.event())
        self._agent = self._agent or exchange.agent
        self._rebuilding.add(exchange)
        self._calls.append(call_of(len(self._calls) + 1, line, exchange))


def _verdicts(file: Path) -> tuple[Mapping[int, Sequence[Json]], list[str]]:
    """The rows on each turn, and what could not be read."""
    try:
        rows, bad = read_lines(file)
    except OSError as error:
        return {}, [f"{file}: {error.strerror}"]
    found: dict[int, list[Json]] = defaultdict(list)
    for row in rows:
        turn = row.get("turn")
        found[turn if isinstance(turn, int) else 0].append(row)
    return dict(found), [f"{file.name}: {bad} lines could not be read"] if bad else []
