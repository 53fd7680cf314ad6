"""`progress.jsonl`: how far a job has got, a line whenever that changes."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

Json = dict[str, Any]

TAIL_BYTES = 16_384
"""The last line is looked for in the last so many bytes; messages are cut to be shorter."""
MESSAGE_AT_MOST = 500


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job has got."""

    ts: float
    """Seconds since the epoch."""
    done: int
    """Pieces of work that have come to an end, failed ones among them."""
    total: int | None
    cost_usd: float | None
    """Spent so far; None where no price is known."""
    failed: int
    message: str
    """What happened last. From outside, so raw."""

    def as_dict(self) -> Json:
        """Return the row as it is written."""
        return asdict(self) | {"message": self.message[:MESSAGE_AT_MOST]}


def last_progress(path: Path) -> Progress | None:
    """Return the newest row of a job's progress; None where there is none yet."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
            lines = file.read().splitlines()
    except OSError:
        return None
    return next(filter(None, map(parsed, reversed(lines))), None)


def parsed(line: bytes) -> Progress | None:
    """Return the row in a line; None for one that is torn, or no such row."""
    try:
        row = orjson.loads(line)
        cost = row["cost_usd"]
        return Progress(
            float(row["ts"]),
            int(row["done"]),
            None if row["total"] is None else int(row["total"]),
            None if cost is None else float(cost),
            int(row["failed"]),
            str(row["message"]),
        )
    except (orjson.JSONDecodeError, LookupError, TypeError, ValueError):
        return None
