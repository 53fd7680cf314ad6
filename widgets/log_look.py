"""What is looked at in a session of a log: the border between screen and panes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from capture.log.source import PlacedFinding
from capture.runs.log_calls import LogCall
from capture.runs.log_reading import ReadLog
from capture.runs.reading import ReadSession
from widgets.run_look import Scope


@dataclass(frozen=True, slots=True)
class FindingHere:
    """A pattern over several events, as seen from a session."""

    finding: PlacedFinding
    calls: Sequence[int]
    """Numbers of the session's calls that show it, in order."""


@dataclass(frozen=True, slots=True)
class LogLook:
    """A place in a session of a log, with what was read of it."""

    log: ReadLog
    step: int | None
    """The step under the trajectory's cursor; None where there is none."""
    turn: int | None
    """Its turn; None for what is no answered call."""
    event_id: str = ""
    """The call that the step is of, else the one that it was sent with; empty where there is none."""
    scope: Scope = "step"
    side_by_side: bool = False
    """Whether the pane is wide enough for two texts beside each other, or that was chosen."""
    findings: Sequence[FindingHere] = ()
    """The patterns over several events that calls of the session are part of."""

    @property
    def session(self) -> ReadSession:
        """Its steps, changes and verdicts."""
        return self.log.session

    @property
    def session_name(self) -> str:
        """Its id."""
        return self.log.found.session_id

    @property
    def meta(self) -> object:
        """What is known of the session beside its calls: equal as long as nothing of it has changed."""
        return self.findings

    @property
    def call(self) -> LogCall | None:
        """The call that one is at."""
        return self.log.call(self.event_id) if self.event_id else None
