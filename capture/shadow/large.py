"""Files too large to be recorded: the note that stands for one, and copying one as long as it is there.

What belongs here reads such a file once, in pieces, and never holds it.
"""

from __future__ import annotations

import hashlib
import os

LARGE = 64 << 20
"""Bytes; of larger files only size and hash are recorded."""

_PIECE = 1 << 20
_NOTHING = bytes(_PIECE)


def note_of(fd: int, copy: int | None = None) -> bytes:
    """Return the note that stands for a file's content.

    Args:
        fd: The file, at its beginning.
        copy: An empty file that becomes its copy, holes where it has zeros; None for no copy.
    """
    digest, size = hashlib.sha256(), 0
    while piece := os.read(fd, _PIECE):
        digest.update(piece)
        if copy is not None:
            _write(copy, piece, size)
        size += len(piece)
    if copy is not None:
        os.ftruncate(copy, size)
    return f"large file, content not recorded\nsha256 {digest.hexdigest()}\nsize {size}\n".encode()


def _write(fd: int, piece: bytes, at: int) -> None:
    if piece == _NOTHING[: len(piece)]:
        return
    view = memoryview(piece)
    while view:
        written = os.pwrite(fd, view, at)
        view, at = view[written:], at + written
