"""Where a repository and its work directory lie: what of one is in the other, and that nobody else is in."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

from capture.shadow.errors import ShadowGitError


def lock(folder: Path) -> int:
    """Keep others out for as long as this process lives; nothing is left behind to clean up.

    Returns:
        What to close to let them in.

    Raises:
        ShadowGitError: somebody else is in.
    """
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        raise ShadowGitError(f"{folder} is in use by another run") from None
    return fd


def own_folder(git_dir: Path, work_dir: Path) -> Path:
    """What of ours may lie in the work directory: the whole run folder, if this is one's repository."""
    git_dir = git_dir.resolve()
    run = git_dir.parent
    return run if git_dir.name == ".shadow_git" and work_dir in run.parents else git_dir


def relative(paths: Iterable[Path], work_dir: Path) -> frozenset[str]:
    """Those that are in the work directory, as paths from there."""
    inside = (path.resolve() for path in paths)
    return frozenset(str(path.relative_to(work_dir)) for path in inside if work_dir in path.parents)
