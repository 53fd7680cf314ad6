"""Waiting for something to happen in a folder: file-system events, or looking again where there are none.

What belongs here knows nothing of logs: paths that changed come out, and "look yourself" where they are not
known.
"""

from __future__ import annotations

import threading
from pathlib import Path

from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

from capture.mounts import is_remote

STEP_MS = 12
"""How long events are gathered once one has come: the latency, against wake-ups while nothing happens."""

DEBOUNCE_MS = 40
"""The longest that they are gathered while more keep coming."""

POLL_S = 0.15
"""How often to look where there are no events."""


class Watch:
    """Watches a folder and everything below.

    Args:
        folder: The folder; need not exist yet.
        stop: Ends any waiting when set.
        polling: Do without events.
    """

    def __init__(self, folder: Path, stop: threading.Event, *, polling: bool = False) -> None:
        self._folder = folder
        self._stop = stop
        self._notify: RustNotify | None = None
        self.polling = polling or is_remote(folder)
        """Whether `wait` only ever says "look yourself"."""

    def wait(self, seconds: float) -> set[str] | None:
        """Wait for changes, at most so long.

        Returns:
            Paths that changed, none at the end of the time; None when it is not known what changed.
        """
        if self._notify is None and not self.polling and self._folder.is_dir():
            self._listen()
            return None
        if self._notify is None:
            self._stop.wait(min(seconds, POLL_S))
            return None
        try:
            found = self._notify.watch(DEBOUNCE_MS, STEP_MS, max(1, int(seconds * 1000)), self._stop)
        except (WatchfilesRustInternalError, OSError):
            self.close()
            self.polling = True
            return None
        if not isinstance(found, set):
            return set()
        paths = {path for _, path in found}
        if str(self._folder) in paths and not self._folder.is_dir():
            self.close()  # the folder itself went away; watch it anew when it is back
            return None
        return paths

    def _listen(self) -> None:
        try:
            self._notify = RustNotify([str(self._folder)], False, False, 0, True, True)
        except (WatchfilesRustInternalError, OSError):
            self.polling = True  # out of inotify watches, or none on this system

    def close(self) -> None:
        """Stop watching."""
        if self._notify is not None:
            self._notify.close()
        self._notify = None
