"""More replicates of a session of a run: each begins where the session began, in its own copy of the files.

What belongs here is the life of such a replicate. It joins the run it is of; the run's working directory, and
what is in the run already, stay as they are.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from capture.atif.build import now
from capture.engines import engine_named
from capture.engines.routes import route
from capture.judge import backend
from capture.replay.answers import first_asked
from capture.replay.context_check import check_context
from capture.replay.files import check_same, check_whole
from capture.replay.fork_point import ForkPoint
from capture.replay.source import ReplayError, seen_work_dir
from capture.replay.stand_in import scripted_anew
from capture.runs.files import make_folder, reason_of, write_json
from capture.runs.folder import SessionFolder
from capture.runs.joining import Joined, SharedChangelog
from capture.runs.limits import CostLimit
from capture.runs.meta import SessionMeta
from capture.runs.progress import Remark, Report
from capture.runs.replica import Replica, clear_up
from capture.runs.scene import Past, Scene, Setting
from capture.runs.sequence import entry_of, in_copy
from capture.runs.session import Session
from capture.shadow import ShadowGit, ShadowGitError

COPIED = "_copied"
"""The tag, in a replicate's own repository, of the copy before it is given to the agent."""


@dataclass(frozen=True, slots=True)
class Replicated:
    """A replicate that has come to its end."""

    folder: SessionFolder
    meta: SessionMeta


async def resample_session(
    point: ForkPoint,
    count: int,
    parallel: int,
    report: Report,
    limit: CostLimit | None = None,
) -> list[Replicated]:
    """Run a session again from where it began.

    Args:
        point: Where that is.
        count: How often.
        parallel: How many at once, at most.
        report: Told of everything that happens; must not wait.
        limit: What all of them may cost together.

    Returns:
        The new replicates, in order; what went wrong with one is in its entry. One that could not even begin,
        or was not to when the limit was reached, is not among them.

    Raises:
        ReplayError: the files cannot be brought back. Nothing has been started.
        ShadowGitError: the same.
        EngineError: the engine cannot run here. Nothing has been started.
        MetaError: the run's meta cannot be read.
        OSError: the run's folder cannot be written.
        asyncio.CancelledError: told to stop. What has begun is recorded as interrupted.
    """
    environment = dict(os.environ)
    config = point.config
    engine = engine_named(config.engine)
    engine.version()
    await clear_up()
    if config.pre_run_commands or config.post_run_commands:
        report(Remark("pre_run_commands and post_run_commands are not run for replicates that join later"))
    async with scripted_anew(config) as address:
        setting = Setting(
            config=config,
            engine=engine,
            route=route(config, environment, address),
            judge=backend(config.judge, environment, address) if config.judge is not None else None,
            environment=environment,
            changelog=SharedChangelog(point.run),
            homes=point.run.homes,
            report=report,
            save_meta=lambda: None,
            limit=limit,
        )
        return await _Replicates(point, setting).run(count, parallel)


@dataclass(frozen=True, slots=True)
class _Copy:
    """A copy of the files at the fork point, known to be one."""

    replica: Replica
    own: ShadowGit
    tree: str

    async def remove(self) -> None:
        await self.own.close()
        await self.replica.remove()


class _Replicates:
    """The replicates of one command."""

    def __init__(self, point: ForkPoint, setting: Setting) -> None:
        self._point = point
        self._setting = setting
        self._merging = asyncio.Lock()
        self._ended: list[Replicated] = []
        self._ready: list[_Copy] = []
        """Copies that no replicate has taken yet."""

    async def run(self, count: int, parallel: int) -> list[Replicated]:
        """Make the first copy before anything is in the run, then run them all."""
        check_whole(self._point.run.shadow, self._point.tag)
        self._ready.append(await self._copy())
        room = asyncio.Semaphore(parallel)

        async def one() -> None:
            limit = self._setting.limit
            async with room:
                if limit is None or not limit.stops():
                    await self._one()

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(count):
                    group.create_task(one())
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            for copy in self._ready:
                await copy.remove()
        return sorted(self._ended, key=lambda each: each.meta.replicate or 0)

    async def _copy(self) -> _Copy:
        point = self._point
        replica = Replica(point.run.shadow, Path(point.config.work_dir), point.tag)
        try:
            own = await replica.open()
            try:
                await own.snapshot(COPIED)
                tree = await check_same(point.run.shadow, point.tag, replica.git_dir, COPIED)
                await replica.forget(COPIED)
            except BaseException:
                await own.close()
                raise
        except BaseException:
            await replica.remove()
            raise
        return _Copy(replica, own, tree)

    async def _one(self) -> None:
        try:
            copy = self._ready.pop() if self._ready else await self._copy()
        except (ReplayError, ShadowGitError, OSError) as error:
            self._setting.report(Remark(f"a replicate could not begin: {reason_of(error)}"))
            return
        try:
            scene = in_copy(copy.own, self._point.seen, self._past(copy.replica.folder / "before.jsonl"))
            joined = Joined(self._point.run, entry_of(self._setting, scene, self._point.start))
            try:
                await self._session(joined, scene, copy)
            finally:
                joined.leave()
        finally:
            await copy.remove()
        self._ended.append(Replicated(joined.folder, joined.meta))

    def _past(self, before: Path) -> Past | None:
        """Return what the session goes on from, in a file of its own: as if it were still that day."""
        past = self._point.past
        if past is None:
            return None
        shutil.copyfile(past.conversation.transcript, before)
        self._setting.engine.settle_date(before)
        return replace(past, conversation=replace(past.conversation, transcript=before))

    async def _session(self, joined: Joined, scene: Scene, copy: _Copy) -> None:
        homes = make_folder(copy.replica.folder / "homes")
        setting = replace(self._setting, homes=homes, save_meta=joined.save)
        about = _about(self._point, scene, copy.tree)
        write_json(joined.folder.resampled, about)
        try:
            await Session(setting, scene, self._point.start.session, joined.folder, joined.meta).run()
        finally:
            about["context_check"] = self._checked(joined, scene)
            write_json(joined.folder.resampled, about)
            await copy.own.close()
            await self._merge(joined, copy)
        if joined.meta.error:
            joined.complain(f"session {joined.meta.name}: {joined.meta.error}")

    async def _merge(self, joined: Joined, copy: _Copy) -> None:
        """Move the states of the files into the run's repository."""
        try:
            async with self._merging:
                await copy.replica.merge()
        except ShadowGitError as error:
            joined.meta.error = joined.meta.error or str(error)

    def _checked(self, joined: Joined, scene: Scene) -> dict[str, Any]:
        """Say whether the model was asked the same as in the first session that began there."""
        point = self._point
        original, entry = point.there[0]
        try:
            seen = seen_work_dir(point.run, point.config, entry)
        except ReplayError as error:
            return {"result": "unknown", "reason": str(error)}
        moved = () if scene.cwd == seen else (str(scene.cwd), str(seen))
        check = check_context(original, first_asked(original), joined.folder, "", moved)
        if check["result"] == "differs":
            self._setting.report(
                Remark(f"session {joined.meta.name}: the context differs: {check['differs'][0]}")
            )
        return check


def _about(point: ForkPoint, scene: Scene, tree: str) -> dict[str, Any]:
    original, entry = point.there[0]
    return {
        "source_session": original.path.name,
        "source_session_id": entry.session_id,
        "resumed_from": scene.past.conversation.session_id if scene.past is not None else None,
        "shadow_git_reset_tag": point.tag,
        "files_tree": tree,
        "context_check": {"result": "unknown", "reason": "the replicate has not been asked yet"},
        "created_at": now().isoformat(),
    }
