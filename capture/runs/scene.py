"""Where a session takes place: what it shares with the run, what it goes on from, and where its files are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from capture.atif.trajectory import Step
from capture.config import Config
from capture.engines.interface import Conversation, Engine
from capture.engines.routes import Route
from capture.judge import Backend
from capture.runs.answering import Answers
from capture.runs.limits import CostLimit
from capture.runs.progress import Report
from capture.shadow import Changelog, ShadowGit


@dataclass(frozen=True, slots=True)
class Setting:
    """What all sessions of a run have in common."""

    config: Config
    engine: Engine
    route: Route
    judge: Backend | None
    environment: dict[str, str]
    changelog: Changelog
    homes: Path
    report: Report
    save_meta: Callable[[], None]
    answers: Answers | None = None
    """Who answers in the model's place; None where the model itself does."""
    limit: CostLimit | None = None
    """What all of it may cost, together with whoever else shares the limit."""


@dataclass(frozen=True, slots=True)
class Past:
    """What a session goes on from."""

    conversation: Conversation
    fork: bool
    """Whether that conversation stays as it is."""
    steps: Sequence[Step]
    """Its trajectory's."""
    midway: bool = False
    """Whether it stops right before a model call, which is to be made again."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where one session takes place."""

    shadow: ShadowGit
    """Tracks the files the agent really changes."""
    cwd: Path
    """What the agent takes for its working directory."""
    wrap: Sequence[str] = ()
    """Shows the agent the files at `cwd`, where they are somewhere else."""
    past: Past | None = None
    moved_from: Path | None = None
    """Where the files were in the conversation that is gone on from, if the agent sees them elsewhere now."""
