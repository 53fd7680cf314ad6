"""Findings with their evidence found in the index: which rows show what, and what those cost.

What belongs here only reads the table, so it may run in another thread than the one that fills it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, replace

import numpy as np

from capture.log.columns import ASKED_TOOL, ERROR, id_number
from capture.log.folding import Rows
from capture.log.source import PlacedFinding
from capture.log.table import Table
from tessen.reading.findings import Finding

_AT_ONCE = 65_536
"""Rows looked through at once, so that other threads come in between."""


@dataclass(frozen=True, slots=True)
class Placed:
    """All findings as of one look; nothing changes it, the next look makes another one."""

    findings: tuple[PlacedFinding, ...] = ()
    by_row: Mapping[int, tuple[PlacedFinding, ...]] = field(default_factory=dict)

    def of_agent(self, agent: str) -> tuple[PlacedFinding, ...]:
        """Those of an agent, in the order of the pass: the most pressing kinds first."""
        return tuple(each for each in self.findings if each.agent == agent)

    def evidence(self) -> dict[str, Rows]:
        """For each kind, the rows that show one of it."""
        rows: dict[str, set[int]] = {}
        for each in self.findings:
            rows.setdefault(each.kind, set()).update(each.rows)
        return {kind: np.array(sorted(shown), "i4") for kind, shown in rows.items()}

    def priced(self, table: Table) -> Placed:
        """The same, at prices that are known by now."""
        return _assembled([replace(each, cost_usd=_cost(table, list(each.rows))) for each in self.findings])


def place(table: Table, findings: Iterable[Finding], gone: Set[int] = frozenset()) -> Placed:
    """Find the evidence of findings in the index.

    Args:
        table: The index; may grow meanwhile.
        findings: What the pass found.
        gone: Numbers of files that are no longer there.
    """
    found = list(findings)
    rows_of = _rows_of(table, {id_number(event) for each in found for event in each.events}, gone)
    return _assembled([_placed(table, each, rows_of) for each in found])


def _assembled(findings: list[PlacedFinding]) -> Placed:
    by_row: dict[int, tuple[PlacedFinding, ...]] = {}
    for each in findings:
        for row in each.rows:
            by_row[row] = (*by_row.get(row, ()), each)
    return Placed(tuple(findings), by_row)


def _rows_of(table: Table, wanted: set[int], gone: Set[int]) -> dict[int, list[int]]:
    """The rows of events, by the events' numbers."""
    numbers = np.array(sorted(wanted - {0}), "<u8")
    found: dict[int, list[int]] = {}
    for start in range(0, table.count if len(numbers) else 0, _AT_ONCE):
        events = table["event"][start : start + _AT_ONCE]
        at = np.minimum(numbers.searchsorted(events), len(numbers) - 1)
        for row in (np.flatnonzero(numbers[at] == events) + start).tolist():
            if int(table["file"][row]) not in gone:
                found.setdefault(int(table["event"][row]), []).append(row)
    return found


def _placed(table: Table, finding: Finding, rows_of: Mapping[int, list[int]]) -> PlacedFinding:
    agent = table.strings["agent"]
    number = agent.get(finding.agent)
    rows = np.array(
        [
            row
            for event in dict.fromkeys(finding.events)
            for row in rows_of.get(id_number(event), ())
            if table["agent"][row] == number
        ],
        "i4",
    )
    order = table["order"][rows]
    rows = rows[np.argsort(order, kind="stable")]
    durations = np.nan_to_num(table["duration_ms"][rows].astype("f8"))
    return PlacedFinding(
        finding.kind,
        finding.agent,
        finding.says,
        finding.advice,
        tuple(rows.tolist()),
        float(order.min()) if len(rows) else 0.0,
        float((table["order"][rows] + durations / 1000).max()) if len(rows) else 0.0,
        _cost(table, rows.tolist()),
        finding.subject,
        finding.times,
        finding.kind == "tool_loop" and len(rows) > 0 and _answered_since(table, int(rows[-1])),
    )


def _answered_since(table: Table, row: int) -> bool:
    """Whether the newest call of a row's session is a later one, and left nothing to do."""
    session, order = table["session"], table["order"]
    own = np.flatnonzero(session == session[row])
    newest = int(own[np.argmax(order[own])])
    return bool(order[newest] > order[row] and not table["flags"][newest] & (ASKED_TOOL | ERROR))


def _cost(table: Table, rows: list[int]) -> float | None:
    """What these calls cost, as far as is known; None where nothing is."""
    costs = table["cost"][rows].astype("f8")
    return None if np.isnan(costs).all() else float(np.nansum(costs))
