"""Where in a run one wants to be, and what was read of it there; a living run is followed to its newest step.

What belongs here reads and decides, and draws nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from capture.runs.catalogue import RunRow, read_row
from capture.runs.folder import RunFolder, SessionFolder
from capture.runs.reading import ReadSession, read_session
from screens.run_place import RunPlace
from widgets.lines import Item, line
from widgets.trajectory_lines import TrajectoryLines


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of a run."""

    row: RunRow
    session: ReadSession | None
    """None where there is none to show."""
    lines: TrajectoryLines
    items: Sequence[Item]
    """The session's trajectory, or why there is none."""


class RunFollow:
    """A run as one looks at it.

    Args:
        path: its folder.
        place: where to begin; None begins, and stays, at the newest step of a living run.
    """

    def __init__(self, path: Path, place: RunPlace | None) -> None:
        self.folder = RunFolder(path)
        self.row: RunRow | None = None
        """None until it is read."""
        self.session: ReadSession | None = None
        """The session on screen, as it was read last."""
        self._wanted = place or RunPlace()
        self._lines = TrajectoryLines()
        self._following = self._wanted == RunPlace()

    @property
    def is_running(self) -> bool:
        """Whether the run is alive."""
        return self.row is not None and self.row.state == "running"

    @property
    def is_followed(self) -> bool:
        """Whether one stays at the newest step of a living run."""
        return self._following and self.is_running

    def go(self, place: RunPlace) -> None:
        """Want to be elsewhere, and stay there."""
        self._wanted = place
        self._following = False

    def stay(self) -> None:
        """Stay in the session on screen when the run is read again, unless its newest is followed."""
        if self.session is not None and not self.is_followed:
            folder = self.session.folder
            self._wanted = RunPlace(folder.index, folder.replicate, self._wanted.step)

    def stand_at(self, step: int | None) -> None:
        """The cursor has come to a step: at the newest of a living run it is followed, elsewhere not."""
        if self.is_running and self.session is not None:
            self._following = step == self.session.last_step

    async def read(self, listed: RunRow | None) -> Reading:
        """Read the run and the session that is wanted; of a living run that is followed, the newest.

        Args:
            listed: the run as the list of runs knows it; None where it does not.
        """
        kept = (self.session.folder, self._lines) if self.session is not None else None
        return await asyncio.to_thread(_read, self.folder, listed, self._wanted, self._following, kept)

    def take(self, reading: Reading) -> bool:
        """What was read is on screen now; whether it is a later state of what was there."""
        before, self.session = self.session, reading.session or self.session
        self.row, self._lines = reading.row, reading.lines
        return before is not None and before.folder == (reading.session or before).folder

    def take_wanted_step(self) -> int | None:
        """The step at which one wants to arrive, once."""
        step, self._wanted = self._wanted.step, replace(self._wanted, step=None)
        return step


def _read(
    run: RunFolder,
    listed: RunRow | None,
    wanted: RunPlace,
    following: bool,
    kept: tuple[SessionFolder, TrajectoryLines] | None,
) -> Reading:
    """Read from disk, in a thread; `kept` are the lines of the session that was read last."""
    row = listed or read_row(run)
    folder = _find_session(run, wanted, newest=following and row.state == "running")
    if folder is None:
        return Reading(row, None, TrajectoryLines(), [line((_without_session(row, wanted), "dim"))])
    lines = kept[1] if kept is not None and kept[0] == folder else TrajectoryLines()
    session = read_session(run, folder)
    return Reading(row, session, lines, lines.items(session))


def _find_session(run: RunFolder, wanted: RunPlace, *, newest: bool) -> SessionFolder | None:
    """The session that is wanted; where none is, the first or the newest."""
    try:
        there = list(run.sessions())
    except OSError:
        return None
    if wanted.session is None:
        return there[-1 if newest else 0] if there else None
    same = [each for each in there if each.index == wanted.session]
    exact = [each for each in same if each.replicate == wanted.replicate]
    return next(iter(exact or same), None)


def _without_session(row: RunRow, wanted: RunPlace) -> str:
    """Why there is no session to show; raw."""
    if wanted.session is not None:
        return f"there is no session {wanted.session} in this run"
    return row.problem or "no session has begun yet"
