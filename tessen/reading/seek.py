"""Where in a file a moment lies, found without reading up to it.

What belongs here is the search and its one assumption. A line is written when its call ends, so lines are in
order of their ends, nearly; `ts` is the call's start. An event that started at T or later is therefore
written behind every line that was written before T. Only starts can be trusted (old recorders understate the
duration of streams), so a place is passed over when the latest start around it is more than `LONGEST_CALL_S`
before T. Events are missed only if every call that ended around such a place took longer than that.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

from tessen.paths import parse_log_name
from tessen.reading.stretch import next_line

LONGEST_CALL_S = 900.0
"""Longer than the SDKs let a call take unless told otherwise, which is ten minutes."""

_WINDOW = 1 << 16
_NEAR = 4 * _WINDOW
"""Bytes that are read rather than searched."""

_HEAD = rb'\{"event_id": ?"[^"\n]*", ?(?:"[a-z_]+": ?"[^"\n]*", ?){0,3}"ts": ?([\d.]+)[,}]'
_STARTS = re.compile(rb"\n" + _HEAD).findall
_START = re.compile(_HEAD).match


def offset_of(fd: int, moment: float) -> int:
    """Return the start of a line behind which all events lie that started at a moment or later.

    Args:
        fd: A log file.
        moment: Seconds since the epoch.
    """
    low, high = 0, os.fstat(fd).st_size
    while high - low > _NEAR:
        middle = (low + high) // 2
        latest = _latest_start(fd, middle)
        if latest is not None and latest < moment - LONGEST_CALL_S:
            low = middle
        else:
            high = middle
    return next_line(fd, low) or 0


def may_hold(path: Path, moment: float) -> bool:
    """Whether a file may hold events that started at a moment or later, by the UTC date in its name."""
    named = parse_log_name(path.name)
    if named is None:
        return True
    try:
        first_day = datetime.fromtimestamp(moment - LONGEST_CALL_S, UTC).strftime("%Y-%m-%d")
    except (ValueError, OverflowError, OSError):
        return True
    return named[0] >= first_day


def start_of(line: bytes) -> float | None:
    """When the call of a line started, by the line's beginning alone; None where it does not say."""
    match = _START(line)
    try:
        return float(match[1]) if match else None
    except ValueError:
        return None


def _latest_start(fd: int, offset: int) -> float | None:
    """The latest start of the calls whose lines begin near a place; None where none does."""
    found = _STARTS(os.pread(fd, _WINDOW, offset))
    try:
        return max(map(float, found), default=None)
    except ValueError:
        return None
