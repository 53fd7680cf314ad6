"""A replicate's own copy of the files, with a repository of its own over it.

One repository tracks one directory at a time, and replicates run at once. Each gets a small repository that
borrows the run's objects; when it is done, its tags and what is new move into the run's.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from pathlib import Path

from capture.shadow import ShadowGit, ShadowGitError

_ENV = {
    "PATH": os.environ.get("PATH", os.defpath),
    "LC_ALL": "C",
    "HOME": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
}


class Replica:
    """A copy of the files at a tag, in a temporary folder."""

    def __init__(self, run: ShadowGit, tag: str) -> None:
        self._run = run
        self._tag = tag
        self._folder = Path(tempfile.mkdtemp(prefix="harness-"))
        self.work_dir = self._folder / run.work_dir.name
        self.git_dir = self._folder / "shadow.git"

    async def open(self) -> ShadowGit:
        """Make the copy and the repository.

        Raises:
            ShadowGitError: it cannot be made.
        """
        await self._run.check_out(self._tag, self.work_dir)
        commit = (await _git(self._run.git_dir, "rev-parse", f"refs/tags/{self._tag}")).strip()
        branch = (await _git(self._run.git_dir, "symbolic-ref", "HEAD")).strip()
        self.git_dir.mkdir(mode=0o700)
        await _git(self.git_dir, "init", "--quiet", "--bare", "--template=", "--object-format=sha1")
        await asyncio.to_thread(self._borrow)
        await _git(self.git_dir, "update-ref", branch, commit)
        await _git(self.git_dir, "symbolic-ref", "HEAD", branch)
        return await ShadowGit.open(self.git_dir, self.work_dir)

    def _borrow(self) -> None:
        info = self.git_dir / "info"
        info.mkdir(exist_ok=True)
        shutil.copyfile(self._run.git_dir / "info" / "attributes", info / "attributes")
        (self.git_dir / "objects" / "info" / "alternates").write_text(f"{self._run.git_dir / 'objects'}\n")

    async def merge(self) -> None:
        """Move the tags, and what is new, into the run's repository. The replica's must be closed.

        Raises:
            ShadowGitError: git refuses.
        """
        tags = "refs/tags/*:refs/tags/*"
        await _git(self._run.git_dir, "fetch", "--quiet", "--no-write-fetch-head", str(self.git_dir), tags)

    async def remove(self) -> None:
        """Remove the copy."""
        await asyncio.to_thread(shutil.rmtree, self._folder, True)


async def _git(git_dir: Path, *arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *("git", f"--git-dir={git_dir}", *arguments),
        env=_ENV,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    if process.returncode:
        reason = err.decode(errors="replace").strip().split("\n")[-1]
        raise ShadowGitError(f"{git_dir}: git {arguments[0]}: {reason}")
    return out.decode(errors="replace")
