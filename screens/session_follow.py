"""What was read of a log's session, and whether there is more by now.

What belongs here reads and decides, and draws nothing.
"""

from __future__ import annotations

from pathlib import Path

from capture.cursor.log_event import RESULTS
from capture.log.source import Change, EventSource, PlacedFinding, RowId
from capture.runs.log_reading import LogReader, ReadLog
from widgets.lines import Item
from widgets.log_look import FindingHere
from widgets.trajectory_lines import TrajectoryLines


class SessionFollow:
    """A session of a log as one looks at it.

    Args:
        log_dir: the folder that the agents' folders are in.
        agent: the agent's folder.
        session_id: whose calls.
    """

    def __init__(self, log_dir: Path, agent: str, session_id: str) -> None:
        self.log: ReadLog | None = None
        """The session as it was read last."""
        self._reader = LogReader(log_dir, f"{agent}:{session_id}")
        self._lines = TrajectoryLines()
        self._stamps: dict[Path, int] = {}

    def read(self) -> tuple[ReadLog, list[Item]]:
        """Read what is new, and lay out the trajectory; runs in a thread.

        Raises:
            CursorError: there is no such session.
            OSError: a log file cannot be read.
        """
        read = self._reader.read()
        return read, self._lines.items(read.session)

    def event_at(self, step: int | None) -> str:
        """The call that a step is of, else the one that it was sent with; empty where there is none."""
        if step is None or self.log is None:
            return ""
        later = (each for each in self.log.session.steps if each.step_id >= step)
        return str(next((each.extra["event_id"] for each in later if each.extra.get("event_id")), ""))

    def concerns(self, change: Change, source: EventSource) -> bool:
        """Whether a change of the log is one of this session."""
        return change.reset or not set(self._rows(source)).isdisjoint(change.new_rows)

    def jobs_added(self, event_id: str) -> bool:
        """Whether there are verdicts, or samples of a call, that were not there at the last question."""
        if self.log is None:
            return False
        samples = self.log.agent_folder / RESULTS
        now = {path: _stamp(path) for path in (self.log.session.folder.judge, samples, samples / event_id)}
        known, self._stamps = self._stamps, self._stamps | now
        return any(known.get(path, stamp) != stamp for path, stamp in now.items())

    def findings(self, source: EventSource) -> tuple[FindingHere, ...]:
        """The patterns that the session's calls are part of."""
        numbers = {call.ts: call.number for call in self.log.calls} if self.log is not None else {}
        found: dict[PlacedFinding, list[int]] = {}
        for row in self._rows(source):
            for finding in source.findings_of(row):
                found.setdefault(finding, []).append(numbers.get(source.row(row).ts, 0))
        return tuple(FindingHere(finding, tuple(filter(None, calls))) for finding, calls in found.items())

    def _rows(self, source: EventSource) -> list[RowId]:
        """The session's events, as far as they are in the index."""
        log = self.log
        row = source.find_event(log.agent, log.calls[0].event_id) if log is not None and log.calls else None
        return [] if row is None else [int(each) for each in source.session_rows(row)]


def _stamp(path: Path) -> int:
    """When a file or folder was changed last; 0 where there is none, and for a name that none can have."""
    try:
        return path.stat().st_mtime_ns
    except (OSError, ValueError):
        return 0
