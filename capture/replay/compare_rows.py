"""What is known of each model that is compared: how the command judged what it left, and what it took.

What belongs here is measuring. The record itself is the base: its files at the session's end are judged by
the same command, and nothing is asked again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from capture.cursor.session import requests_of
from capture.engines.isolation import can_overlay
from capture.replay.another_model import estimate
from capture.replay.parting import parting
from capture.replay.replay import read_about
from capture.replay.source import ReplayError, Source, seen_work_dir
from capture.replay.turns import Turn
from capture.replay.verify import Verify, WorkTree
from capture.runs.experiment import Finished
from capture.runs.files import make_folder, read_lines, reason_of
from capture.runs.rooms import make_room
from capture.shadow import ShadowGit, ShadowGitError

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that is compared."""

    source: Source
    """The session, with this model in its configuration."""
    estimate: float | None
    """What one replay may cost, in USD; None where that is not known."""

    @property
    def model(self) -> str:
        """Its name."""
        return self.source.config.model


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is to be compared."""

    recorded: Source
    turns: Sequence[Turn]
    turn: Turn
    candidates: Sequence[Candidate]
    verify: Verify
    count: int
    max_cost: float | None
    """USD; no replay is begun that would go beyond it."""


def measured(comparison: Comparison, source: Source, finished: Finished) -> Json:
    """Return what is known of one replay."""
    meta, about = finished.meta, read_about(finished.folder)
    seen = seen_work_dir(source.run, source.config, source.session_meta)
    moved = {} if about["path_isolation"] == "mount" else {about["seen_work_dir"]: str(seen)}
    own = meta.sessions[0] if meta.sessions else None
    return {
        "path": str(finished.folder.path),
        "status": meta.status,
        "verify": about.get("verify"),
        "prompt_tokens": own.prompt_tokens if own else 0,
        "completion_tokens": own.completion_tokens if own else 0,
        "cost_usd": meta.total_cost_usd,
        "duration_s": _seconds(own.started_at, own.finished_at) if own else None,
        "turns": own.num_turns if own else 0,
        "stop_reason": own.stop_reason if own else None,
        "error": meta.errors[0] if meta.errors else None,
        "first_divergence": parting(
            source,
            comparison.turns,
            comparison.turn,
            finished.folder.session(source.session.index),
            moved,
        ),
    }


async def recorded(comparison: Comparison, folder: Path) -> Json:
    """Return the row of the record itself, whose files at the session's end are judged."""
    source, turn, turns = comparison.recorded, comparison.turn, comparison.turns
    took = [each for each in requests_of(source.session) if each.number >= (turn.request or 1) and each.usage]
    used = [each.usage for each in took if each.usage is not None]
    verdict: Json | None = None
    error: str | None = None
    try:
        verdict = await _judged(comparison, make_folder(folder / "recorded"))
    except (ShadowGitError, OSError) as problem:
        error = f"the files at the session's end cannot be judged: {reason_of(problem)}"
    found = {
        "path": str(source.run.path.absolute()),
        "status": source.meta.status,
        "verify": verdict,
        "prompt_tokens": sum(each.input_tokens for each in used),
        "completion_tokens": sum(each.output_tokens for each in used),
        "cost_usd": estimate(source, turn, source.config.model),
        "duration_s": _seconds(_asked_at(source, turn), source.session_meta.finished_at),
        "turns": len(turns) - turn.number + 1,
        "stop_reason": source.session_meta.stop_reason,
        "error": error,
        "first_divergence": None,
    }
    row = row_of(source.config.model, 1, None) | {"recorded": True, "replays": [found]}
    return added_up(row)


async def _judged(comparison: Comparison, folder: Path) -> Json:
    source = comparison.recorded
    room = make_room()
    try:
        files = make_folder(room.path / "files") / Path(source.config.work_dir).name
        shadow = await ShadowGit.open(source.run.shadow, room.path / "none")
        try:
            await shadow.check_out(source.session.path.name, files)
        finally:
            await shadow.close()
        seen = _seen(source)
        tree = WorkTree(files, seen if seen is not None else files)
        return await comparison.verify(source.run.path.absolute(), tree, folder)
    finally:
        await asyncio.to_thread(room.remove)


def _seen(source: Source) -> Path | None:
    """Return where the agent saw its files, if they can be shown there."""
    try:
        seen = seen_work_dir(source.run, source.config, source.session_meta)
    except ReplayError:
        return None
    return seen if can_overlay() and seen.is_dir() else None


def _asked_at(source: Source, turn: Turn) -> str | None:
    rows = read_lines(source.session.captures)[0]
    moment = next((row.get("timestamp") for row in rows if row.get("request_index") == turn.request), None)
    return moment if isinstance(moment, str) else None


def row_of(model: str, count: int, cost: float | None) -> Json:
    """Return the row of a model before its replays; `cost` is the estimate for one, in USD."""
    return {
        "model": model,
        "recorded": False,
        "count": count,
        "estimate_usd": cost,
        "left_out": None,
        "replays": [],
    }


def added_up(row: Json) -> Json:
    """Return a row with what its replays come to: how many passed, and what they cost together."""
    replays = row["replays"]
    costs = [each["cost_usd"] for each in replays if each["cost_usd"] is not None]
    return row | {
        "passed": sum((each["verify"] or {}).get("exit_code") == 0 for each in replays),
        "cost_usd": sum(costs) if costs else None,
    }


def _seconds(began: str | None, ended: str | None) -> float | None:
    try:
        lasted = datetime.fromisoformat(ended or "") - datetime.fromisoformat(began or "")
    except ValueError:
        return None
    return round(lasted.total_seconds(), 3)
