"""A run from its configuration to its end.

What belongs here is the life of the run folder: what is in it before the first session, and after the last.
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
from capture.engines.routes import Route, route
from capture.judge import Backend, backend
from capture.runs.beginning import name_of, new_meta, sdk_version
from capture.runs.files import make_folder, reason_of, write_file
from capture.runs.folder import RunFolder, create_run_folder, lock_run
from capture.runs.lifecycle import CommandError, run_command
from capture.runs.meta import RunMeta, write_meta
from capture.runs.patches import write_patch
from capture.runs.plan import plan
from capture.runs.progress import Remark, Report, RunStarted
from capture.runs.replica import clear_up
from capture.runs.scene import Setting
from capture.runs.sequence import Sessions, Stage
from capture.scripted import ScriptedServer
from capture.shadow import ShadowGit, ShadowGitError
from capture.shadow.changelog import Changelog

BASELINE = "baseline"
"""The tag of the files at the start; the notes are seeded, nothing else has been touched."""
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
    await clear_up()
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
        stage = Stage(shadow, self._work_dir)
        await Sessions(self._folder, self._setting, self.meta, stage, self._error).run(plan(self._config))

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
