"""The states of the files in one session: when they are looked at, and which step changed them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection

from capture.atif.build import now
from capture.atif.trajectory import Step
from capture.engines.interface import EngineEvent
from capture.runs.folder import SessionFolder
from capture.runs.meta import SessionMeta
from capture.runs.patches import write_patch
from capture.runs.progress import Remark
from capture.runs.record import SessionRecord
from capture.runs.scene import Past, Setting
from capture.shadow import ShadowGit, Snapshot

EVENT_PATIENCE_S = 5.0
"""How long a request waits for the engine to have told of the calls whose results it brings."""


class FileStates:
    """The states of the files in one session.

    Args:
        setting: The run.
        shadow: Tracks the files.
        folder: Where the session is recorded.
        meta: The session's entry in the run's meta, kept up to date here.
        record: Its trajectories, which take in events here, so that who waits for one is told.
    """

    def __init__(
        self,
        setting: Setting,
        shadow: ShadowGit,
        folder: SessionFolder,
        meta: SessionMeta,
        record: SessionRecord,
    ) -> None:
        self._setting = setting
        self._shadow = shadow
        self._folder = folder
        self._meta = meta
        self._record = record
        self._moved = asyncio.Condition()
        self._looking = asyncio.Lock()
        self._settled: set[frozenset[str]] = set()
        self._unreadable: set[str] = set()

    async def begin(self, past: Past | None) -> None:
        """Note the state the session starts from, in which the calls it goes on from have had their effect.

        Raises:
            ShadowGitError: it cannot be.
        """
        last = past.steps[-1:] if past is not None and past.midway else ()
        self._settled |= {frozenset(call.tool_call_id for call in step.tool_calls) for step in last}
        await self._shadow.snapshot(self._start)

    async def take(self, event: EngineEvent) -> None:
        """Let the record take in an event."""
        async with self._moved:
            self._record.take(event)
            self._moved.notify_all()

    async def settle(self, calls: frozenset[str]) -> bool:
        """Look at the files because tool calls have come to their end.

        Returns:
            Whether this is news: a request may be sent again.

        Raises:
            ShadowGitError, OSError: the state cannot be noted.
        """
        if calls in self._settled:
            return False
        with contextlib.suppress(TimeoutError):  # the engine may tell of calls a little after its request
            async with asyncio.timeout(EVENT_PATIENCE_S), self._moved:
                await self._moved.wait_for(lambda: self._record.step_of_calls(calls) is not None)
        await self.look(calls)
        self._settled.add(calls)
        return True

    async def last_calls(self) -> frozenset[str]:
        """Return the calls of the last step, for a request too large to be asked which results it brings."""
        if self._record.turns == 0:
            return frozenset()
        with contextlib.suppress(TimeoutError):  # what has been settled is of the step before
            async with asyncio.timeout(EVENT_PATIENCE_S), self._moved:
                await self._moved.wait_for(lambda: self._of_last_step() not in self._settled)
        return self._of_last_step()

    def _of_last_step(self) -> frozenset[str]:
        return frozenset(call.tool_call_id for call in self._record.last_step().tool_calls)

    async def look(self, calls: Collection[str]) -> None:
        """Look at the files, and attribute what changed to the step of the calls.

        Raises:
            ShadowGitError, OSError: the state cannot be noted.
        """
        async with self._looking:
            step = self._record.step_of_calls(calls) or self._record.last_step()
            tag = self._record.tag_for(step, self._folder.label)
            self._attribute(await self._shadow.snapshot(tag), step)

    async def finish(self) -> None:
        """Note the state at the end, and write what the session changed.

        Raises:
            ShadowGitError, OSError: it cannot be.
        """
        end = self._folder.path.name
        self._attribute(await self._shadow.snapshot(end), self._record.last_step())
        await write_patch(self._shadow, self._start, end, self._folder.diff)

    @property
    def _start(self) -> str:
        return f"_start_{self._folder.label}"

    def _attribute(self, snapshot: Snapshot, step: Step) -> None:
        meta, setting = self._meta, self._setting
        meta.file_writes += len(snapshot.changes)
        setting.changelog.append(meta.session_index, meta.replicate, step.step_id, now(), snapshot.changes)
        for path, reason in snapshot.unreadable:
            if path not in self._unreadable:
                self._unreadable.add(path)
                setting.report(Remark(f"{path} is not recorded: {reason}"))
