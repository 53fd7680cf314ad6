"""The patch from one recorded state to another: what `git apply` takes, and nothing it would choke on.

What belongs here is that large files, of which only size and hash are recorded, are named and left out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from capture.shadow.repository import Repository

LEFT_OUT = "# large file, content not recorded and not in this patch: "
"""What each line begins with that names one; git ignores such lines. The name follows as JSON."""


def patch(repository: Repository, before: str, after: str, large: Iterable[str]) -> bytes:
    """Return the patch between two commits; empty when they are equal.

    Args:
        repository: Has both.
        before: A commit.
        after: A commit.
        large: The files that are large in one of them or in both.
    """
    left_out = _changed(repository, before, after, large)
    return _named(left_out) + repository.diff(before, after, left_out)


def write_patch(repository: Repository, before: str, after: str, large: Iterable[str], path: Path) -> int:
    """Write that patch to a file, whole or not at all.

    Returns:
        Its bytes.

    Raises:
        OSError: there is no room.
    """
    left_out = _changed(repository, before, after, large)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("xb") as file:
            file.write(_named(left_out))
            file.flush()  # git goes on writing where we are
            repository.write_diff(before, after, file, left_out)
            size = os.fstat(file.fileno()).st_size
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return size


def _changed(repository: Repository, before: str, after: str, large: Iterable[str]) -> list[str]:
    wanted = sorted(set(large))
    return repository.changed(before, after, wanted) if wanted else []


def _named(paths: list[str]) -> bytes:
    return "".join(f"{LEFT_OUT}{json.dumps(path)}\n" for path in paths).encode()
