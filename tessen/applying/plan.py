"""What a specification comes to in one repository: each file's bytes before and after.

What belongs here looks at the repository and changes nothing. A file has two forms: as committed, and as it
lies in the work tree, which may differ by its line endings (`core.autocrlf`). Both are edited.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tessen._git import GitError, Places, PrivateGit, ask
from tessen.applying.edits import EditError, edited
from tessen.applying.expected import holds
from tessen.applying.names import folded
from tessen.applying.spec import Change, Spec, SpecError
from tessen.applying.tree import SUBMODULE, Tree

_FILE_MODES = ("100644", "100755")


class FilePlan(NamedTuple):
    """One file of the plan."""

    path: str
    mode: str
    committed: bytes | None
    """None: it is created."""
    committed_after: bytes
    on_disk: bytes | None
    on_disk_after: bytes


def plan(spec: Spec, places: Places, git: PrivateGit, commit: str) -> list[FilePlan]:
    """Return what to do, sorted by path.

    Raises:
        SpecError: something must not or cannot be done; holds every reason.
    """
    assert places.top is not None
    problems = _branch_problems(spec.branch_name, places)
    by_file: dict[str, list[Change]] = {}
    for change in spec.changes:
        by_file.setdefault(change.file, []).append(change)
    problems += _clashes(by_file)
    tree, found = Tree(git, commit), []
    for path, changes in sorted(by_file.items()):
        try:
            found.append(_plan_file(path, changes, places.top, tree))
        except EditError as error:
            problems.append(str(error))
        except SpecError as error:
            problems += error.problems
    problems += [
        f"{each.path}: the changes change nothing" for each in found if each.committed == each.committed_after
    ]
    if problems:
        raise SpecError(problems)
    return found


def _plan_file(path: str, changes: list[Change], top: Path, tree: Tree) -> FilePlan:
    label = changes[0].label
    _check_way(path, label, top, tree)
    entry, on_disk = tree.entry(path), _read(path, label, top)
    if any(change.action == "create_file" for change in changes):
        if len(changes) > 1:
            raise EditError(f"{label}: {path} is created and changed at once; make one change of them")
        if entry or on_disk is not None:
            raise EditError(f"{label}.file: {path} exists already; use another action, or another name")
        new = changes[0].new_content.encode()
        return FilePlan(path, _FILE_MODES[0], None, new, None, new)
    if entry is None or entry.mode not in _FILE_MODES:
        raise EditError(f"{label}.file: {path} is no file of the last commit; commit it, or use create_file")
    if on_disk is None:
        raise EditError(f"{label}.file: {path} is missing in the work tree; restore it")
    committed = tree.body(entry.oid)
    if on_disk.replace(b"\r\n", b"\n") != committed.replace(b"\r\n", b"\n"):
        raise EditError(
            f"{label}.file: {path} differs from the last commit; commit or stash it (files that git stores"
            " through a filter can only be changed by hand)"
        )
    if stale := [change for change in changes if not holds(change, path, committed)]:
        raise SpecError(
            [f"{each.label}.expect_hash: {path} has changed since; make the spec anew" for each in stale]
        )
    after = edited(path, committed, changes)
    return FilePlan(path, entry.mode, committed, after, on_disk, edited(path, on_disk, changes))


def _check_way(path: str, label: str, top: Path, tree: Tree) -> None:
    """Go down to a file's folder; links, submodules and other repositories on the way are refused."""
    parts = path.split("/")
    for depth in range(1, len(parts) + 1):
        way = "/".join(parts[:depth])
        entry = tree.entry(way)
        try:
            kind = os.lstat(top / way).st_mode
        except (NotADirectoryError, FileNotFoundError):
            kind = 0
        if stat.S_ISLNK(kind) or (entry and entry.mode == "120000"):
            raise EditError(f"{label}.file: {way} is a symbolic link; name the file itself")
        nested = stat.S_ISDIR(kind) and os.path.lexists(top / way / ".git")
        if nested or (entry and entry.mode == SUBMODULE):
            raise EditError(f"{label}.file: {way} is another repository; apply the change there")
        if entry is None and (twin := tree.twin(way)):
            raise EditError(f"{label}.file: {way} is {twin} where case does not count; write it so")
        if depth < len(parts) and kind and not stat.S_ISDIR(kind):
            raise EditError(f"{label}.file: {way} is no folder; correct the path")


def _read(path: str, label: str, top: Path) -> bytes | None:
    try:
        fd = os.open(top / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EditError(f"{label}.file: {path}: {error.strerror}") from None
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise EditError(f"{label}.file: {path} is no ordinary file; name one")
        return file.read()


def _clashes(paths: Collection[str]) -> list[str]:
    """Names that cannot be files beside each other: a file in another, or one in two spellings."""
    seen = {folded(path): path for path in paths}
    doubles = [(seen[folded(path)], path) for path in paths if seen[folded(path)] != path]
    problems = [
        f"changes: {one} and {other} are one file where case does not count; rename one"
        for one, other in doubles
    ]
    for path in sorted(seen):
        above = [folder for at, letter in enumerate(path) if letter == "/" and (folder := path[:at]) in seen]
        problems += [f"changes: {folder} would be a file and a folder; rename one" for folder in above]
    return problems


def _branch_problems(branch: str, places: Places) -> list[str]:
    try:
        ask(places, "check-ref-format", f"refs/heads/{branch}")
    except GitError:
        return [f"branch_name: {branch!r:.200} is no name for a branch; see git check-ref-format"]
    with suppress(GitError):
        ask(places, "rev-parse", "-q", "--verify", f"refs/heads/{branch}")
        return [f"branch_name: {branch!r:.200} exists already; choose another, or `git branch -D` it"]
    return []
