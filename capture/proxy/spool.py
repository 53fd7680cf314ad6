"""A body on its way to the disk.

What belongs here is writing as it happens, and what may be kept in memory meanwhile: a body is taken apart
for the record up to `TAKEN_APART` bytes, and beyond that only stored. So the proxy's memory has a bound that
no body moves.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections import deque
from concurrent.futures import Future
from pathlib import Path

from capture.proxy.disk import Disk

TAKEN_APART = 32 * 1024 * 1024
"""Bytes up to which bodies are parsed for the record; the largest request that the Messages API takes."""

LAG = 4 * 1024 * 1024
"""Bytes that may wait for a disk that is slower than the network."""


class Spool:
    """One body in one file. A disk that fails costs the file, never the exchange.

    Args:
        path: The file, made with the first byte; it must not exist.
        disk: Writes it.
        keep: Whether to keep the body in memory too, while it is small enough.
    """

    def __init__(self, path: Path, disk: Disk, *, keep: bool) -> None:
        self.path = path
        self.size = 0
        self.problem: str | None = None
        """Why the file does not hold the whole body."""
        self._disk = disk
        self._kept: bytearray | None = bytearray() if keep else None
        self._waiting: deque[bytes] = deque()
        self._asked = False
        """Whether the disk has been asked to write what is waiting, and has not begun."""
        self._writing: Future[None] | None = None
        # The rest belongs to the disk's thread.
        self._written = 0
        self._digest = hashlib.sha256()
        self._fd: int | None = None

    @property
    def kept(self) -> bytes | None:
        """The body so far; None if it is too large, or was not to be kept."""
        return None if self._kept is None else bytes(self._kept)

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the body, once it is on the disk."""
        return self._digest.digest()

    def add(self, data: bytes) -> None:
        """Append to the body."""
        if not data:
            return
        self.size += len(data)
        if self._kept is not None:
            self._kept += data
            if len(self._kept) > TAKEN_APART:
                self._kept = None
        self._waiting.append(data)
        if not self._asked:
            self._asked = True
            self._writing = self._disk.do(self._write_waiting)

    async def room(self) -> None:
        """Wait while the disk lags far behind."""
        while self.size - self._written > LAG and self._writing is not None:
            await asyncio.wrap_future(self._writing)

    def fail(self, problem: OSError | ValueError) -> None:
        """Note that the file will not hold the whole body, and write no more of it."""
        why = problem.strerror if isinstance(problem, OSError) else problem
        self.problem = f"{self.path.name}: {why}"

    def close(self) -> None:
        """Close the file, after what is waiting has been written."""
        self._disk.do(self._close)

    def _write_waiting(self) -> None:
        self._asked = False  # before looking: what is added from now on is asked for anew
        while self._waiting:
            data = self._waiting.popleft()
            self._digest.update(data)
            if self.problem is None:
                try:
                    self._write(data)
                except OSError as problem:
                    self.fail(problem)
            self._written += len(data)

    def _write(self, data: bytes) -> None:
        if self._fd is None:
            self._fd = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._fd, rest) :]

    def _close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
