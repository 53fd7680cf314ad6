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


class _Lookup:
    """The rows in which a column holds certain numbers; of what is asked again, only new rows are read."""

    def __init__(self, table: Table, column: str) -> None:
        self._table = table
        self._column = column
        self._seen = 0
        self.rows: dict[int, list[int]] = {}
        """Number → rows, in order of arrival; none yet for one that is not in the index."""

    def know(self, wanted: set[int]) -> None:
        """Know the rows of these numbers, and of no others."""
        count = self._table.count
        self.rows = {number: rows for number, rows in self.rows.items() if number in wanted}
        new = wanted - self.rows.keys()
        self._take(self.rows.keys(), self._seen, count)
        self.rows |= {number: [] for number in new}
        self._take(new, 0, count)
        self._seen = count

    def _take(self, wanted: Set[int], start: int, stop: int) -> None:
        """Look for numbers in the rows of [start, stop)."""
        numbers = np.array(sorted(wanted), "<u8")
        column = self._table[self._column]
        for at in range(start, stop if len(numbers) else start, _AT_ONCE):
            part = column[at : min(at + _AT_ONCE, stop)]
            nearest = np.minimum(numbers.searchsorted(part), len(numbers) - 1)
            for row in (np.flatnonzero(numbers[nearest] == part) + at).tolist():
                self.rows[int(column[row])].append(row)


class Placer:
    """Finds the evidence of findings in the index.

    Args:
        table: The index; may grow meanwhile.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._events = _Lookup(table, "event")
        self._sessions = _Lookup(table, "session")
        self._numbers: dict[str, int] = {}
        """An event's id → its number."""

    def place(self, findings: Iterable[Finding], gone: Set[int] = frozenset()) -> Placed:
        """Place all findings there are.

        Args:
            findings: What the pass found.
            gone: Numbers of files that are no longer there.
        """
        found = list(findings)
        known, named = self._numbers, {event for each in found for event in each.events}
        self._numbers = {event: known.get(event) or id_number(event) for event in named}
        self._events.know(set(self._numbers.values()) - {0})
        loops = {id_number(each.session_id or "") for each in found if each.kind == "tool_loop"}
        self._sessions.know(loops - {0})
        return _assembled([self._placed(each, gone) for each in found])

    def _placed(self, finding: Finding, gone: Set[int]) -> PlacedFinding:
        table = self._table
        number = table.strings["agent"].get(finding.agent)
        own = [
            row
            for event in dict.fromkeys(finding.events)
            for row in self._events.rows.get(self._numbers[event], ())
            if table["agent"][row] == number and int(table["file"][row]) not in gone
        ]
        rows = np.array(own, "i4")[np.argsort(table["order"][own], kind="stable")]
        order = table["order"][rows]
        ends = order + np.nan_to_num(table["duration_ms"][rows].astype("f8")) / 1000
        return PlacedFinding(
            finding.kind,
            finding.agent,
            finding.says,
            finding.advice,
            tuple(rows.tolist()),
            float(order[0]) if own else 0.0,
            float(ends.max()) if own else 0.0,
            _cost(table, own),
            finding.subject,
            finding.times,
            bool(own) and self._answered_since(int(rows[-1])),
        )

    def _answered_since(self, row: int) -> bool:
        """Whether the newest call of a loop's session is later than a row, and left nothing to do."""
        order, flags = self._table["order"], self._table["flags"]
        session = self._sessions.rows.get(int(self._table["session"][row]), [row])
        newest = max(session, key=order.__getitem__)
        return bool(order[newest] > order[row] and not flags[newest] & (ASKED_TOOL | ERROR))


def _assembled(findings: list[PlacedFinding]) -> Placed:
    by_row: dict[int, tuple[PlacedFinding, ...]] = {}
    for each in findings:
        for row in each.rows:
            by_row[row] = (*by_row.get(row, ()), each)
    return Placed(tuple(findings), by_row)


def _cost(table: Table, rows: list[int]) -> float | None:
    """What these calls cost, as far as is known; None where nothing is."""
    costs = table["cost"][rows].astype("f8")
    return None if np.isnan(costs).all() else float(np.nansum(costs))
