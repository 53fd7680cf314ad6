"""A session of a production log as a record: its calls in the order in which they were made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from capture.cursor.cursor import CursorError
from capture.cursor.log_lines import Line, lines_holding
from tessen.exchange import Exchange
from tessen.paths import log_files, safe_agent

RESULTS = "judged"
SHORTEST_ID = 6
"""Characters of an id that it takes to look it up."""


@dataclass(frozen=True, slots=True)
class LogSession:
    """The calls of a session, up to the one that was named."""

    agent: str
    session_id: str
    lines: list[Line]
    """Where its events are, oldest first."""
    until: str | None
    """The event at which the record was cut; None for the whole session."""
    results: Path
    """The folder for verdicts on it; it need not exist."""

    def exchanges(self) -> Iterator[Exchange]:
        """Yield its calls, read one by one: all of a long session together would fill the memory."""
        return (Exchange.from_event(each.event()) for each in self.lines)

    @property
    def title(self) -> str:
        """What it is, for people."""
        upto = "" if self.until is None else f" up to event {self.until}"
        return f"session {self.agent}:{self.session_id}{upto}"


def log_session(log_dir: Path, name: str) -> LogSession:
    """Return a session of a log.

    Args:
        log_dir: The folder that the agents' folders are in.
        name: `agent:session_id` for all of it, or `agent:event_id` for its calls up to that one. The
            beginning of an id will do where only one has it.

    Raises:
        CursorError: there is none, or there are several.
        OSError: a log file cannot be read.
    """
    agent, _, identity = name.rpartition(":")
    if not agent or len(identity) < SHORTEST_ID:
        raise CursorError(
            f"{name}: a session is named agent:session_id or agent:event_id, by {SHORTEST_ID} or more of it"
        )
    folder = log_dir / safe_agent(agent)
    files = log_files(folder)
    if not files:
        raise CursorError(f"{folder}: there is no log of this agent")
    session, until = _named(files, identity)
    if not session:
        raise CursorError(f"{name}: the event is of no session; its recorder gave it none")
    lines = [each for path in files for each in _of_session(path, session)]
    lines.sort(key=_when)
    if until is not None:
        lines = lines[: 1 + next(at for at, each in enumerate(lines) if each.ids.event_id == until)]
    return LogSession(agent, session, lines, until, folder / RESULTS / safe_agent(session))


def _named(files: list[Path], identity: str) -> tuple[str, str | None]:
    """Return the session that an id or its beginning names, and the event, if it names one."""
    events: dict[str, str] = {}
    sessions: set[str] = set()
    for path in files:
        for ids in (each.ids for each in lines_holding(path, identity)):
            if ids.event_id.startswith(identity):
                events[ids.event_id] = ids.session_id
            if ids.session_id.startswith(identity):
                sessions.add(ids.session_id)
    if identity in sessions or (len(sessions) == 1 and not events):
        return (identity if identity in sessions else sessions.pop()), None
    if identity in events or (len(events) == 1 and not sessions):
        event = identity if identity in events else next(iter(events))
        return events[event], event
    if events or sessions:
        raise CursorError(f"{identity}: {len(events) + len(sessions)} begin so; give more of the id")
    raise CursorError(f"{files[0].parent}: there is no session and no event {identity}")


def _of_session(path: Path, session: str) -> Iterator[Line]:
    return (each for each in lines_holding(path, session) if each.ids.session_id == session)


def _when(line: Line) -> float:
    ts = line.ids.ts
    return float(ts) if isinstance(ts, int | float) else 0.0
