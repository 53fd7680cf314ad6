"""Sessions that join a run when it is over, also from several processes at once.

What belongs here is what all sessions of a run share: numbers, `run_meta.json`, `state_changelog.jsonl`. Each
change is made with the run's lock held, to what is on disk at that moment, and leaves the entries of others
as they are.
"""

from __future__ import annotations

import bisect
import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import orjson

from capture.runs.files import locked, make_folder, write_json
from capture.runs.folder import RunFolder
from capture.runs.locks import hold
from capture.runs.meta import SessionMeta, read_meta
from capture.shadow import Changelog, FileChange

Json = dict[str, Any]

_TOTALS = {
    "total_steps": "step_count",
    "total_tool_calls": "tool_call_count",
    "total_cost_usd": "total_cost_usd",
    "total_file_writes": "file_writes",
    "total_compaction_events": "compaction_count",
    "total_subagent_invocations": "subagent_count",
    "judge_flagged_sessions": "judge_flagged",
    "judge_early_exits": "judge_early_exit",
}
_NEGLIGIBLE = 1e-9
"""What sums of costs may differ by although they are of the same costs."""


class Joined:
    """A session that has joined a run: its number, its folder, and the sign that it is under way.

    A folder `session_NN` counts as the first replicate, so the first one to join it is the second.

    Args:
        run: The run.
        meta: The session's entry; its replicate's number is given here.

    Raises:
        MetaError: the run's meta cannot be read.
        OSError: it, or the folder, cannot be written.
    """

    def __init__(self, run: RunFolder, meta: SessionMeta) -> None:
        self.run = run
        self.meta = meta
        with locked(run.path):
            meta.replicate = meta.replicate_count = _highest(run, meta.session_index) + 1
            self.folder = run.session(meta.session_index, meta.replicate)
            make_folder(self.folder.path)
            self._lock = hold(self.folder.lock)
            _enter(run, meta)

    def save(self) -> None:
        """Bring the session's entry, and the run's totals, up to date."""
        with locked(self.run.path):
            _enter(self.run, self.meta)

    def complain(self, error: str) -> None:
        """Let an error stand among the run's."""
        with locked(self.run.path):
            _enter(self.run, self.meta, error)

    def leave(self) -> None:
        """Say that the session is no longer under way; its entry says how it ended."""
        self.folder.lock.unlink(missing_ok=True)
        os.close(self._lock)


class SharedChangelog(Changelog):
    """The changelog of a run whose sessions are in several processes."""

    def __init__(self, run: RunFolder) -> None:
        super().__init__(run.changelog)
        self._run = run

    def append(
        self,
        session_index: int,
        replicate: int | None,
        step_id: int,
        timestamp: datetime | str,
        changes: Iterable[FileChange],
    ) -> None:
        """Append a row for each change, as `Changelog` does, while nobody else does."""
        with locked(self._run.path):
            super().append(session_index, replicate, step_id, timestamp, changes)


def _highest(run: RunFolder, index: int) -> int:
    """Return the highest number that a replicate of a session has, or had before its folder was removed."""
    folders = [(each.index, each.replicate) for each in run.sessions()]
    entries = [(each.session_index, each.replicate) for each in read_meta(run).sessions]
    return max((number or 1 for at, number in folders + entries if at == index), default=0)


def _enter(run: RunFolder, meta: SessionMeta, error: str | None = None) -> None:
    """Put a session's entry into the run's meta, in its place; the lock is held."""
    said = read_meta(run)
    data: Json = orjson.loads(run.meta.read_bytes())
    before, own = _rows(data), meta.as_dict()
    others = [row for row in before if _place(row) != _place(own)]
    if data.get("status") == "running":  # it was killed, and is about to say so
        others = [row | {"stop_reason": row.get("stop_reason") or "interrupted"} for row in others]
    at = bisect.bisect_right([_place(row) for row in others], _place(own))
    after = [*others[:at], own, *others[at:]]
    data |= {total: _total(data.get(total), part, before, after) for total, part in _TOTALS.items()}
    data |= {"sessions": after, "session_count": len(after), "status": said.status}
    if error is not None:
        data["errors"] = [*said.errors, error]
    write_json(run.meta, data)


def _rows(data: Json) -> list[Json]:
    rows = data.get("sessions")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _place(row: Json) -> tuple[int, int]:
    index, replicate = row.get("session_index"), row.get("replicate")
    return (index if isinstance(index, int) else 0, replicate if isinstance(replicate, int) else 0)


def _total(said: object, part: str, before: Sequence[Json], after: Sequence[Json]) -> float | None:
    """Return a total over the entries, with what it had beyond theirs: others count in ways of their own."""
    counted = [_number(row.get(part)) for row in after]
    known = [each for each in (*counted, _number(said)) if each is not None]
    if not known:
        return None
    beyond = (_number(said) or 0) - sum(_number(row.get(part)) or 0 for row in before)
    return sum(each for each in counted if each is not None) + (beyond if abs(beyond) > _NEGLIGIBLE else 0)


def _number(value: object) -> float | None:
    return value if isinstance(value, (int, float)) else None
