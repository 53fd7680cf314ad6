"""A body on its way to the disk.

What belongs here is writing as it happens, and what may be kept in memory meanwhile: a body is taken apart
for the record up to `TAKEN_APART` bytes, and beyond that only stored. So the proxy's memory has a bound that
no body moves.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

TAKEN_APART = 32 * 1024 * 1024
"""Bytes up to which bodies are parsed for the record; the largest request that the Messages API takes."""


class Spool:
    """One body in one file, written in the disk's thread.

    A disk that fails costs the file, never the exchange.

    Args:
        path: The file, made with the first byte; it must not exist.
        keep: Whether to keep the body in memory too, while it is small enough.
    """

    def __init__(self, path: Path, *, keep: bool) -> None:
        self.path = path
        self.size = 0
        self.problem: str | None = None
        """Why the file does not hold the whole body."""
        self._kept: list[bytes] | None = [] if keep else None
        self._digest = hashlib.sha256()
        self._fd: int | None = None

    @property
    def kept(self) -> bytes | None:
        """The body so far; None if it is too large, or was not to be kept."""
        if self._kept is None:
            return None
        if len(self._kept) > 1:
            self._kept = [b"".join(self._kept)]
        return self._kept[0] if self._kept else b""

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the body."""
        return self._digest.digest()

    def add(self, data: bytes) -> None:
        """Append to the body."""
        if not data:
            return
        self.size += len(data)
        if self._kept is not None:
            self._kept.append(data)
            if self.size > TAKEN_APART:
                self._kept = None
        self._digest.update(data)
        if self.problem is None:
            try:
                self._write(data)
            except OSError as problem:
                self.fail(problem)

    def fail(self, problem: OSError | ValueError) -> None:
        """Note that the file will not hold the whole body, and write no more of it."""
        why = problem.strerror if isinstance(problem, OSError) else problem
        self.problem = f"{self.path.name}: {why}"

    def close(self) -> None:
        """Close the file."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _write(self, data: bytes) -> None:
        if self._fd is None:
            self._fd = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._fd, rest) :]
