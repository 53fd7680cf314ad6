"""A run from its configuration to its end: one session after the other, replicates at once.

What belongs here is the life of the run folder, and what each session starts from. The working directory is
touched by the agent, by going back to an earlier session's files, and by nothing else; replicates work in
copies.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from capture import prices
from capture.atif.build import now
from capture.config import CommandConfig, Config
from capture.engines import engine_named
from capture.engines.interface import Engine
from capture.engines.isolation import can_overlay, overlay
from capture.engines.routes import Route, route
from capture.judge import Backend, backend
from capture.runs.beginning import name_of, new_meta, sdk_version
from capture.runs.files import make_folder, reason_of, write_file
from capture.runs.folder import RunFolder, create_run_folder, lock_run
from capture.runs.lifecycle import CommandError, run_command
from capture.runs.meta import RunMeta, SessionMeta, write_meta
from capture.runs.past import first_of, lacking_for, past_of
from capture.runs.patches import write_patch
from capture.runs.plan import Start, plan
from capture.runs.progress import Remark, Report, RunStarted
from capture.runs.replica import Replica
from capture.runs.scene import Past, Scene, Setting
from capture.runs.session import Session
from capture.scripted import ScriptedServer
from capture.shadow import ShadowGit, ShadowGitError
from capture.shadow.changelog import Changelog

BASELINE = "baseline"
"""The tag of the files at the start; the notes are seeded, nothing else has been touched."""
REPLICATES_AT_ONCE = 8
END = "_end"
"""The tag of the files after the last session."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that has come to its end."""

    folder: RunFolder
    meta: RunMeta


async def run_experiment(
    config: Config, runs_dir: Path, report: Report, environment: Mapping[str, str] | None = None
) -> Finished:
    """Run a configuration.

    Args:
        config: What to run.
        runs_dir: Where run folders are.
        report: Told of everything that happens; must not wait.
        environment: In place of the process's own.

    Returns:
        The run, with what went wrong in its meta.

    Raises:
        EngineError: the engine cannot run here; nothing has been touched.
        RunExistsError: there is a run of this name.
        OSError: the run folder cannot be made.
        asyncio.CancelledError: the run was told to stop. Its folder is complete as far as it got.
    """
    environment = dict(os.environ if environment is None else environment)
    engine = engine_named(config.engine)
    engine_version = engine.version()
    async with _scripted(config) as address:
        way = route(config, environment, address)
        judge = backend(config.judge, environment, address) if config.judge is not None else None
        name = config.run_name or name_of(config)
        config = config.model_copy(update={"run_name": name})
        folder = create_run_folder(runs_dir, name)
        lock = lock_run(folder)
        try:
            run = _Run(folder, _Agent(config, engine, way, judge), environment, report)
            run.meta.sdk_version = sdk_version(config, engine_version)
            await run.go()
            return Finished(folder, run.meta)
        finally:
            os.close(lock)


@dataclass(frozen=True, slots=True)
class _Agent:
    """Who runs, and how it reaches its model."""

    config: Config
    engine: Engine
    route: Route
    judge: Backend | None


