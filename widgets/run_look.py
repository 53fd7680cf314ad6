"""What is looked at in a run: the border between the screen, which knows where one is, and the panes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from capture.runs.folder import RunFolder
from capture.runs.meta import RunMeta
from capture.runs.reading import ReadSession

Scope = Literal["step", "session", "run"]
"""Of what a diff is shown."""

SCOPES: tuple[Scope, ...] = ("step", "session", "run")


@dataclass(frozen=True, slots=True)
class Look:
    """A place in a run, with what was read of its session."""

    run: RunFolder
    meta: RunMeta
    session: ReadSession
    step: int | None
    """The step under the trajectory's cursor; None where there is none."""
    turn: int | None
    """Its turn: a model call of the main agent in this session; None for a prompt or a step taken over."""
    scope: Scope = "step"
    side_by_side: bool = False
    """Whether the pane is wide enough for two texts beside each other, or that was chosen."""

    @property
    def request(self) -> int | None:
        """The number of the turn's request in `raw_dumps`; None where none is on record."""
        return self.session.requests.get(self.turn) if self.turn is not None else None

    @property
    def session_name(self) -> str:
        """How the session is called: `2`, or `2 r03`."""
        folder = self.session.folder
        return f"{folder.index}" + (f" r{folder.replicate:02d}" if folder.replicate else "")
