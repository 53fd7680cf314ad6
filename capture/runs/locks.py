"""Signs of life: a file that a process has locked for as long as it is at work.

The lock is the system's own, and goes when the process does, however that ended.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from capture.runs.files import FILE_MODE

PATIENCE_S = 1.0
"""Whoever asks `is_held` has the lock too, for a moment, and must not be taken for a process at work."""
LOOK_EVERY_S = 0.02


def hold(path: Path) -> int:
    """Lock a file, which is made if it is not there, until the descriptor that is returned is closed.

    Raises:
        OSError: another process has it.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE)
    until = time.monotonic() + PATIENCE_S
    try:
        while not _locked(handle, or_raise=time.monotonic() >= until):
            time.sleep(LOOK_EVERY_S)
    except OSError:
        os.close(handle)
        raise
    return handle


def _locked(handle: int, *, or_raise: bool) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if or_raise:
            raise
        return False
    return True


def is_held(path: Path) -> bool:
    """Whether some living process has a file locked; one that is not there is not."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False
