"""Temporary folders that a run works in, and those that a killed one has left.

What belongs here is whose a folder is: it is locked for as long as whoever made it lives, however that ends.
A folder that nobody holds is left over, and the next run removes it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PREFIX = "tessen-harness-"


@dataclass(slots=True)
class Room:
    """A temporary folder that is this process's."""

    path: Path
    lock: int | None
    """What is closed when it no longer is; None from then on."""

    def remove(self) -> None:
        """Remove it with everything in it, once; what cannot be removed stays, and nobody's."""
        lock, self.lock = self.lock, None
        if lock is not None:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(lock)


def make_room() -> Room:
    """Make a temporary folder.

    Raises:
        OSError: that is not possible.
    """
    while True:
        path = Path(tempfile.mkdtemp(prefix=PREFIX))
        room = _taken(path)
        if room is not None:
            return room  # else somebody found it before it was locked, and has removed it


def abandoned_rooms() -> Iterator[Room]:
    """Take the folders that are left of processes which have died; to be removed by the caller."""
    with contextlib.suppress(OSError), os.scandir(tempfile.gettempdir()) as found:
        for entry in found:
            with contextlib.suppress(OSError):
                if entry.name.startswith(PREFIX) and entry.stat(follow_symlinks=False).st_uid == os.geteuid():
                    room = _taken(Path(entry.path))
                    if room is not None:
                        yield room


def _taken(path: Path) -> Room | None:
    """Lock a folder; None where another process has it, or it has been removed."""
    try:
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(lock), path.lstat()):
            return Room(path, lock)
    except (BlockingIOError, FileNotFoundError):
        pass
    except BaseException:
        os.close(lock)
        raise
    os.close(lock)
    return None
