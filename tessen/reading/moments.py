"""Moments as people give them: a duration back from now, a date, a number.

What belongs here is `since` and `--since`, read one way.
"""

from __future__ import annotations

import math
import re
import time
from datetime import UTC, datetime, timedelta

Since = float | datetime | timedelta | str
"""Seconds since the epoch, a datetime with a time zone, a time back from now, or `24h`, `7d`, `2w`."""

LATEST = 253_402_300_800.0
"""The year 10,000, in seconds since the epoch: a clock that says so tells nothing of when something was."""

_AGO = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(s|m|h|d|w)", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def moment(since: Since | None, now: float | None = None) -> float | None:
    """Return a moment as seconds since the epoch.

    Args:
        since: See `Since`; text may also be an ISO date or time, UTC unless it says. None stays None.
        now: What durations count back from, in seconds since the epoch; by default the clock.

    Raises:
        ValueError: A text that is none of these, a datetime without a time zone, or no finite number.
        TypeError: Another type; true and false are not numbers.
    """
    if since is None:
        return None
    now = time.time() if now is None else now
    if isinstance(since, timedelta):
        return now - since.total_seconds()
    if isinstance(since, datetime):
        if since.tzinfo is None:
            raise ValueError("since: the datetime has no time zone; add tzinfo=UTC, or use datetime.now(UTC)")
        return since.timestamp()
    if isinstance(since, str):
        return _from_text(since.strip(), now)
    if isinstance(since, bool) or not isinstance(since, int | float):
        raise TypeError(f"since: takes seconds, a datetime, a timedelta or text, not {type(since).__name__}")
    if not math.isfinite(since):
        raise ValueError(f"since: {since} is no moment")
    return float(since)


def _from_text(text: str, now: float) -> float:
    if match := _AGO.fullmatch(text):
        return now - float(match[1]) * _SECONDS[match[2]]
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=at.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        raise ValueError(
            f"since: {text[:40]!r} is neither a duration nor a date; such as 15m, 24h, 7d, 2w or 2026-11-23"
        ) from None
