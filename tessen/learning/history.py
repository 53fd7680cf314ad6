"""A repository's history as a stream of commits, newest first.

What belongs here is git's output, taken apart at any length: no field can make memory grow, and nothing a
commit holds can be taken for anything else, since fields end in a byte that git lets none of them have.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from typing import IO, NamedTuple

from tessen._git import GitError, PrivateGit

MOST_BYTES = 4096
"""Bytes of a field that are kept: as long as a path can be."""

MOST_FILES = 20_000
"""Files of a commit that count: of an import of a million, the others are not known to have changed in it."""

_FORMAT = "%H%x00%aE%x00%ct%x00%P%x00%s"
_FIELDS = 5
_CHUNK = 1 << 18
_OID = re.compile(rb"\n?(?:[0-9a-f]{40}|[0-9a-f]{64})", re.ASCII)
_LATEST = 1 << 36
_LONGEST_ADDRESS = 320


class Commit(NamedTuple):
    """One commit, as far as it counts."""

    author: bytes
    """E-mail address, after the repository's mailmap."""
    at: int
    """Seconds since the epoch."""
    parents: int
    subject: str
    files: list[tuple[bytes, str]]
    """(A, M, D or T, path) of each file changed; none of a merge."""


def commits(git: PrivateGit, start: str, most: int | None = None) -> Iterator[Commit]:
    """Yield a commit and its ancestors.

    Args:
        git: The repository.
        start: A commit's id.
        most: How many at most.

    Raises:
        GitError: the history is damaged.
    """
    how = ["--format=" + _FORMAT, "--name-status", "--no-renames", "--no-ext-diff", "--encoding=UTF-8", "-z"]
    limit = [] if most is None else [f"--max-count={most}"]
    with git.stream(*_mailmap(git, start), "log", *how, "--no-show-signature", *limit, start, "--") as out:
        yield from parsed(tokens(out))


def tokens(out: IO[bytes]) -> Iterator[bytes]:
    """Yield what stands between NUL bytes, each cut to `MOST_BYTES`."""
    pending = b""
    while chunk := out.read(_CHUNK):
        first, *rest = chunk.split(b"\0")
        pending = (pending + first)[:MOST_BYTES]
        for each in rest:
            yield pending
            pending = each[:MOST_BYTES]


def parsed(stream: Iterable[bytes]) -> Iterator[Commit]:
    """Yield the commits of git's output."""
    stream = iter(stream)
    head: list[bytes] = []
    files: list[tuple[bytes, str]] = []
    for token in stream:
        if not _OID.fullmatch(token):
            status = token.lstrip(b"\n")
            if status and (path := next(stream, None)) is not None and len(files) < MOST_FILES:
                files.append((status[:1], sys.intern(path.decode("utf-8", "replace"))))
            continue
        if head:
            yield _commit(head, files)
        head, files = [token, *(next(stream, b"") for _ in range(_FIELDS - 1))], []
    if head:
        yield _commit(head, files)


def _commit(head: list[bytes], files: list[tuple[bytes, str]]) -> Commit:
    _, author, at, parents, subject = head
    seconds = int(at) if at.isdigit() and len(at) < 12 else 0
    return Commit(
        author[:_LONGEST_ADDRESS],
        min(seconds, _LATEST),
        len(parents.split()),
        subject.decode("utf-8", "replace"),
        files,
    )


def _mailmap(git: PrivateGit, start: str) -> list[str]:
    """Have addresses of one person united, as the repository itself says."""
    try:
        git.run("cat-file", "-e", f"{start}:.mailmap")
    except GitError:
        return []
    return ["-c", f"mailmap.blob={start}:.mailmap", "-c", "log.mailmap=true"]
