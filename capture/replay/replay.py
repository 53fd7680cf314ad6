"""Replays of one turn: each a run of its own, in its own copy of the files, as many as wanted at once.

What belongs here is the life of such a run. The source's working directory is never written: the agent works
in a copy, shown to it under the original's path where the system allows it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import yaml

from capture.atif.build import now
from capture.atif.trajectory import Step
from capture.config import Config
from capture.engines import engine_named
from capture.engines.interface import Conversation, Engine, EngineError
from capture.engines.isolation import can_overlay, overlay
from capture.engines.routes import Route, route
from capture.judge import Backend, backend
from capture.replay.context_check import check_context
from capture.replay.files import check_same, check_whole, saw_announcements, tag_before, tags_of
from capture.replay.later_sessions import later_sessions
from capture.replay.offline import NOWHERE, Offline, from_record, outcome
from capture.replay.recorded import FromRecord
from capture.replay.source import ReplayError, Source, seen_work_dir
from capture.replay.stand_in import scripted_anew
from capture.replay.turns import Turn, context_of
from capture.replay.verify import WorkTree
from capture.runs.beginning import new_meta, sdk_version
from capture.runs.experiment import BASELINE, END, Finished
from capture.runs.files import make_folder, reason_of, write_file, write_json
from capture.runs.folder import RunFolder, create_run_folder, lock_run
from capture.runs.limits import CostLimit
from capture.runs.meta import SessionMeta, write_meta
from capture.runs.patches import write_patch
from capture.runs.plan import plan
from capture.runs.progress import Remark, Report, RunStarted
from capture.runs.replica import borrow, clear_up
from capture.runs.rooms import make_room
from capture.runs.scene import Past, Scene, Setting
from capture.runs.sequence import REPLICATES_AT_ONCE, Sessions, Stage
from capture.runs.session import Session
from capture.shadow import ShadowGit, ShadowGitError
from capture.shadow.changelog import Changelog

Json = dict[str, Any]

ABOUT = "replay_meta.json"
"""Where a replay came from, and what it came to."""
NAME_AT_MOST = 120
"""Characters of the source's name in a replay's: a replay of a replay of a replay has a name too."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to replay."""

    source: Source
    turns: Sequence[Turn]
    turn: Turn
    count: int = 1
    prompt: str = ""
    """Said to the model together with what it was told before the turn; empty for nothing."""
    go_on: bool = False
    """Whether the later sessions that depend on it follow."""
    offline: Offline | None = None
    """How it is answered from the record; None where the model is asked from the turn on."""
    afterwards: Callable[[Path, WorkTree], Awaitable[Json]] | None = None
    """Done in each replay's files at its end, with its folder; what it returns is kept under `verify`."""

    @property
    def other_model(self) -> bool:
        """Whether another model is asked than then, from the first turn on."""
        offline, config = self.offline, self.source.config
        if offline is not None:
            return offline.until == self.turn and offline.model not in (None, config.model)
        return self.source.meta.model not in (None, config.model)

    @property
    def live_from(self) -> Turn:
        """The first turn that is not answered from the record."""
        return self.turn if self.offline is None or self.offline.until is None else self.offline.until

    @property
    def asked_model(self) -> str:
        """The model that is asked from there on."""
        return (self.offline.model if self.offline is not None else None) or self.source.config.model

    @property
    def asks_a_model(self) -> bool:
        """Whether any model is asked at all."""
        return self.offline is None or self.offline.until is not None


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Where in the record all replays of one command stand."""

    wanted: Wanted
    config: Config
    engine: Engine
    route: Route
    judge: Backend | None
    environment: dict[str, str]
    tag: str
    """The files right before the turn, in the source's repository."""
    seen: Path
    """The working directory as the conversation has it."""
    runs_dir: Path
    limit: CostLimit | None


