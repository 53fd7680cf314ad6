"""A place in a run: what a deep link names, a search finds, and a launch starts from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunPlace:
    """A session of a run, and perhaps a step of it."""

    session: int | None = None
    """From 1; None for the run's first."""
    replicate: int | None = None
    """None for a session without replicates, or the first of several."""
    step: int | None = None
    """A step id; None for the session's beginning."""
