"""The recorded tree in memory, and how it becomes tree objects.

What belongs here is what git knows of a tree, plus what tells cheaply that a file has not changed. Knows no
file system and no repository.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from typing import Literal

FILE, EXECUTABLE, LINK, SUBMODULE, FOLDER = 0o100644, 0o100755, 0o120000, 0o160000, 0o040000
"""The only modes git has."""

EMPTY_TREE = bytes.fromhex("4b825dc642cb6eb9a060e54bf8d69288fbee4904")

Signature = tuple[int, int, int, int, int]
"""Times of change (ns) of content and of inode, size, inode, mode: equal ones mean equal content."""

Nature = Literal["plain", "binary", "large"]
"""What the content is; of a large file the object is only a note of size and hash."""

Write = Callable[[str, bytes], bytes]
"""Keeps an object of a kind (blob, tree, commit) and says its id."""


class File:
    """A file or symbolic link as it was recorded."""

    __slots__ = ("mode", "nature", "oid", "signature", "size")

    def __init__(
        self,
        mode: int,
        oid: bytes,
        size: int = 0,
        signature: Signature | None = None,
        nature: Nature = "plain",
    ) -> None:
        self.mode = mode
        self.oid = oid
        self.size = size
        """Bytes of the object; 0 when not known."""
        self.signature = signature
        """None when it must be read again to be known."""
        self.nature: Nature = nature

    def same_as(self, other: File | None) -> bool:
        """Whether git sees no difference."""
        return other is not None and self.oid == other.oid and self.mode == other.mode


class Folder:
    """A directory; kept also when it is empty, which git cannot."""

    __slots__ = ("entries", "hollow", "oid", "parent", "path", "watch")

    def __init__(self, path: str, parent: Folder | None) -> None:
        self.path = path
        """Relative to the work directory; the work directory itself is empty."""
        self.parent = parent
        """None for the work directory, and for what is no longer in the tree."""
        self.entries: dict[str, File | Folder] = {}
        self.oid: bytes | None = None
        """Its tree object; None when something below changed since."""
        self.hollow: tuple[str, ...] = ()
        """Paths of the empty folders in it; holds as long as `oid` does."""
        self.watch = -1

    def below(self, name: str) -> str:
        """The path of one of its entries."""
        return f"{self.path}/{name}" if self.path else name

    def touch(self) -> None:
        """Say that something in it changed."""
        folder: Folder | None = self
        while folder is not None and folder.oid is not None:
            folder.oid = None
            folder = folder.parent

    def files(self) -> Iterator[tuple[str, File]]:
        """All files below, with their paths."""
        pending = [self]
        while pending:
            folder = pending.pop()
            for name, entry in folder.entries.items():
                if isinstance(entry, Folder):
                    pending.append(entry)
                else:
                    yield folder.below(name), entry

    def folders(self) -> Iterator[Folder]:
        """It and all folders below."""
        pending = [self]
        while pending:
            folder = pending.pop()
            yield folder
            pending += [entry for entry in folder.entries.values() if isinstance(entry, Folder)]


def mode_of(status_mode: int) -> int:
    """The mode git has for a regular file or symbolic link."""
    if stat.S_ISLNK(status_mode):
        return LINK
    return EXECUTABLE if status_mode & stat.S_IXUSR else FILE


def put(root: Folder, path: str, file: File) -> None:
    """Put a file into the tree, with the folders on the way to it."""
    *parts, name = path.split("/")
    folder = root
    for part in parts:
        entry = folder.entries.get(part)
        if not isinstance(entry, Folder):
            entry = folder.entries[part] = Folder(folder.below(part), folder)
        folder = entry
    folder.entries[name] = file


def write_tree(root: Folder, write: Write) -> bytes:
    """Make the tree objects of all that changed.

    Returns:
        The id of the root's.
    """
    changed = list(_changed(root))
    for folder in reversed(changed):  # what is deeper comes later
        folder.oid, folder.hollow = _tree(folder, write), tuple(_hollow(folder))
    assert root.oid is not None
    return root.oid


def _changed(root: Folder) -> Iterator[Folder]:
    pending = [root] if root.oid is None else []
    while pending:
        folder = pending.pop()
        yield folder
        pending += [e for e in folder.entries.values() if isinstance(e, Folder) and e.oid is None]


def _tree(folder: Folder, write: Write) -> bytes:
    rows: list[tuple[bytes, bytes]] = []
    for name, entry in folder.entries.items():
        raw = os.fsencode(name)
        if isinstance(entry, File):
            rows.append((raw, b"%o %b\0%b" % (entry.mode, raw, entry.oid)))
        elif entry.oid != EMPTY_TREE:
            assert entry.oid is not None
            rows.append((raw + b"/", b"40000 %b\0%b" % (raw, entry.oid)))  # the order git wants
    if not rows and folder.parent is not None:
        return EMPTY_TREE
    rows.sort()
    return write("tree", b"".join(row for _, row in rows))


def _hollow(folder: Folder) -> Iterator[str]:
    if not folder.entries and folder.parent is not None:
        yield folder.path
    for entry in folder.entries.values():
        if isinstance(entry, Folder):
            yield from entry.hollow