async def replay(
    wanted: Wanted,
    runs_dir: Path,
    report: Report,
    environment: Mapping[str, str] | None = None,
    limit: CostLimit | None = None,
) -> list[Finished]:
    """Replay a turn.

    Args:
        wanted: Which, and how often.
        runs_dir: Where the new run folders go.
        report: Told of everything that happens; must not wait.
        environment: In place of the process's own.
        limit: What all of it may cost together.

    Returns:
        The runs, in order; what went wrong with one is in its meta. One that was not to begin when the limit
        was reached is not among them.

    Raises:
        ReplayError: the files before the turn are not on record, or cannot be brought back.
        EngineError: the engine cannot run here, or cannot go on from there. Nothing has been started.
        OSError: a folder cannot be made.
        asyncio.CancelledError: told to stop. The folders are complete as far as they got.
    """
    environment = dict(os.environ if environment is None else environment)
    source = wanted.source
    config = source.config
    engine = engine_named(config.engine)
    engine.version()
    await clear_up()
    tags = tags_of(source.run.shadow)
    if saw_announcements(source, tags):
        report(Remark("recorded by AgentLens: files are as it saw them when the turn's tools were announced"))
    if config.pre_run_commands or config.post_run_commands:
        report(Remark("pre_run_commands and post_run_commands are not run in a replay"))
    seen = seen_work_dir(source.run, config, source.session_meta)
    tag = tag_before(source, tags, wanted.turns, wanted.turn)
    check_whole(source.run.shadow, tag)
    async with scripted_anew(config) if wanted.asks_a_model else nullcontext() as address:
        way = route(config, environment, address) if wanted.asks_a_model else NOWHERE
        judging = config.judge if wanted.offline is None else None
        judge = backend(judging, environment, address) if judging is not None else None
        cursor = _Cursor(wanted, config, engine, way, judge, environment, tag, seen, runs_dir, limit)
        room = make_room()
        try:
            return await _all(cursor, room.path, report)
        finally:
            await asyncio.to_thread(room.remove)


async def _all(cursor: _Cursor, room: Path, report: Report) -> list[Finished]:
    """Make every copy before anything is spent, then run them."""
    source, count = cursor.wanted.source, cursor.wanted.count
    name = Path(cursor.config.work_dir).name
    places = [room / f"{number:02d}" / "files" / name for number in range(1, count + 1)]
    try:
        commit = await asyncio.to_thread(borrow, source.run.shadow.absolute(), cursor.tag, room / "borrowed")
        shadow = await ShadowGit.open(room / "borrowed", room / "none")
        try:
            for place in places:
                make_folder(place.parent)
                await shadow.check_out(commit, place)
        finally:
            await shadow.close()
    except ShadowGitError as error:
        raise ReplayError(str(error)) from None
    at_once = asyncio.Semaphore(REPLICATES_AT_ONCE)

    async def one(number: int, copy: Path) -> Finished | None:
        async with at_once:
            if cursor.limit is not None and cursor.limit.stops():
                return None
            return await _one(cursor, number, copy, report)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(number, copy)) for number, copy in enumerate(places, 1)]
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [finished for task in tasks if (finished := task.result()) is not None]


async def _one(cursor: _Cursor, number: int, copy: Path, report: Report) -> Finished:
    wanted = cursor.wanted
    source, turn = wanted.source, wanted.turn
    where = f"s{source.session.index}_t{turn.number}_r{number:02d}"
    name = f"replay_{source.run.path.name[:NAME_AT_MOST]}_{where}_{now():%Y%m%d-%H%M%S-%f}"
    folder = create_run_folder(cursor.runs_dir, name)
    lock = lock_run(folder)
    try:
        run = _Replay(cursor, number, folder, copy, report)
        await run.go()
        return Finished(folder, run.meta)
    finally:
        os.close(lock)


