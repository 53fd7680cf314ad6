"""A request's body that waits before any of it goes up.

What belongs here is where it waits: in memory while it is small, and beyond that in a file without a name. So
how long a request waits, and how large it is, says nothing about the proxy's memory.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from capture.proxy import spool

IN_MEMORY = 1024 * 1024
"""Bytes above which a body waits on the disk."""

PIECE = 64 * 1024
"""Bytes that are read from there at a time."""


class HeldBody:
    """One body, as it was sent.

    Args:
        folder: Whose disk it waits on.
        content: What is known of it already.
    """

    def __init__(self, folder: Path, content: bytes = b"") -> None:
        self.size = 0
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, dir=str(folder))  # noqa: SIM115 - closed by its owner
        self.add(content)

    def add(self, data: bytes) -> None:
        """Append to it.

        Raises:
            OSError: The disk does not take it.
        """
        self._file.write(data)
        self.size += len(data)

    def pieces(self) -> Iterator[bytes]:
        """Return it from its beginning, in pieces.

        Raises:
            OSError: The disk does not give it back.
        """
        self._file.seek(0)
        while piece := self._file.read(PIECE):
            yield piece

    def whole(self) -> bytes:
        """Return all of it."""
        return b"".join(self.pieces())

    def if_small(self) -> bytes:
        """Return all of it, or nothing where it is too large to be taken apart."""
        return self.whole() if self.size <= spool.TAKEN_APART else b""

    def close(self) -> None:
        """Forget it."""
        self._file.close()
