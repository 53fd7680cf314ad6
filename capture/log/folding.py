"""Folding: consecutive failures of one agent that are all the same, shown as one line.

What belongs here works on rows that are already in time order. "Consecutive" is meant within one agent's own
rows: what other agents did in between does not break a run.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from capture.log.columns import ERROR, Array
from capture.log.table import Table

Rows = npt.NDArray[np.int32]

NO_ROWS: Rows = np.zeros(0, "i4")
_SAME = ("error_type", "http_status", "model", "surface")
"""Two failures of one agent are identical when these are."""


@dataclass(frozen=True, slots=True)
class Folds:
    """What folding made of some rows; nothing changes it, more rows make another one."""

    rows: Rows = field(default_factory=lambda: NO_ROWS)
    """The rows to show, the newest of each run, in time order."""
    counts: dict[int, int] = field(default_factory=dict)
    """Row shown → how many it stands for, where that is more than one."""
    lasts: Rows = field(default_factory=lambda: NO_ROWS)
    """Each agent's last row."""


def fold(table: Table, before: Folds, rows: Rows, expanded: set[int]) -> Folds:
    """Fold rows behind others.

    Args:
        table: The columns.
        before: What folding made of the rows before these; a run may go on from there.
        rows: Row numbers in time order, all later than those before.
        expanded: A run that holds one of these rows is shown in full; a run's new last row is added.
    """
    if not len(rows):
        return before
    joined = np.concatenate((before.lasts, rows))
    by_agent = np.argsort(table["agent"][joined], kind="stable")
    sequence = joined[by_agent]
    agents = table["agent"][sequence]
    same = _same_as_previous(table, sequence, agents)
    ends = np.append(~same[1:], True)
    is_open = _expanded_runs(sequence, same, ends, expanded)
    shown = np.zeros(len(joined), bool)
    shown[by_agent] = ends | is_open
    old = len(before.lasts)
    kept = (
        before.rows if shown[:old].all() else before.rows[~np.isin(before.rows, joined[:old][~shown[:old]])]
    )
    return Folds(
        np.concatenate((kept, rows[shown[old:]])),
        before.counts | _counts(sequence, same, ends & ~is_open, before.counts),
        sequence[np.append(agents[1:] != agents[:-1], True)],
    )


def _same_as_previous(table: Table, sequence: Rows, agents: Array) -> npt.NDArray[np.bool_]:
    """For rows sorted by agent, whether each is the same failure as the one before it."""
    failed = table["flags"][sequence] & ERROR != 0
    at = np.flatnonzero(failed[1:] & failed[:-1]) + 1
    alike = agents[at] == agents[at - 1]
    for name in _SAME:
        column = table[name]
        alike &= column[sequence[at]] == column[sequence[at - 1]]
    same = np.zeros(len(sequence), bool)
    same[at] = alike
    return same


def _expanded_runs(sequence: Rows, same: Array, ends: Array, expanded: set[int]) -> Array:
    """For each row whether its run is expanded."""
    if not expanded:
        return np.zeros(len(sequence), bool)
    run = np.cumsum(~same) - 1
    is_open = np.bincount(run, np.isin(sequence, np.fromiter(expanded, "i4"))) > 0
    expanded.update(sequence[ends & is_open[run] & (same | np.append(same[1:], False))].tolist())
    by_row: Array = is_open[run]
    return by_row


def _counts(sequence: Rows, same: Array, closed_ends: Array, before: dict[int, int]) -> dict[int, int]:
    """How many rows the last of each folded run stands for."""
    starts = np.flatnonzero(~same)
    run = np.cumsum(~same) - 1
    at = np.flatnonzero(closed_ends & same)
    firsts = starts[run[at]]
    lengths = at - firsts + 1
    first_rows = sequence[firsts].tolist()
    pairs = zip(sequence[at].tolist(), lengths.tolist(), first_rows, strict=True)
    return {row: length + before.get(first, 1) - 1 for row, length, first in pairs}


def run_of(table: Table, matched: Rows, row: int) -> Rows:
    """All rows of the run of identical failures that a row is in; just it when it is in none.

    Args:
        table: The columns.
        matched: The rows in time order, none folded away.
        row: One of them.
    """
    own = matched[table["agent"][matched] == table["agent"][row]]
    run = np.cumsum(~_same_as_previous(table, own, table["agent"][own])) - 1
    members: Rows = own[run == run[np.flatnonzero(own == row)[0]]]
    return members
