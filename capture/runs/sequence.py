"""A run's sessions, one after the other, replicates at once: what each starts from, and where it works.

What belongs here is the order of things in one working directory. It is touched by the agent, by going back
to an earlier session's files, and by nothing else; replicates work in copies.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from capture.engines.isolation import can_overlay, overlay
from capture.runs.folder import RunFolder, SessionFolder
from capture.runs.meta import RunMeta, SessionMeta
from capture.runs.past import first_of, lacking_for, past_of
from capture.runs.plan import Start
from capture.runs.progress import Remark
from capture.runs.replica import Replica
from capture.runs.scene import Past, Scene, Setting
from capture.runs.session import Session
from capture.shadow import ShadowGit, ShadowGitError

REPLICATES_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a run's sessions work."""

    shadow: ShadowGit
    """Tracks the files."""
    seen: Path
    """What agents take for their working directory."""
    wrap: Sequence[str] = ()
    """Shows them the files there, where they are somewhere else."""


class Sessions:
    """The sessions of a run.

    Args:
        folder: The run.
        setting: What they have in common.
        meta: The run's, to which each adds its entry.
        stage: Where they work.
        complain: Told in one line of each that went wrong.
    """

    def __init__(
        self,
        folder: RunFolder,
        setting: Setting,
        meta: RunMeta,
        stage: Stage,
        complain: Callable[[str], None],
    ) -> None:
        self._folder = folder
        self._setting = setting
        self._meta = meta
        self._stage = stage
        self._complain = complain
        self._merging = asyncio.Lock()
        self.left_out = False
        """Whether a limit of cost has kept any from beginning."""

    async def run(self, starts: Iterable[Start]) -> None:
        """Run sessions in order, until there is nothing left to spend.

        Raises:
            ShadowGitError: files cannot be brought back, or not be noted.
        """
        for start in starts:
            lacking = lacking_for(self._folder, self._setting.config, start)
            if lacking is not None:
                self._complain(f"session {start.session.session_index}: {lacking}")
            elif self._stopped():
                return
            elif start.session.count > 1:
                await self._replicates(start)
            else:
                await self._go_back(start)
                stage = self._stage
                await self._session(
                    start, None, Scene(stage.shadow, stage.seen, stage.wrap, self._past(start))
                )

    def _past(self, start: Start) -> Past | None:
        return past_of(self._folder, self._setting.config, self._meta, start)

    async def _go_back(self, start: Start) -> None:
        """Put the files at an earlier session's end into the working directory, if the next begins there."""
        if start.files is None:
            return
        failed = await self._stage.shadow.restore(self._end_of(start.files))
        for path, reason in failed.items():
            self._setting.report(Remark(f"{path} could not be put back: {reason}"))

    async def _replicates(self, start: Start) -> None:
        """Run a session's replicates at once, in copies; the working directory stays as it is."""
        if start.files is not None:
            tag = self._end_of(start.files)
        else:
            tag = f"_copied_{start.session.session_index}"
            await self._stage.shadow.snapshot(tag)
        room = asyncio.Semaphore(REPLICATES_AT_ONCE)

        async def one(number: int) -> None:
            async with room:
                if not self._stopped():
                    await self._replicate(start, number, tag)

        async with asyncio.TaskGroup() as group:
            for number in range(1, start.session.count + 1):
                group.create_task(one(number))

    def _stopped(self) -> bool:
        limit = self._setting.limit
        self.left_out = self.left_out or (limit is not None and limit.stops())
        return self.left_out

    def _end_of(self, index: int) -> str:
        """Return the tag of the files after a session."""
        return first_of(self._folder, self._setting.config, index).path.name

    async def _replicate(self, start: Start, number: int, tag: str) -> None:
        replica = Replica(self._stage.shadow.git_dir, self._stage.shadow.work_dir, tag)
        try:
            own = await replica.open()
            try:
                await self._session(start, number, in_copy(own, self._stage.seen, self._past(start)))
            finally:
                await own.close()
                async with self._merging:
                    await replica.merge()
        except ShadowGitError as error:
            self._complain(f"session {start.session.session_index}, replicate {number}: {error}")
        finally:
            await replica.remove()

    async def _session(self, start: Start, replicate: int | None, scene: Scene) -> None:
        index = start.session.session_index
        meta = entry_of(self._setting, scene, start)
        meta.replicate = replicate
        meta.replicate_count = start.session.count if replicate is not None else None
        self._meta.sessions.append(meta)
        self._meta.sessions.sort(key=lambda each: (each.session_index, each.replicate or 0))
        folder: SessionFolder = self._folder.session(index, replicate)
        await Session(self._setting, scene, start.session, folder, meta).run()
        if meta.error:
            self._complain(f"session {meta.name}: {meta.error}")


def in_copy(own: ShadowGit, original: Path, past: Past | None) -> Scene:
    """Return the scene of a session in a copy of the files, which must not find the way to the original."""
    if can_overlay() and original.is_dir():
        return Scene(own, original, overlay(own.work_dir, original), past)
    return Scene(own, own.work_dir, past=past, moved_from=original)


def entry_of(setting: Setting, scene: Scene, start: Start) -> SessionMeta:
    """Return a session's entry in the run's meta before it begins."""
    return SessionMeta(
        session_index=start.session.session_index,
        fork_from=start.resume if start.fork else None,
        resumed_from=scene.past.conversation.session_id if scene.past is not None else None,
        path_isolation="mount" if scene.wrap else "rewrite" if scene.moved_from is not None else None,
        seen_work_dir=None if scene.cwd == Path(setting.config.work_dir) else str(scene.cwd),
    )
