"""The shadow git as a run sees it: awaited calls, answered by a process of its own.

What belongs here is that process's life, and that its answers stay in step with the questions whoever stops
waiting for one.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from capture.shadow.change import Snapshot
from capture.shadow.errors import ShadowGitError

_LENGTH = 8
_PATIENCE_S = 30.0
"""How long a request under way may take at the end, before its process is killed."""


class ShadowGit:
    """One work directory tracked in one bare repository; made by `create` or `open`.

    Calls may overlap: they are served one after the other. One that is cancelled is still carried out.
    """

    def __init__(self, process: asyncio.subprocess.Process, git_dir: Path, work_dir: Path) -> None:
        self.git_dir = git_dir
        self.work_dir = work_dir
        self._process = process
        self._turn = asyncio.Lock()
        self._under_way: set[asyncio.Task[Any]] = set()

    @classmethod
    async def create(cls, git_dir: Path, work_dir: Path, *, exclude: Sequence[Path] = ()) -> Self:
        """Make a repository, and take the first snapshot, with the tag `baseline`.

        Args:
            git_dir: Where; must not exist, or be empty. If it is called `.shadow_git` and lies in the work
                directory, the folder that holds it is excluded too.
            work_dir: The directory to track.
            exclude: Folders in it that are not to be recorded.

        Raises:
            ShadowGitError: it exists, the work directory does not, git is missing, or there is no room.
        """
        return await cls._start("create", git_dir, work_dir, exclude)

    @classmethod
    async def open(cls, git_dir: Path, work_dir: Path, *, exclude: Sequence[Path] = ()) -> Self:
        """Go on with a repository, also one that another harness made.

        Args:
            git_dir: Where it is.
            work_dir: The directory to track; need not exist for patches and trees.
            exclude: Folders in it that are not to be recorded.

        Raises:
            ShadowGitError: it is none, or in use.
        """
        return await cls._start("open", git_dir, work_dir, exclude)

    @classmethod
    async def _start(cls, how: str, git_dir: Path, work_dir: Path, exclude: Sequence[Path]) -> Self:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # the current folder may hold anything, and stays off its import path
            "-m",
            "capture.shadow.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # or a terminal's ctrl+c would reach git in the middle of its work
        )
        shadow = cls(process, _absolute(git_dir), _absolute(work_dir))
        try:
            places = tuple(map(_absolute, exclude))
            await shadow._ask(how, shadow.git_dir, shadow.work_dir, places)
        except BaseException:
            process.kill()  # what it was making is of no use
            await process.wait()
            raise
        return shadow

    async def snapshot(self, tag: str, *, thorough: bool | None = None) -> Snapshot:
        """Record what changed since the last snapshot, under a new tag.

        Args:
            tag: Its name; must be new.
            thorough: Whether to look at every file and not only those that the system says were touched. Left
                out, at all tags but those of single steps (`_step_…`).

        Raises:
            ShadowGitError: the tag is there already or is no name for one, or there is no room.
        """
        snapshot: Snapshot = await self._ask("snapshot", tag, thorough)
        return snapshot

    async def diff(self, before: str, after: str) -> bytes:
        """The patch from one tag to another, binary files included; empty when they are equal.

        Large files that changed are named in comments and left out, as their content is not recorded.

        Raises:
            ShadowGitError: there is no such tag.
        """
        patch: bytes = await self._ask("diff", before, after)
        return patch

    async def write_diff(self, before: str, after: str, path: Path) -> int:
        """Write that patch to a file, whole or not at all, and never hold it; an empty one when equal.

        Returns:
            Its bytes.

        Raises:
            ShadowGitError: there is no such tag, or no room.
        """
        size: int = await self._ask("write_diff", before, after, _absolute(path))
        return size

    async def check_out(self, tag: str, folder: Path, source: Path | None = None) -> None:
        """Write the files of a tag into an empty folder, and nothing that would tell of this repository.

        Args:
            tag: The tag.
            folder: The folder.
            source: Where large files, whose content is not recorded, may still be as they were; the work
                directory, if left out.

        Raises:
            ShadowGitError: there is no such tag, the folder is not empty, or cannot be written; or a large
                file is no longer as it was.
        """
        await self._ask("check_out", tag, _absolute(folder), source and _absolute(source))

    async def restore(self, tag: str) -> dict[str, str]:
        """Make the work directory equal to a tag. The next snapshot says what changed since then.

        Returns:
            Path → why it could not be made equal: large files, whose content is not kept, and what is in use.

        Raises:
            ShadowGitError: there is no such tag, or the directory cannot be written.
        """
        failed: dict[str, str] = await self._ask("restore", tag)
        return failed

    async def close(self) -> None:
        """Finish what is under way, and end the process."""
        assert self._process.stdin is not None
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await asyncio.gather(*self._under_way, return_exceptions=True)
                self._process.stdin.close()
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def _ask(self, name: str, *arguments: Any) -> Any:
        """Have the process do something. The answer is read even when nobody waits for it any more."""
        task = asyncio.create_task(self._exchange(name, arguments))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        worked, result = await asyncio.shield(task)
        if not worked:
            raise ShadowGitError(result)
        return result

    async def _exchange(self, name: str, arguments: tuple[Any, ...]) -> tuple[bool, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        async with self._turn:
            try:
                data = pickle.dumps((name, arguments))
                self._process.stdin.write(len(data).to_bytes(_LENGTH, "little") + data)
                await self._process.stdin.drain()
                length = int.from_bytes(await self._process.stdout.readexactly(_LENGTH), "little")
                answer: tuple[bool, Any] = pickle.loads(await self._process.stdout.readexactly(length))
            except (OSError, EOFError, RuntimeError):
                return False, f"{self.git_dir}: the process that records it has ended"
            return answer


def _absolute(path: Path) -> Path:
    """The worker is another process, but has the same current folder."""
    return path.absolute()
