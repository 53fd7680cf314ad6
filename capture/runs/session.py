"""One session, from its launch to its end: the engine behind the proxy, files watched, everything on disk.

What belongs here is the order of things. A request that brings the results of tools is held back until the
files have been looked at and the limits have been asked; so a step's changes are exactly its own, and
nothing is spent beyond a limit.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncIterator, Collection, Iterator
from dataclasses import replace

from capture.atif.build import now
from capture.config import SessionConfig
from capture.engines.interface import (
    Called,
    Ended,
    EngineError,
    EngineEvent,
    EngineRun,
    Returned,
)
from capture.proxy import Capture, CaptureProxy, ProxyRequest, StoredAnswer, Unanswered
from capture.runs.answering import Over
from capture.runs.file_states import FileStates
from capture.runs.files import make_folder, reason_of, write_json
from capture.runs.folder import SessionFolder
from capture.runs.judging import Judging
from capture.runs.keeping_up import Mirror, Pace
from capture.runs.launching import empty_trajectory, home_of, launch_of
from capture.runs.limits import CostLimit, stopping
from capture.runs.meta import SessionMeta, StopReason
from capture.runs.progress import Remark, SessionEnded, SessionMoved, SessionStarted
from capture.runs.record import SessionRecord
from capture.runs.requests import finished_calls
from capture.runs.scene import Scene, Setting
from capture.runs.spending import RATE_LIMITED, UNAUTHORISED, Spending
from capture.shadow import ShadowGitError
from tessen.observed import EventLog
from tessen.paths import default_log_dir, safe_agent

FOLLOW_EVERY_S = 0.5
LAST_WORDS_S = 10.0
"""How long an engine has to end by itself when a call of it was refused, and none is under way."""


class Session:
    """One session of a run.

    Args:
        setting: The run.
        scene: Where it takes place.
        spec: What is asked of the agent.
        folder: Where it is recorded.
        meta: Its entry in the run's meta, kept up to date here.
    """

    def __init__(
        self, setting: Setting, scene: Scene, spec: SessionConfig, folder: SessionFolder, meta: SessionMeta
    ) -> None:
        self._setting = setting
        self._scene = scene
        self._spec = spec
        self._folder = folder
        self._meta = meta
        self._home = home_of(setting, folder)
        self._spending = Spending(setting.config.provider)
        self._stopping = asyncio.Event()
        self._run: EngineRun | None = None
        self._proxy: CaptureProxy | None = None
        self._limits = _limits_of(setting)
        self._refused = False
        """Whether it is over because a call was not passed on, for what the others have cost."""
        self._record = SessionRecord(
            folder,
            meta,
            empty_trajectory(setting, spec, folder),
            setting.config.capture_subagent_trajectories,
        )
        self._states = FileStates(setting, scene.shadow, folder, meta, self._record)
        self._judging = (
            Judging(setting.config.judge, setting.judge, folder.judge, meta, self._record)
            if setting.config.judge is not None and setting.judge is not None
            else None
        )
        self._mirror = Mirror(folder.transcript)
        self._pace = Pace()
        self._later: asyncio.TimerHandle | None = None
        self._last_sign = time.monotonic()
        self._max_turns = spec.max_turns or setting.config.max_turns

    async def run(self) -> None:
        """Run the session to its end. What goes wrong with it is in its meta; only being cancelled is raised.

        Raises:
            asyncio.CancelledError: the run was told to stop. The session is recorded as interrupted.
        """
        self._meta.started_at = now().isoformat()
        self._setting.report(SessionStarted(self._meta))
        self._setting.save_meta()
        try:
            await self._prepare()
            async with self._watched() as base_url:
                await self._drive(base_url)
        except (EngineError, ShadowGitError, OSError) as error:
            self._fail(reason_of(error))
        except asyncio.CancelledError:
            self._meta.stop_reason = "interrupted"
            raise
        finally:
            await self._finish()

    async def _prepare(self) -> None:
        make_folder(self._folder.path)
        make_folder(self._home)
        past = self._scene.past
        self._record.begin(past.steps if past is not None else (), self._spec.prompt)
        await self._states.begin(past)

    @contextlib.asynccontextmanager
    async def _watched(self) -> AsyncIterator[str | None]:
        """Stand between the engine and its model; yields the address for the engine.

        Where requests are not to be captured we stand there all the same, to look at the files between two of
        them, and throw away what was written down.
        """
        config, upstream = self._setting.config, self._setting.route.upstream
        if upstream is None:
            self._setting.report(
                Remark("requests are not captured: nothing may stand between here and the API")
            )
            yield None
            return
        kept = config.capture_api_requests
        log = EventLog(default_log_dir(), safe_agent(config.run_name or config.engine)) if kept else None
        folder = self._folder.path if kept else self._home
        rewrite = self._as_sent if self._midway or self._setting.answers is not None else None
        proxy = CaptureProxy(
            folder,
            upstream,
            hold=self._hold,
            rewrite=rewrite,
            refuse=self._refuse if self._limits else None,
            on_capture=self._captured,
            events=log,
        )
        self._proxy = proxy
        try:
            with contextlib.ExitStack() as held:
                for limit in self._limits:
                    held.enter_context(limit.over(proxy))
                async with proxy:
                    yield proxy.url
        finally:
            if log is not None:
                log.close()

    async def _drive(self, base_url: str | None) -> None:
        self._run = await self._setting.engine.start(
            launch_of(self._setting, self._scene, self._spec, self._folder, base_url)
        )
        reading = asyncio.create_task(self._read(self._run))
        watching = asyncio.create_task(self._until_stopped())
        try:
            await asyncio.wait({reading, watching}, return_when=asyncio.FIRST_COMPLETED)
            if self._refused:
                await self._last_words(reading)
        finally:
            watching.cancel()
            self._stopping.set()  # what it asks while it is being ended is not sent
            await self._run.stop()
            await reading

    async def _last_words(self, reading: asyncio.Task[None]) -> None:
        """Let an engine end by itself that was refused a call; those it made before are answered first."""
        patience = self._setting.config.idle_timeout_seconds
        busy = True
        while busy and not reading.done():
            await asyncio.wait({reading}, timeout=LAST_WORDS_S)
            waited = time.monotonic() - self._last_sign
            busy = self._proxy is not None and self._proxy.busy and waited < patience

    async def _until_stopped(self) -> None:
        """Wait for a reason to end the engine: a limit, or that nothing has happened for too long.

        Meanwhile its record is copied as it grows, since an engine may write a little after it has spoken.
        """
        patience = self._setting.config.idle_timeout_seconds
        while not self._stopping.is_set():
            left = self._last_sign + patience - time.monotonic()
            if left <= 0:
                self._fail(f"nothing happened for {patience:g} s (idle_timeout_seconds)")
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(left, FOLLOW_EVERY_S)):
                    await self._stopping.wait()
            self._follow()

    async def _read(self, run: EngineRun) -> None:
        async for event in run.events():
            if isinstance(event, Ended):
                self._ended(event)
            else:
                await self._take(event)

    async def _take(self, event: EngineEvent) -> None:
        self._last_sign = time.monotonic()
        await self._states.take(event)
        tool = event.name if isinstance(event, Called) else None
        self._setting.report(SessionMoved(self._meta, tool))
        if isinstance(event, Returned) and not self._held:
            await self._states.look([event.call_id])
        self._save()

    @property
    def _held(self) -> bool:
        """Whether requests are held back until the files have been looked at."""
        return self._setting.route.upstream is not None

    async def _hold(self, request: ProxyRequest) -> None:
        """Hold a request back until what came before it is settled; for ever, if the session is over.

        One after a refusal is let through to the next.
        """
        self._last_sign = time.monotonic()
        try:
            unseen = request.method == "POST" and not request.body
            calls = await self._states.last_calls() if unseen else frozenset(finished_calls(request.body))
            if calls and await self._states.settle(calls) and not self._stopping.is_set():
                await self._limit(calls)
        except (ShadowGitError, OSError) as error:
            self._fail(reason_of(error))
            self._stopping.set()
        if self._stopping.is_set() and not self._refused:
            await asyncio.Event().wait()

    @property
    def _midway(self) -> bool:
        """Whether the conversation is one that was gone on with midway."""
        return self._scene.past is not None and self._scene.past.midway

    async def _as_sent(self, request: ProxyRequest) -> bytes | StoredAnswer | Unanswered | None:
        """What to send in a request's place, or what is answered without asking."""
        changed = self._setting.engine.as_recorded(request.body) if self._midway else None
        answers = self._setting.answers
        if answers is None:
            return changed
        found = await answers.answer(replace(request, body=changed or request.body))
        if isinstance(found, Over):
            self._stop(found.reason)
            return Unanswered(changed)
        if isinstance(found, StoredAnswer):
            return replace(found, asked=changed)
        return found if isinstance(found, bytes) else changed

    async def _limit(self, calls: Collection[str]) -> None:
        """Stop the session where it has had its turns, or its judge ends it.

        A turn is over when the main agent's tools are; those of a subagent are in the middle of one.
        """
        if not self._record.are_main(calls):
            return
        if self._record.turns >= self._max_turns:
            self._stop("max_turns")
        elif self._judging is not None and await self._judging.after_turn():
            self._meta.judge_early_exit = True
            self._stop("judge_early_exit")

    async def _refuse(self) -> str | None:
        """Return why a call of the model is not passed on, if the others have cost all that they may."""
        limit = await stopping(self._limits)
        if limit is None:
            return None
        self._refused = self._refused or not self._stopping.is_set()
        self._stop(self._limits[limit])
        return f"this call is not passed on: {limit.said}"

    def _stop(self, reason: StopReason) -> None:
        self._meta.stop_reason = self._meta.stop_reason or reason
        self._stopping.set()

    def _captured(self, capture: Capture) -> None:
        self._last_sign = time.monotonic()
        metrics = self._spending.add(capture)
        self._spend(metrics.cost_usd if metrics is not None else None)
        self._meta.prompt_tokens = self._spending.prompt_tokens
        self._meta.completion_tokens = self._spending.completion_tokens
        if metrics is not None and capture.message_id is not None:
            self._record.measured(capture.message_id, metrics, capture.request_file)
        self._meta.total_cost_usd = self._spending.cost_usd if self._spending.priced else None
        with self._complaining():
            self._save()
        self._setting.report(SessionMoved(self._meta))

    def _spend(self, usd: float | None) -> None:
        for limit in self._limits:
            limit.spend(usd or 0.0)

    def _ended(self, event: Ended) -> None:
        """Take in how the engine says it ended, unless it is we who ended it."""
        if self._spending.requests == 0 and event.cost_usd is not None:
            past = self._scene.past
            goes_on = past is not None and self._setting.engine.cost_is_running
            before = past.conversation.cost_usd if past is not None and goes_on else 0.0
            self._meta.total_cost_usd = max(0.0, event.cost_usd - before)
            self._spend(self._meta.total_cost_usd)
        if self._meta.stop_reason is not None or self._stopping.is_set():
            return
        if event.outcome != "error":
            self._meta.stop_reason = event.outcome
        else:
            self._fail(event.error or "the engine failed, and did not say why")

    def _fail(self, error: str) -> None:
        self._meta.error = self._meta.error or " ".join(error.split())

    def _reason(self) -> StopReason:
        """Return why the session ended, if nobody has said so: what was the matter with its last request."""
        if self._meta.error is None:
            return "completed"
        trouble = self._spending.last_trouble
        if trouble in RATE_LIMITED:
            return "rate_limited"
        return "auth_error" if trouble in UNAUTHORISED else "error"

    def _save(self) -> None:
        """Bring the folder up to date."""
        self._follow()
        left = self._pace.run(self._write)
        if left and self._later is None:  # nothing else may happen for long: a tool can take hours
            self._later = asyncio.get_running_loop().call_later(left, self._save_later)
        self._setting.save_meta()

    def _save_later(self) -> None:
        self._later = None
        with self._complaining():
            self._save()

    def _follow(self) -> None:
        source = self._run.transcript() if self._run is not None else None
        if source is not None:
            self._mirror.follow(source)

    def _write(self) -> None:
        """Write what is written whole each time: trajectories, and which turn is where."""
        self._record.trajectory.total_cost_usd = self._meta.total_cost_usd
        self._record.save()
        transcript = self._folder.transcript
        marks = self._setting.engine.marks(transcript) if transcript.exists() else {}
        write_json(self._folder.uuid_map, self._record.turn_map(marks))

    async def _finish(self) -> None:
        """Settle what is left: files, diff, transcripts, numbers. Also after failures, as far as possible."""
        with self._complaining():
            await self._states.finish()
        if self._judging is not None and self._meta.stop_reason != "interrupted":
            await self._judging.finish()
        with self._complaining():
            self._record.finish()
            self._keep_state()
            self._save()
            self._write()
        if self._later is not None:
            self._later.cancel()
        shutil.rmtree(self._home, ignore_errors=True)
        if self._spending.unpriced:
            models = ", ".join(sorted(self._spending.unpriced))
            self._setting.report(Remark(f"no price is known for {models}: costs are without it"))
        self._meta.finished_at = now().isoformat()
        self._meta.stop_reason = self._meta.stop_reason or self._reason()
        self._setting.save_meta()
        self._setting.report(SessionEnded(self._meta))

    def _keep_state(self) -> None:
        conversation = self._run.conversation() if self._run is not None else None
        if conversation is not None:
            self._meta.session_id = conversation.session_id
            state = {"cost_usd": conversation.cost_usd, "project": conversation.project}
            self._meta.engine_state = {name: value for name, value in state.items() if value}

    @contextlib.contextmanager
    def _complaining(self) -> Iterator[None]:
        """Let what cannot be written down fail the session, and nothing else."""
        try:
            yield
        except (ShadowGitError, OSError) as error:
            self._fail(reason_of(error))


def _limits_of(setting: Setting) -> dict[CostLimit, StopReason]:
    """Return what a session's calls may cost, and what it is called to be stopped there."""
    budget = setting.config.max_budget_usd
    limits: dict[CostLimit, StopReason] = {}
    if budget is not None:
        limits[CostLimit(budget, "max_budget_usd")] = "budget_exhausted"
    if setting.limit is not None:
        limits[setting.limit] = "interrupted"
    return limits
