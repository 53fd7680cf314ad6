"""Where in a run one wants to be, and what was read of it there; a living run is followed to its newest step.

What belongs here reads and decides, and draws nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from capture.runs.catalogue import RunRow
from capture.runs.folder import RunFolder, SessionFolder
from capture.runs.reading import ReadSession, read_session
from screens.run_place import RunPlace
from widgets.lines import Item
from widgets.trajectory_lines import TrajectoryLines


class RunFollow:
    """A run as one looks at it.

    Args:
        path: its folder.
        place: where to begin; None begins, and stays, at the newest step of a living run.
    """

    def __init__(self, path: Path, place: RunPlace | None) -> None:
        self.folder = RunFolder(path)
        self.row: RunRow | None = None
        self.session: ReadSession | None = None
        """The session on screen, as it was read last."""
        self._wanted = place or RunPlace()
        self._lines = TrajectoryLines()
        self._lines_of: SessionFolder | None = None
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

    def find_session(self) -> SessionFolder | None:
        """The session that is wanted; of a living run that is followed, the newest. Looks on disk."""
        try:
            there = list(self.folder.sessions())
        except OSError:
            return None
        index, replicate = self._wanted.session, self._wanted.replicate
        if index is None:
            return there[-1 if self.is_followed else 0] if there else None
        same = [each for each in there if each.index == index]
        exact = [each for each in same if each.replicate == replicate]
        return next(iter(exact or same), None)

    def without_session(self) -> str:
        """Why there is no session to show; raw."""
        if self._wanted.session is not None:
            return f"there is no session {self._wanted.session} in this run"
        return self.row.problem if self.row and self.row.problem else "no session has begun yet"

    async def read(self, folder: SessionFolder) -> tuple[list[Item], bool]:
        """Read a session.

        Returns:
            Its trajectory, and whether that is a later state of the one on screen.
        """
        if folder != self._lines_of:
            self._lines, self._lines_of = TrajectoryLines(), folder
        session, items = await asyncio.to_thread(_read, self.folder, folder, self._lines)
        again = self.session is not None and self.session.folder == folder
        self.session = session
        return items, again

    def take_wanted_step(self) -> int | None:
        """The step at which one wants to arrive, once."""
        step, self._wanted = self._wanted.step, replace(self._wanted, step=None)
        return step


def _read(run: RunFolder, folder: SessionFolder, lines: TrajectoryLines) -> tuple[ReadSession, list[Item]]:
    """Read a session and lay out its trajectory; runs in a thread."""
    session = read_session(run, folder)
    return session, lines.items(session)
