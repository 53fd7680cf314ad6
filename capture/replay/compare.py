"""Models side by side: each goes on from the same turn of a session, and a command judges what it leaves.

What belongs here is the order of things, and the folder that holds what comes of them. What is known of each
is in `compare_rows.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from capture.atif.build import now
from capture.replay.compare_rows import Candidate, Comparison, added_up, measured, recorded, row_of
from capture.replay.replay import Wanted, replay
from capture.runs.files import make_folder, write_json
from capture.runs.progress import Remark, Report

Json = dict[str, Any]

COMPARISON = "comparison.json"
NAME_AT_MOST = 120


@dataclass(slots=True)
class Compared:
    """What has come of it so far."""

    path: Path
    about: Json
    rows: list[Json] = field(default_factory=list)
    """One a model, the recorded one first."""
    status: str = "running"

    def as_dict(self) -> Json:
        """Return it as it stands in `comparison.json`."""
        return {**self.about, "status": self.status, "path": str(self.path), "rows": self.rows}

    def add(self, row: Json) -> None:
        """Take in a row, and write everything down."""
        self.rows.append(row)
        self.save()

    def save(self) -> None:
        """Write it down.

        Raises:
            OSError: it cannot be written.
        """
        write_json(self.path / COMPARISON, self.as_dict())


def begin(comparison: Comparison, runs_dir: Path) -> Compared:
    """Make the folder of a comparison.

    Raises:
        OSError: it cannot be made.
    """
    source, turn = comparison.recorded, comparison.turn
    where = f"s{source.session.label}_t{turn.number}_{now():%Y%m%d-%H%M%S-%f}"
    path = runs_dir.absolute() / f"compare_{source.run.path.name[:NAME_AT_MOST]}_{where}"
    compared = Compared(
        make_folder(path),
        {
            "source_run": source.run.path.name,
            "source_run_dir": str(source.run.path.absolute()),
            "session": source.session.index,
            "replicate": source.session.replicate,
            "from_turn": turn.number,
            "verify": comparison.verify.command,
            "count": comparison.count,
            "created_at": now().isoformat(),
        },
    )
    compared.save()
    return compared


async def compare(
    comparison: Comparison, compared: Compared, report: Report, environment: Mapping[str, str]
) -> None:
    """Judge the record, then have each model go on from the turn and judge what it leaves.

    Args:
        comparison: What.
        compared: Where rows are added as they come.
        report: Told of everything that happens; must not wait.
        environment: The replays'.

    Raises:
        EngineError, ReplayError, ShadowGitError, OSError: a replay cannot be begun.
        asyncio.CancelledError: told to stop. What there is has been written down.
    """
    try:
        await _all(comparison, compared, report, environment)
        compared.status = "finished"
    except asyncio.CancelledError:
        compared.status = "interrupted"
        raise
    finally:
        compared.status = "failed" if compared.status == "running" else compared.status
        compared.save()


async def _all(
    comparison: Comparison, compared: Compared, report: Report, environment: Mapping[str, str]
) -> None:
    compared.add(await recorded(comparison, compared.path))
    spent = 0.0
    for candidate in comparison.candidates:
        row = row_of(candidate.model, comparison.count, candidate.estimate)
        limit = None if comparison.max_cost is None else comparison.max_cost - spent
        about = (candidate.estimate or 0.0) * comparison.count
        if limit is not None and (about > limit or limit <= 0):
            row["left_out"] = f"it would go beyond --max-cost: ${spent:.4f} are spent"
            report(Remark(f"{candidate.model} is left out: {row['left_out']}"))
        else:
            row["replays"] = await _replays(comparison, candidate, limit, compared, report, environment)
        compared.add(added_up(row))
        spent += compared.rows[-1]["cost_usd"] or 0.0


async def _replays(  # noqa: PLR0913, PLR0917 - one step of the function above
    comparison: Comparison,
    candidate: Candidate,
    limit: float | None,
    compared: Compared,
    report: Report,
    environment: Mapping[str, str],
) -> list[Json]:
    source, turn = candidate.source, comparison.turn
    if limit is not None:
        least = min(filter(None, (source.config.max_budget_usd, limit / comparison.count)))
        source = replace(source, config=source.config.model_copy(update={"max_budget_usd": least}))
    wanted = Wanted(source, comparison.turns, turn, comparison.count, afterwards=comparison.verify)
    finished = await replay(wanted, compared.path.parent, report, environment)
    return [measured(comparison, source, each) for each in finished]
