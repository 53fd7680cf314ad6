"""Which files of a repository are looked at, and which are not, and why.

What belongs here is the walk over folders. Nothing above the repository has a say in it: a repository in a
folder called `build` is a repository. Links are never followed, so that no loop and no way out exists.
"""

from __future__ import annotations

import os
from typing import NamedTuple

_VERSION_CONTROL = frozenset({".git", ".hg", ".svn", ".jj"})
_CACHES = frozenset(
    {
        "__pycache__",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".ipynb_checkpoints",
        ".eggs",
        ".tox",
        ".nox",
    }
)
_INSTALLED = frozenset({"node_modules", "site-packages", "dist-packages", "__pypackages__"})
_TEST_FOLDERS = frozenset({"tests", "test"})


class Found(NamedTuple):
    """A file that is looked at; its path is relative, with `/`."""

    path: str
    size: int
    mtime_ns: int


class Skipped(NamedTuple):
    """A file or folder that is not looked at."""

    path: str
    reason: str


def find(root: str, *, tests: bool = False) -> tuple[list[Found], list[Skipped]]:
    """Return the Python files and notebooks of a folder, and what is skipped; both sorted by path.

    Args:
        root: The folder.
        tests: Whether tests are looked at too.
    """
    found: list[Found] = []
    skipped: list[Skipped] = []
    folders = [""]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(os.path.join(root, folder) if folder else root) as listing:  # noqa: PTH118 - the hot path
                entries = list(listing)
        except OSError as problem:
            skipped.append(Skipped(folder or ".", f"cannot be read: {problem.strerror}"))
            continue
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            try:
                reason = _consider(entry, path, folders, found, tests)
            except OSError as problem:
                reason = f"cannot be read: {problem.strerror}"
            if reason:
                skipped.append(Skipped(path, reason))
    return sorted(found), sorted(skipped)


def _consider(
    entry: os.DirEntry[str], path: str, folders: list[str], found: list[Found], tests: bool
) -> str | None:
    """Note a file or folder; return why it is skipped."""
    python = entry.name.endswith((".py", ".ipynb"))
    if entry.is_symlink():
        return "link" if python or entry.is_dir() else None
    if entry.is_dir(follow_symlinks=False):
        reason = _why_not_into(entry, tests)
        if reason is None:
            folders.append(path)
        return reason or None
    if not python:
        return None
    if not entry.is_file(follow_symlinks=False):
        return "not a regular file"
    if not tests and _is_test(entry.name):
        return "test"
    status = entry.stat(follow_symlinks=False)
    found.append(Found(path, status.st_size, status.st_mtime_ns))
    return None


def _why_not_into(entry: os.DirEntry[str], tests: bool) -> str | None:
    """Return why a folder is skipped; an empty reason for one that is not worth a word."""
    if entry.name in _VERSION_CONTROL or entry.name in _CACHES:
        return ""
    if entry.name in _INSTALLED:
        return "installed packages"
    if not tests and entry.name in _TEST_FOLDERS:
        return "tests"
    if os.path.exists(f"{entry.path}/pyvenv.cfg") or os.path.isdir(f"{entry.path}/conda-meta"):  # noqa: PTH110, PTH112
        return "virtual environment"
    return None


def _is_test(name: str) -> bool:
    return name == "conftest.py" or name.startswith("test_") or name.endswith("_test.py")
