"""What a run says while it goes on, for whoever shows it. Each message is a small value, and none waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from capture.runs.meta import RunMeta, SessionMeta


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The run's folder is there."""

    path: Path
    meta: RunMeta


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """A session begins."""

    session: SessionMeta


@dataclass(frozen=True, slots=True)
class SessionMoved:
    """Something happened in a session."""

    session: SessionMeta
    tool: str | None = None
    """The tool that was called, if that is what happened."""


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """A session is over."""

    session: SessionMeta


@dataclass(frozen=True, slots=True)
class Remark:
    """Something a person should know."""

    text: str


Progress = RunStarted | SessionStarted | SessionMoved | SessionEnded | Remark
Report = Callable[[Progress], None]
