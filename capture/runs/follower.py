"""Keeping up with a folder of runs: those that appear, those that move, those that end or are killed.

What belongs here is knowing when to read again. A finished run does not move, so only the folder itself and
living runs are watched; everything is looked at every few seconds besides, for what gives no events.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from pathlib import Path

from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

from capture.mounts import is_remote
from capture.runs.catalogue import Catalogue, RunRow
from capture.runs.folder import RunFolder

STEP_MS = 20
"""How long events are gathered once one has come."""

DEBOUNCE_MS = 150
"""The longest that they are gathered while more keep coming."""

LIVE_S = 1.0
"""How often to look without any event while a run lives: a killed one says nothing."""

IDLE_S = 5.0
"""How often to look without any event while none does."""

MOST_BARE = 20
"""How many folders without a run in them are watched for one."""


class RunsFollower:
    """The runs of one folder, and what becomes of them.

    Args:
        folder: Where run folders are; need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = str(folder)
        """What the folder is called on screen; raw."""
        self.rows: list[RunRow] = []
        """As of the last reading, newest first."""
        self.problem = ""
        """Why the folder itself cannot be read; raw."""
        self._catalogue = Catalogue(folder)
        self._remote = is_remote(folder)

    def row(self, path: Path) -> RunRow | None:
        """Return one run, as of the last reading."""
        return next((row for row in self.rows if row.path == path), None)

    async def changes(self) -> AsyncIterator[frozenset[Path]]:
        """Yield the folders of runs that came, went, or changed in anything; at once a first time."""
        stop = threading.Event()
        notify: _Notify | None = None
        touched: set[str] = set()
        first = True
        try:
            while True:
                changed = await self._read_again() | self._runs_of(touched)
                if changed or first:
                    first = False
                    yield frozenset(changed)
                paths = await asyncio.to_thread(self._watched)
                if notify is None or notify.paths != paths:
                    notify = _Notify(paths, remote=self._remote)  # read again: it may have missed something
                    touched = set()
                else:
                    touched = await asyncio.to_thread(notify.wait, self._patience, stop)
        finally:
            stop.set()

    @property
    def _patience(self) -> float:
        return LIVE_S if any(row.moving for row in self.rows) else IDLE_S

    async def _read_again(self) -> set[Path]:
        """Read the folder; returns the runs that are not what they were."""
        before = {row.path: row for row in self.rows}
        try:
            self.rows, self.problem = await asyncio.to_thread(self._catalogue.read), ""
        except OSError as error:
            self.rows, self.problem = [], f"{self.folder}: {error.strerror}"
        now = {row.path: row for row in self.rows}
        return {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}

    def _runs_of(self, touched: Iterable[str]) -> set[Path]:
        """The runs in whose folders something was touched."""
        known = {row.path for row in self.rows}
        return {run for name in touched for run in Path(name).parents if run in known}

    def _watched(self) -> frozenset[str]:
        """The folders to watch: this one, those of living runs, and those that may become one.

        Looks on disk, so it is called in a thread.
        """
        if not self.folder.is_dir():
            return frozenset()
        found = [self.folder, *self._catalogue.bare[:MOST_BARE]]
        for row in self.rows:
            if row.moving or row.state == "broken":
                found.append(row.path)
                with suppress(OSError):  # it may be gone already
                    found += [session.path for session in RunFolder(row.path).sessions()]
        return frozenset(map(str, found))


class _Notify:
    """Waits for changes in some folders, not in those below; or only waits, where there are no events."""

    def __init__(self, paths: frozenset[str], *, remote: bool) -> None:
        self.paths = paths
        self._notify: RustNotify | None = None
        if not paths or remote:
            return
        try:
            self._notify = RustNotify(sorted(paths), False, False, 0, False, True)
        except (WatchfilesRustInternalError, OSError):
            self._notify = None  # one of them is gone already, or the system has no more to give

    def wait(self, seconds: float, stop: threading.Event) -> set[str]:
        """Wait at most so long, in a thread of its own; returns the paths that changed."""
        if self._notify is None:
            stop.wait(min(seconds, LIVE_S))
            return set()
        try:
            found = self._notify.watch(DEBOUNCE_MS, STEP_MS, int(seconds * 1000), stop)
        except (WatchfilesRustInternalError, OSError):
            self._notify = None
            return set()
        return {path for _, path in found} if isinstance(found, set) else set()
