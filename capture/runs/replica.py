"""A copy of the files at a tag, with a repository of its own over it.

One repository tracks one directory at a time, and replicates run at once. Each gets a small repository that
borrows the run's objects, which are only read; what is new may move into the run's when it is done. What a
killed run had recorded does so when the next one finds it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from capture.runs.rooms import abandoned_rooms, make_room
from capture.shadow import ShadowGit, ShadowGitError
from capture.shadow.repository import Repository

_ENV = {
    "PATH": os.environ.get("PATH", os.defpath),
    "LC_ALL": "C",
    "HOME": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
}
_QUIET = ("-c", "gc.auto=0", "-c", "maintenance.auto=false")
"""Nobody tidies up a repository whose objects others borrow."""
_REPOSITORY = "shadow.git"
_EVERYTHING = ("refs/tags/*:refs/tags/*",)
_RECORDED = ("refs/tags/_step_*:refs/tags/_step_*", "refs/tags/session_*:refs/tags/session_*")


class Replica:
    """A copy of the files at a tag, in a temporary folder.

    Args:
        git_dir: The run's repository.
        original: The working directory. The copy has its name, and its large files, which are not recorded.
        tag: Of the files, in the run's repository.
    """

    def __init__(self, git_dir: Path, original: Path, tag: str) -> None:
        self._run = git_dir.absolute()
        self._original = original
        self._tag = tag
        self._room = make_room()
        self.folder = self._room.path
        self.work_dir = self.folder / "files" / original.name  # beside which there is nothing
        self.git_dir = self.folder / _REPOSITORY

    async def open(self) -> ShadowGit:
        """Make the copy and the repository.

        Raises:
            ShadowGitError: it cannot be made.
        """
        commit = await asyncio.to_thread(borrow, self._run, self._tag, self.git_dir)
        own = await ShadowGit.open(self.git_dir, self.work_dir)
        try:
            await own.check_out(commit, self.work_dir, self._original)
        except BaseException:
            await own.close()
            raise
        return own

    async def merge(self) -> None:
        """Move the tags, and what is new, into the run's repository. The replica's must be closed.

        Raises:
            ShadowGitError: git refuses.
        """
        await _merge(self.git_dir, self._run, _EVERYTHING)

    async def forget(self, tag: str) -> None:
        """Remove a tag of the replica's, which is then not moved.

        Raises:
            ShadowGitError: git refuses.
        """
        await _git(self.git_dir, "update-ref", "-d", f"refs/tags/{tag}")

    async def remove(self) -> None:
        """Remove the copy."""
        await asyncio.to_thread(self._room.remove)


async def clear_up() -> None:
    """Remove the copies that killed runs have left; what they recorded moves into those runs first."""
    for room in await asyncio.to_thread(lambda: list(abandoned_rooms())):
        git_dir = room.path / _REPOSITORY
        with contextlib.suppress(OSError, ShadowGitError):  # such as that the run has been removed too
            objects = (git_dir / "objects" / "info" / "alternates").read_text().strip()
            await _merge(git_dir, Path(objects).parent, _RECORDED)
        await asyncio.to_thread(room.remove)


def borrow(git_dir: Path, tag: str, into: Path) -> str:
    """Make a repository that goes on from a tag of another, whose objects it uses and which stays as it is.

    Returns:
        The tag's commit. The tag itself is not in the new repository.

    Raises:
        ShadowGitError: there is no such tag, or git is missing.
        OSError: it cannot be written.
    """
    commit = Repository(git_dir).resolve(tag)
    if commit is None:
        raise ShadowGitError(f"{git_dir}: no tag {tag}")
    own = Repository.create(into)
    (into / "objects" / "info" / "alternates").write_text(f"{git_dir / 'objects'}\n")
    own.point(commit, None, None)
    own.close()
    return commit


async def _merge(git_dir: Path, run: Path, refs: Sequence[str]) -> None:
    await _git(run, *_QUIET, "fetch", "--quiet", "--no-write-fetch-head", str(git_dir), *refs)


async def _git(git_dir: Path, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *("git", f"--git-dir={git_dir}", *arguments),
        env=_ENV,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await process.communicate()
    if process.returncode:
        said = err.decode(errors="replace").strip().split("\n")[-1]
        raise ShadowGitError(f"{git_dir}: git: {said}")