class _Run:
    """One run under way."""

    def __init__(self, folder: RunFolder, agent: _Agent, environment: dict[str, str], report: Report) -> None:
        config = agent.config
        self._config = config
        self._folder = folder
        self._work_dir = Path(config.work_dir)
        self._merging = asyncio.Lock()
        self._report = report
        self._environment = environment
        self.meta = new_meta(config)
        self._setting = Setting(
            config=config,
            engine=agent.engine,
            route=agent.route,
            judge=agent.judge,
            environment=environment,
            changelog=Changelog(folder.changelog),
            homes=make_folder(folder.homes),
            report=report,
            save_meta=self._save,
        )

    async def go(self) -> None:
        """Run everything, and leave a complete folder however it ends."""
        written = yaml.safe_dump(self._config.as_dict(), sort_keys=False, allow_unicode=True)
        write_file(self._folder.config, written.encode())
        self._save()
        self._report(RunStarted(self._folder.path, self.meta))
        try:
            await self._with_files()
            failed = self.meta.errors or any(each.error for each in self.meta.sessions)
            self.meta.status = "failed" if failed else "finished"
        except asyncio.CancelledError:
            self.meta.status = "interrupted"
            raise
        except (ShadowGitError, CommandError, OSError) as error:
            self._error(reason_of(error))
            self.meta.status = "failed"
        finally:
            with contextlib.suppress(OSError):
                self._folder.homes.rmdir()
            self.meta.finished_at = now().isoformat()
            self._save()

    async def _with_files(self) -> None:
        """Track the files from before the first touch until after the last."""
        pricing = asyncio.create_task(
            asyncio.to_thread(prices.price, self._config.model, None)
        )  # slow at first
        seeded = self._seed_memory()
        runs_dir = self._folder.path.parent
        exclude = [runs_dir] if runs_dir != self._work_dir and runs_dir.is_relative_to(self._work_dir) else []
        shadow = await ShadowGit.create(self._folder.shadow, self._work_dir, exclude=exclude)
        try:
            try:
                await self._commands(self._config.pre_run_commands)
                await pricing
                await self._sessions(shadow)
            finally:
                await self._diff(shadow)
                await self._last_commands(self._config.post_run_commands)
        finally:
            if self._config.revert_work_dir:
                await self._revert(shadow, seeded)
            await shadow.close()

    def _seed_memory(self) -> bool:
        """Make the agent's notes, if there are none; returns whether that was so."""
        memory = self._work_dir / self._config.memory_file
        if memory.exists() or memory.is_symlink():
            return False
        memory.parent.mkdir(parents=True, exist_ok=True)
        memory.write_text(self._config.memory_seed, encoding="utf-8")
        return True

    async def _sessions(self, shadow: ShadowGit) -> None:
        for start in plan(self._config):
            lacking = lacking_for(self._folder, self._config, start)
            if lacking is not None:
                self._error(f"session {start.session.session_index}: {lacking}")
                continue
            if start.session.count > 1:
                await self._replicates(start, shadow)
            else:
                await self._go_back(start, shadow)
                await self._session(
                    start,
                    None,
                    Scene(shadow, self._work_dir, past=self._past(start)),
                )

    def _past(self, start: Start) -> Past | None:
        return past_of(self._folder, self._config, self.meta, start)

    async def _go_back(self, start: Start, shadow: ShadowGit) -> None:
        """Put the files at an earlier session's end into the working directory, if the next begins there."""
        if start.files is None:
            return
        failed = await shadow.restore(first_of(self._folder, self._config, start.files).path.name)
        for path, reason in failed.items():
            self._report(Remark(f"{path} could not be put back: {reason}"))

    async def _replicates(self, start: Start, shadow: ShadowGit) -> None:
        """Run a session's replicates at once, in copies; the working directory stays as it is."""
        if start.files is not None:
            tag = first_of(self._folder, self._config, start.files).path.name
        else:
            tag = f"_copied_{start.session.session_index}"
            await shadow.snapshot(tag)
        room = asyncio.Semaphore(REPLICATES_AT_ONCE)

        async def one(number: int) -> None:
            async with room:
                await self._replicate(start, number, shadow, tag)

        async with asyncio.TaskGroup() as group:
            for number in range(1, start.session.count + 1):
                group.create_task(one(number))

    async def _replicate(self, start: Start, number: int, shadow: ShadowGit, tag: str) -> None:
        replica = Replica(shadow, tag)
        try:
            own = await replica.open()
            try:
                await self._session(start, number, self._copied(own, start))
            finally:
                await own.close()
                async with self._merging:
                    await replica.merge()
        except ShadowGitError as error:
            self._error(f"session {start.session.session_index}, replicate {number}: {error}")
        finally:
            await replica.remove()

    def _copied(self, own: ShadowGit, start: Start) -> Scene:
        """Return the scene of a replicate, which must not find the way to the original."""
        past = self._past(start)
        if can_overlay():
            return Scene(own, self._work_dir, overlay(own.work_dir, self._work_dir), past)
        return Scene(own, own.work_dir, past=past, moved_from=self._work_dir)

    async def _session(self, start: Start, replicate: int | None, scene: Scene) -> None:
        index, past = start.session.session_index, scene.past
        meta = SessionMeta(
            session_index=index,
            fork_from=start.resume if start.fork else None,
            resumed_from=past.conversation.session_id if past is not None else None,
            replicate=replicate,
            path_isolation="mount" if scene.wrap else "rewrite" if scene.moved_from is not None else None,
            replicate_count=start.session.count if replicate is not None else None,
        )
        self.meta.sessions.append(meta)
        self.meta.sessions.sort(key=lambda each: (each.session_index, each.replicate or 0))
        folder = self._folder.session(index, replicate)
        await Session(self._setting, scene, start.session, folder, meta).run()
        if meta.error:
            self._error(f"session {meta.name}: {meta.error}")

    async def _diff(self, shadow: ShadowGit) -> None:
        await shadow.snapshot(END)
        await write_patch(shadow, BASELINE, END, self._folder.diff)

    async def _commands(self, commands: Sequence[CommandConfig]) -> None:
        """Run commands in order, up to the first that fails and must not."""
        for command in commands:
            problem = await run_command(command, self._folder.path, self._work_dir, self._environment)
            if problem is not None:
                self._report(Remark(problem))

    async def _last_commands(self, commands: Sequence[CommandConfig]) -> None:
        """Run commands, each whatever became of the ones before it.

        Raises:
            CommandError: one failed that must not: the first.
        """
        failures: list[CommandError] = []
        for command in commands:
            try:
                await self._commands([command])
            except CommandError as error:
                failures.append(error)
        if failures:
            raise failures[0]

    async def _revert(self, shadow: ShadowGit, seeded: bool) -> None:
        await shadow.restore(BASELINE)
        if seeded:
            (self._work_dir / self._config.memory_file).unlink(missing_ok=True)

    def _error(self, message: str) -> None:
        self.meta.errors.append(message)
        self._report(Remark(message))

    def _save(self) -> None:
        self.meta.add_up()
        write_meta(self._folder, self.meta)


@contextlib.asynccontextmanager
async def _scripted(config: Config) -> AsyncIterator[str | None]:
    """Serve the scripted model of a configuration, if it has one; yields its address."""
    if config.script is None:
        yield None
        return
    async with ScriptedServer(config.script, keep=0) as server:
        yield server.url
