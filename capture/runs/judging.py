"""When a session is judged: every so many turns, and whether it may go on."""

from __future__ import annotations

import asyncio
from pathlib import Path

from capture.config import JudgeConfig
from capture.judge import Backend, judge, render
from capture.judge.kept import append_verdict
from capture.runs.meta import SessionMeta
from capture.runs.record import SessionRecord


class Judging:
    """The judge of one session.

    Args:
        config: The judge.
        where: Where its model is.
        file: Where verdicts are appended.
        meta: The session's entry in the run's meta, kept up to date here.
        record: What it reads.
    """

    def __init__(
        self, config: JudgeConfig, where: Backend, file: Path, meta: SessionMeta, record: SessionRecord
    ) -> None:
        self._config = config
        self._where = where
        self._file = file
        self._meta = meta
        self._record = record
        self._judged = 0
        self._under_way: set[asyncio.Task[bool]] = set()

    async def after_turn(self) -> bool:
        """Judge, if a turn has come to its end after which it is time; returns whether the session must end.

        Where the judge cannot end the session, the agent does not wait for it.
        """
        turn = self._record.turns
        if turn in (self._judged, 0) or turn % self._config.every_n_turns:
            return False
        self._judged = turn
        task = asyncio.create_task(self._judge(turn))
        if self._config.early_exit:
            return await task
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return False

    async def finish(self) -> None:
        """Judge the last turn, if it is time, and wait for all verdicts."""
        await self.after_turn()
        await asyncio.gather(*self._under_way)

    async def _judge(self, turn: int) -> bool:
        rendered = render(self._record.trajectory.steps, self._config.include_reasoning)
        verdict = await judge(self._config, self._where, rendered)
        append_verdict(self._file, turn, verdict, rendered.info)
        self._meta.judge_verdict_count += verdict.error is None
        self._meta.judge_flagged = self._meta.judge_flagged or bool(verdict.flagged)
        return bool(verdict.flagged)
