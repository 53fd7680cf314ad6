"""`tessen-tui statusline`: how things are in one line, for tmux's status-right; no names, no colours.

What belongs here is the one line. It says only what there is: a night without trouble is a short line.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from capture.log import LocalLog
from capture.log.source import AgentSummary
from capture.runs.catalogue import Catalogue
from tessen.format import money
from widgets import glyphs

PATIENCE_S = 5.0
"""How long to wait for a log that is not indexed yet; tmux asks again soon, and then it is."""

TROUBLES = (("failing", glyphs.ERROR), ("looping", glyphs.ERROR), ("stalled", glyphs.ANOMALY))
_ASCII = str.maketrans(dict(glyphs.ASCII))
CALM = "tessen: nothing under way"


def print_statusline(log_dir: Path, agents: Sequence[str], runs_dir: Path, *, ascii_only: bool) -> None:
    """Print the line."""
    line = asyncio.run(statusline(log_dir, agents, runs_dir))
    print(line.translate(_ASCII) if ascii_only else line)


async def statusline(
    log_dir: Path, agents: Sequence[str], runs_dir: Path, clock: Callable[[], float] = time.time
) -> str:
    """Return the line, without a line break.

    Args:
        log_dir: the log folder; need not exist.
        agents: only these; empty for all.
        runs_dir: the folder of runs; need not exist.
        clock: the time, in seconds since the epoch.
    """
    log = LocalLog(log_dir, tuple(agents))
    await log.open()
    with suppress(TimeoutError):  # then what is indexed is said
        async with asyncio.timeout(PATIENCE_S):
            await _indexed(log)
    summaries = log.agents(clock())
    await log.close()
    try:
        living = sum(row.state == "running" for row in await asyncio.to_thread(Catalogue(runs_dir).read))
    except OSError:
        living = 0
    return "  ".join(_clauses(summaries, living)) or CALM


async def _indexed(log: LocalLog) -> None:
    """Wait until the whole log is in."""
    changes = log.changes()
    while not log.progress.done:
        await anext(changes)


def _clauses(summaries: Sequence[AgentSummary], living: int) -> Iterator[str]:
    """Trouble first, then what is under way, then what it costs."""
    states = Counter(summary.state for summary in summaries)
    yield from (f"{glyph} {states[name]} {name}" for name, glyph in TROUBLES if states[name])
    if states["active"]:
        yield f"{glyphs.RUNNING} {states['active']} active"
    if living:
        yield f"{living} run{'s' if living > 1 else ''}"
    if hourly := sum(summary.cost_per_hour_usd for summary in summaries):
        yield f"{money(hourly)}/h"
