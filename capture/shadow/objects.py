"""Writing objects into a repository: a few as loose files, many as one pack.

What belongs here is git's two forms of an object at rest. A process for each object, or one that must be told
to put its pack away, takes several times as long as a snapshot may (`benchmarks/bench_shadow.py`).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

LOOSE_AT_MOST = 256
"""Objects written one by one before the rest of a snapshot goes into a pack."""

LEVEL = 1
"""Of compression: six times as fast as the default, for a tenth more."""

_KINDS = {"commit": 1, "tree": 2, "blob": 3}
_READ_ONLY = 0o400


def object_id(kind: str, body: bytes) -> bytes:
    """The id git gives to an object."""
    return hashlib.sha1(b"%b %d\0%b" % (kind.encode(), len(body), body), usedforsecurity=False).digest()


class Objects:
    """The objects of one repository, to add to.

    Args:
        folder: The repository's `objects`.
        index_pack: Makes the index of a finished pack, after which git sees what is in it.
    """

    def __init__(self, folder: Path, index_pack: Callable[[Path], None]) -> None:
        self._folder = folder
        self._index_pack = index_pack
        self._known: set[bytes] = set()
        self._loose = 0
        self._pack: _Pack | None = None

    def know(self, oid: bytes) -> None:
        """Say that an object is there already."""
        self._known.add(oid)

    def write(self, kind: str, body: bytes) -> bytes:
        """Keep an object, once however often it is written.

        Returns:
            Its id.

        Raises:
            OSError: there is no room, or the repository cannot be written.
        """
        oid = object_id(kind, body)
        if oid in self._known:
            return oid
        if self._loose >= LOOSE_AT_MOST:
            if self._pack is None:
                self._pack = _Pack(self._folder / "pack")
            self._pack.add(kind, body)
        else:
            self._write_loose(oid, kind, body)
            self._loose += 1
        self._known.add(oid)
        return oid

    def finish(self) -> None:
        """Make everything written until now visible to git; to be called before a ref names any of it.

        Raises:
            OSError: there is no room.
            ShadowGitError: git does not take the pack.
        """
        self._loose = 0
        if self._pack is not None:
            pack, self._pack = self._pack, None
            self._index_pack(pack.close())

    def abandon(self) -> None:
        """Forget what was written but never finished."""
        if self._pack is not None:
            self._pack.abandon()
        self._pack, self._loose = None, 0
        self._known.clear()

    def _write_loose(self, oid: bytes, kind: str, body: bytes) -> None:
        name = oid.hex()
        folder = self._folder / name[:2]
        place = folder / name[2:]
        if place.exists():
            return
        folder.mkdir(exist_ok=True)
        fd, draft = tempfile.mkstemp(prefix="tmp_obj_", dir=folder)  # the prefix `git gc` cleans up
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(zlib.compress(b"%b %d\0%b" % (kind.encode(), len(body), body), LEVEL))
                os.fchmod(file.fileno(), _READ_ONLY)
            Path(draft).replace(place)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise


class _Pack:
    """A pack being written."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        fd, name = tempfile.mkstemp(prefix="tmp_pack_", dir=folder)
        self._path = Path(name)
        self._file = os.fdopen(fd, "w+b", buffering=1 << 20)
        self._count = 0
        self._file.write(_pack_head(0))

    def add(self, kind: str, body: bytes) -> None:
        self._file.write(_entry_head(_KINDS[kind], len(body)))
        self._file.write(zlib.compress(body, LEVEL))
        self._count += 1

    def close(self) -> Path:
        """Put in how many there are, and the checksum over all; return where the pack now is."""
        with self._file as file:
            file.seek(0)
            file.write(_pack_head(self._count))
            file.seek(0)
            digest = hashlib.sha1(usedforsecurity=False)
            while chunk := file.read(1 << 20):
                digest.update(chunk)
            file.write(digest.digest())
        self._path.chmod(_READ_ONLY)
        return self._path.replace(self._path.with_name(f"pack-{digest.hexdigest()}.pack"))

    def abandon(self) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)


def _pack_head(count: int) -> bytes:
    return b"PACK" + (2).to_bytes(4, "big") + count.to_bytes(4, "big")


def _entry_head(kind: int, size: int) -> bytes:
    """Kind and size: four bits of the size in the first byte, seven in each that follows."""
    byte, size = kind << 4 | size & 15, size >> 4
    head = bytearray()
    while size:
        head.append(byte | 0x80)
        byte, size = size & 0x7F, size >> 7
    head.append(byte)
    return bytes(head)
