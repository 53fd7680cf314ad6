"""An agent's state, judged by its newest calls: failing, stalled, active or idle, and why in one clause.

What belongs here is the judgement alone. Its thresholds are said in words beside their numbers.
"""

from __future__ import annotations

import numpy as np

from capture.log.columns import ASKED_TOOL, ERROR
from capture.log.folding import Rows
from capture.log.table import Table

STATES = ("failing", "stalled", "active", "idle")
"""In order of trouble."""

JUDGED = 10
"""So many of the newest calls are looked at."""

LEAST_JUDGED = 4
"""With fewer calls than that, half of them failing means little."""

IN_A_ROW = 5
FAILING_S = 600.0
"""Failures older than this no longer make an agent failing."""

ACTIVE_S = 120.0
"""An agent with a call in the last two minutes is active."""

STALLED_S = 1800.0
"""An agent that owes a next call and is silent for two to thirty minutes is stalled; then idle."""


def judge(table: Table, newest: Rows, now: float) -> tuple[str, str]:
    """Judge an agent.

    Args:
        table: The columns.
        newest: The agent's newest rows in time order; at least one.
        now: Seconds since the epoch.

    Returns:
        The state, and the clause that says why; empty when active or idle.
    """
    rows = newest[-JUDGED:]
    if reason := _failing(table, rows, now):
        return "failing", reason
    silent = now - _ended(table, int(rows[-1]))
    if silent <= ACTIVE_S:
        return "active", ""
    if silent <= STALLED_S and (reason := _owes(table, int(rows[-1]))):
        return "stalled", f"{reason}, then nothing for {int(silent // 60)} min"
    return "idle", ""


def _failing(table: Table, rows: Rows, now: float) -> str:
    recent = rows[table["order"][rows] >= now - FAILING_S]
    failed = table["flags"][recent] & ERROR != 0
    in_a_row = len(failed) if failed.all() else int(np.argmin(failed[::-1]))
    count = int(failed.sum())
    if in_a_row >= IN_A_ROW:
        more = " and more" if in_a_row >= JUDGED else ""
        return f"the last {in_a_row}{more} calls failed: {_why(table, int(recent[-1]))}"
    if len(recent) >= LEAST_JUDGED and 2 * count >= len(recent):
        return f"{count} of the last {len(recent)} calls failed: {_why(table, int(recent[failed][-1]))}"
    return ""


def _why(table: Table, row: int) -> str:
    """What failed: the first signal, or the error's type and status."""
    found = table.row(row)
    if found.signals:
        return found.signals[0]
    status = f" ({found.http_status})" if found.http_status else ""
    return f"{found.error_type or 'error'}{status}"


def _ended(table: Table, row: int) -> float:
    """When a call was over."""
    duration = float(np.nan_to_num(table["duration_ms"][row]))
    return float(table["order"][row]) + max(0.0, duration) / 1000


def _owes(table: Table, row: int) -> str:
    """Why a call should have been followed by another; "" when nothing was left to do."""
    flags = int(table["flags"][row])
    if flags & ERROR:
        return f"the last call failed ({_why(table, row)})"
    if flags & ASKED_TOOL:
        return "the last answer asked for a tool"
    return ""