class _Replay:
    """One replay under way."""

    def __init__(self, cursor: _Cursor, number: int, folder: RunFolder, copy: Path, report: Report) -> None:
        source, turn = cursor.wanted.source, cursor.wanted.turn
        self._cursor = cursor
        self._folder = folder
        self._copy = copy
        self._report = report
        self._original = cursor.seen
        self._from_record: FromRecord | None = None
        self._left_out = False
        """Whether a limit of cost has kept later sessions from beginning."""
        self._mounted = can_overlay() and self._original.is_dir()
        self._config = _config_of_one(cursor.config, source.session.index, folder.path.name)
        spec = self._config.session(source.session.index)
        self._spec = spec.model_copy(update={"prompt": cursor.wanted.prompt, "fork_from": None})
        self._session = folder.session(source.session.index)
        self.meta = new_meta(self._config)
        self.meta.sdk_version = sdk_version(self._config, cursor.engine.version())
        self.meta.replay_source = source.run.path.name
        self.meta.replay_turn = turn.number
        self._about: Json = {
            "source_run": source.run.path.name,
            "source_run_dir": str(source.run.path.absolute()),
            "source_session_index": source.session.index,
            "source_session_id": source.session_meta.session_id,
            "source_replicate": source.session.replicate,
            "replay_turn_index": turn.number,
            "replay_count": cursor.wanted.count,
            "replay_number": number,
            "prompt_override": cursor.wanted.prompt or None,
            "new_session_id": None,
            "shadow_git_reset_tag": cursor.tag,
            "files_tree": None,
            "path_isolation": "mount" if self._mounted else "rewrite",
            "seen_work_dir": str(self._original if self._mounted else copy),
            "context_check": {"result": "unknown", "reason": "the replay has not been asked yet"},
            "created_at": now().isoformat(),
        }

    async def go(self) -> None:
        """Run it, and leave a complete folder however it ends."""
        written = yaml.safe_dump(self._config.as_dict(), sort_keys=False, allow_unicode=True)
        write_file(self._folder.config, written.encode())
        self._save()
        self._report(RunStarted(self._folder.path, self.meta))
        try:
            await self._with_files()
            stopped = self._left_out or any(each.stop_reason == "interrupted" for each in self.meta.sessions)
            self.meta.status = "failed" if self.meta.errors else "interrupted" if stopped else "finished"
        except asyncio.CancelledError:
            self.meta.status = "interrupted"
            raise
        except (EngineError, ReplayError, ShadowGitError, OSError) as error:
            self._error(reason_of(error))
            self.meta.status = "failed"
        finally:
            self.meta.finished_at = now().isoformat()
            self._save()

    async def _with_files(self) -> None:
        source = self._cursor.wanted.source
        shadow = await ShadowGit.create(self._folder.shadow, self._copy)
        try:
            self._about["files_tree"] = await check_same(
                source.run.shadow, self._cursor.tag, self._folder.shadow, BASELINE
            )
            try:
                await self._run(shadow)
            finally:
                await shadow.snapshot(END)
                await write_patch(shadow, BASELINE, END, self._folder.diff)
            if (afterwards := self._cursor.wanted.afterwards) is not None:
                tree = WorkTree(self._copy, self._original if self._mounted else self._copy)
                self._about["verify"] = await afterwards(self._folder.path, tree)
        finally:
            await shadow.close()

    async def _run(self, shadow: ShadowGit) -> None:
        source, cursor = self._cursor.wanted.source, self._cursor
        homes = make_folder(self._copy.parent.parent / "homes")
        past = self._past(homes / "before.jsonl")
        scene = (
            Scene(shadow, self._original, overlay(self._copy, self._original), past)
            if self._mounted
            else Scene(shadow, self._copy, past=past, moved_from=self._original)
        )
        meta = SessionMeta(
            session_index=source.session.index,
            resumed_from=source.session_meta.session_id,
            path_isolation=self._about["path_isolation"],
            seen_work_dir=None if scene.cwd == Path(self._config.work_dir) else str(scene.cwd),
        )
        self.meta.sessions.append(meta)
        if cursor.wanted.offline is not None:
            self._from_record = from_record(
                source,
                cursor.wanted.turn,
                cursor.wanted.offline,
                past.conversation.session_id,
                {} if self._mounted else {str(self._copy): str(self._original)},
            )
        setting = Setting(
            config=self._config,
            engine=cursor.engine,
            route=cursor.route,
            judge=cursor.judge,
            environment=cursor.environment,
            changelog=Changelog(self._folder.changelog),
            homes=homes,
            report=self._report,
            save_meta=self._save,
            answers=self._from_record,
            limit=cursor.limit,
        )
        try:
            await Session(setting, scene, self._spec, self._session, meta).run()
        finally:
            self._checked(meta)
        if meta.error:
            self._error(f"session {meta.name}: {meta.error}")
        if cursor.wanted.go_on:
            await self._go_on(setting, Stage(shadow, scene.cwd, scene.wrap))

    async def _go_on(self, setting: Setting, stage: Stage) -> None:
        """Run the later sessions that depend on the replayed one; they begin with what it left."""
        following, others = later_sessions(self._cursor.config, self._session.index)
        for number in others:
            self._report(Remark(f"session {number} is left out: it does not depend on what is replayed"))
        starts = [each for each in plan(self._config) if each.session.session_index in following]
        sessions = Sessions(self._folder, setting, self.meta, stage, self._error)
        await sessions.run(starts)
        self._left_out = sessions.left_out

    def _past(self, before: Path) -> Past:
        """Return what the session goes on from: the conversation up to the turn."""
        wanted = self._cursor.wanted
        source, turn = wanted.source, wanted.turn
        name = self._cursor.engine.before_answer(source.session.transcript, turn.answer, before)
        project = source.session_meta.engine_state.get("project")
        steps = [self._seen_from_here(step) for step in context_of(source, wanted.turns, turn)]
        return Past(Conversation(name, before, project=project), False, steps, midway=True)

    def _seen_from_here(self, step: Step) -> Step:
        """Let the references in a step lead to its subagents, which are in the source's folder."""
        source = self._cursor.wanted.source.session.path
        for reference in (each for result in step.results for each in result.subagent_trajectory_ref):
            if reference.trajectory_path is not None:
                at = os.path.normpath(source.absolute() / reference.trajectory_path)
                reference.trajectory_path = os.path.relpath(at, self._session.path.absolute())
        return replace(step)

    def _checked(self, meta: SessionMeta) -> None:
        """Say whether the model was asked the same, from what the recorder saw go up."""
        wanted = self._cursor.wanted
        self._about["new_session_id"] = meta.session_id
        moved = () if self._mounted else (str(self._copy), str(self._original))
        check = check_context(
            wanted.source.session,
            wanted.turn.request,
            self._session,
            wanted.prompt,
            moved,
            other_model=wanted.other_model,
        )
        self._about["context_check"] = check
        if self._from_record is not None:
            self._about["offline"] = outcome(self._from_record, wanted.source, wanted.turns, meta)
        if check["result"] == "differs":
            more = f" and {check['differences'] - 1} more" if check["differences"] > 1 else ""
            self._report(Remark(f"the context differs: {check['differs'][0]}{more} (replay_meta.json)"))
        elif check["result"] == "unknown":
            self._report(Remark(f"the context was not checked: {check['reason']}"))

    def _error(self, message: str) -> None:
        self.meta.errors.append(message)
        self._report(Remark(message))

    def _save(self) -> None:
        self.meta.add_up()
        write_meta(self._folder, self.meta)
        write_json(self._folder.path / ABOUT, self._about)


def read_about(folder: RunFolder) -> Json:
    """Return where a replay came from, and what it came to.

    Raises:
        OSError: it cannot be read.
    """
    found: Json = orjson.loads((folder.path / ABOUT).read_bytes())
    return found


def _config_of_one(config: Config, index: int, run_name: str) -> Config:
    """Return a configuration in which a session is not replicated."""
    single = config.session(index).model_copy(update={"count": 1})
    sessions = [*config.sessions[: index - 1], single, *config.sessions[index:]]
    return config.model_copy(update={"run_name": run_name, "sessions": sessions})
