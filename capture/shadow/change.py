"""What a snapshot says: the border between the process that tracks and whoever asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["add", "modify", "delete", "mode", "symlink", "binary", "large"]

CONTENT_LIMIT = 64 << 10
"""Bytes; the full text of larger files is not in a change, only in the repository."""

DIFF_LIMIT = 1 << 20
"""Bytes; there is no diff in a change where either side is larger."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """What happened to one path between two snapshots. A rename is a deletion and an addition."""

    path: str
    """Relative, `/` between the parts; bytes that are not UTF-8 as lone surrogates (`os.fsdecode`)."""
    kind: Kind
    """`delete` and `mode` (only the executable bit) whatever the file is; else what it is now, if that is
    special; else `add` or `modify`."""
    before_oid: str | None
    """The object in the repository, hexadecimal; None where there was no such file."""
    after_oid: str | None
    diff: str
    """Unified, three lines of context; empty for binary, large and very many files. For reading: bytes that
    are not UTF-8 are replaced in it. What applies is `ShadowGit.diff`."""
    added: int
    removed: int
    content_before: str | None
    """The text, if it is UTF-8 and at most 64 KiB."""
    content_after: str | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of the work directory under a tag, and what changed since the snapshot before."""

    tag: str
    commit: str
    tree: str
    changes: tuple[FileChange, ...]
    """In the order of their paths."""
    unreadable: tuple[tuple[str, str], ...] = ()
    """Paths that could not be read, and why; they are recorded as they were before."""
    skipped: int = 0
    """Sockets, named pipes and devices met in this look, which are not recorded."""
    looked_at_all: bool = True
    """Whether every file was looked at, and not only those that the system said had changed."""
