"""Keeping files up to date while a session goes on, at a cost that does not grow with it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from capture.runs.files import FILE_MODE

NEGLIGIBLE_S = 0.02
SHARE = 20
"""What takes longer than negligible is done in at most one part in so many of the time."""
CHUNK = 1 << 20


class Pace:
    """Runs something often while it is quick, and less often when it has become slow."""

    def __init__(self) -> None:
        self._took = 0.0
        self._ended = 0.0

    def run(self, work: Callable[[], None]) -> float:
        """Run it, unless it ran a moment ago and takes long.

        Returns:
            After how many seconds it is time, where it was not run; 0 where it was.
        """
        left = self._ended + self._took * SHARE - time.monotonic()
        if self._took > NEGLIGIBLE_S and left > 0:
            return left
        began = time.monotonic()
        work()
        self._ended = time.monotonic()
        self._took = self._ended - began
        return 0.0


class Mirror:
    """A copy of a file that only grows, brought up to date by what is new."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._copied = 0

    def follow(self, source: Path) -> None:
        """Copy what has been added to the source.

        Raises:
            OSError: it cannot be read, or not be written.
        """
        with source.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size == self._copied:
                return
            begin = self._copied if size > self._copied else 0
            file.seek(begin)
            flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if begin else os.O_TRUNC)
            with os.fdopen(os.open(self._path, flags, FILE_MODE), "wb") as copy:
                while chunk := file.read(CHUNK):
                    begin += copy.write(chunk)
            self._copied = begin
