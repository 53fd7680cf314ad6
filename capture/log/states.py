"""An agent's state: failing, looping, stalled, active or idle, and why in one clause.

What belongs here is the judgement alone, by the newest calls and by the patterns that are going on. Its
thresholds are said in words beside their numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from capture.log.columns import ASKED_TOOL, ERROR
from capture.log.folding import Rows
from capture.log.source import PlacedFinding
from capture.log.table import Table
from tessen.format import duration, money, plural

STATES = ("failing", "looping", "stalled", "active", "idle")
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


_STATE_OF = {"tool_loop": "looping", "stall": "stalled"}
"""What agents are called of which such a pattern is going on.

Storms are not among them: an agent of a thousand calls a minute is not failing when five of them fail, and
one whose newest calls fail is called so already.
"""

_LASTING = frozenset({"tool_loop", "failing_tool"})
"""What does not say itself how long it took."""

_PATIENCE_S = {"stall": STALLED_S, "error_storm": 60.0, "retry_storm": 60.0}
"""How long after its last event such a pattern is going on; a storm is counted by the minute."""

_OFTEN_S = 120.0
"""A tool that fails more seldom than this is no trouble of the moment."""


def judge(table: Table, newest: Rows, now: float, findings: Sequence[PlacedFinding] = ()) -> tuple[str, str]:
    """Judge an agent.

    Args:
        table: The columns.
        newest: The agent's newest rows in time order; at least one.
        now: Seconds since the epoch.
        findings: What its recent log shows.

    Returns:
        The state, and the clause that says why; empty when active or idle.
    """
    rows = newest[-JUDGED:]
    if reason := _failing(table, rows, now):
        return "failing", reason
    going_on = [each for each in findings if each.kind in _STATE_OF and goes_on(each, now)]
    shown = {_STATE_OF[each.kind]: each for each in reversed(going_on)}  # the most pressing comes first
    for state in ("looping", "stalled"):
        if state in shown:
            return state, _in_brief(shown[state])
    silent = now - _ended(table, int(rows[-1]))
    if silent <= ACTIVE_S:
        return "active", ""
    if silent <= STALLED_S and (reason := _owes(table, int(rows[-1]))):
        return "stalled", f"{reason}, then nothing for {int(silent // 60)} min"
    return "idle", ""


def goes_on(finding: PlacedFinding, now: float) -> bool:
    """Whether a pattern is going on: its newest event is recent, or not later than the next one is due."""
    if not finding.rows or finding.over:
        return False
    silent = now - finding.last_ts
    if finding.kind in _PATIENCE_S:
        return silent <= _PATIENCE_S[finding.kind]
    usual_gap = (finding.last_ts - finding.first_ts) / len(finding.rows)
    if finding.kind == "failing_tool" and usual_gap > _OFTEN_S:
        return False
    return silent <= min(FAILING_S, max(ACTIVE_S, 2 * usual_gap))


def in_words(finding: PlacedFinding) -> str:
    """What happened, in which time and for how much money, without a full stop."""
    lasted_ms = 1000 * (finding.last_ts - finding.first_ts)
    if finding.kind not in _LASTING or len(finding.rows) < 2:
        return finding.says
    cost = f", for {money(finding.cost_usd)}" if finding.cost_usd else ""
    return f"{finding.says}, within {duration(lasted_ms)}{cost}"


def _in_brief(finding: PlacedFinding) -> str:
    """The same, what matters most first: there may be room for no more than that."""
    if finding.kind != "tool_loop":
        return in_words(finding)
    lasted_ms = 1000 * (finding.last_ts - finding.first_ts)
    cost = f", {money(finding.cost_usd)}" if finding.cost_usd else ""
    times = plural(finding.times, "time")
    return f"{finding.subject} {times} in {duration(lasted_ms)}{cost}, always with the same arguments"


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
