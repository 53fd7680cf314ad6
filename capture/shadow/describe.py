"""Saying what happened to a file, from what is recorded of it before and after.

What belongs here is which kind a change is, and how much of the contents it carries along.
"""

from __future__ import annotations

from capture.shadow.change import CONTENT_LIMIT, DIFF_LIMIT, FileChange, Kind
from capture.shadow.files import nature_of
from capture.shadow.repository import Repository
from capture.shadow.tree import LINK, File
from capture.shadow.unified import unified


def describe(
    repository: Repository, path: str, before: File | None, after: File | None, body: bytes | None
) -> FileChange:
    """Say what happened to one path.

    Args:
        repository: Holds both contents.
        path: The path.
        before: None where there was no such file.
        after: None where there is none any more.
        body: The content after, where it was kept for this.
    """
    old, new = _shown(repository, before), body if after is not None and _is_text(after, body) else None
    diff, added, removed = "", 0, 0
    kind = _kind(before, after)
    if kind == "mode":
        assert before is not None
        assert after is not None
        diff = f"old mode {before.mode:o}\nnew mode {after.mode:o}\n"
    elif (before is None or old is not None) and (after is None or new is not None):
        diff, added, removed = unified(path, old, new, lambda: _by_git(repository, before, after))
    return FileChange(
        path=path,
        kind=kind,
        before_oid=before.oid.hex() if before else None,
        after_oid=after.oid.hex() if after else None,
        diff=diff,
        added=added,
        removed=removed,
        content_before=_content(old),
        content_after=_content(old if kind == "mode" else new),
    )


def _kind(before: File | None, after: File | None) -> Kind:
    if after is None:
        return "delete"
    if before is not None and before.oid == after.oid and LINK not in (before.mode, after.mode):
        return "mode"
    if after.mode == LINK:
        return "symlink"
    if after.nature != "plain":
        return after.nature
    return "add" if before is None else "modify"


def _is_text(file: File, body: bytes | None) -> bool:
    return body is not None and file.nature == "plain"


def _shown(repository: Repository, file: File | None) -> bytes | None:
    """The content before, where it is text and small enough."""
    if file is None or file.nature != "plain" or file.size > DIFF_LIMIT:
        return None
    body = repository.blob(file.oid, DIFF_LIMIT)
    return body if body is not None and nature_of(body) == "plain" else None


def _content(body: bytes | None) -> str | None:
    if body is None or len(body) > CONTENT_LIMIT:
        return None
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def _by_git(repository: Repository, before: File | None, after: File | None) -> bytes:
    assert before is not None
    assert after is not None
    return repository.diff(before.oid.hex(), after.oid.hex())
