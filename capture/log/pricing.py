"""The cost column: filled in when prices are known, which is later than the rows are.

What belongs here is which rows cost what, model by model. Prices come from `capture.prices`, asked in a thread.
"""

from __future__ import annotations

import numpy as np

from capture.log.columns import NO_COUNT, Array
from capture.log.table import Table
from capture.prices import costs
from tessen.prices import Price

Pair = tuple[int, int]
"""Numbers of a provider and a model."""


def pairs_in(table: Table, start: int, stop: int) -> set[Pair]:
    """The providers and models of some rows."""
    joined = np.unique(_joined(table, start, stop)).tolist()
    return {(pair >> 16, pair & 0xFFFF) for pair in joined if pair & 0xFFFF}


def fill(table: Table, start: int, stop: int, prices: dict[Pair, Price | None]) -> None:
    """Set what the rows in [start, stop) cost, as far as prices are known."""
    joined = _joined(table, start, stop)
    for pair in np.unique(joined).tolist():
        price = prices.get((pair >> 16, pair & 0xFFFF))
        if price is None:
            continue
        rows = np.flatnonzero(joined == pair) + start
        usage = (_tokens(table, name, rows) for name in ("input", "cache_read", "cache_write", "output"))
        table.set_cost(rows, costs(price, *usage).astype("f4"))


def _joined(table: Table, start: int, stop: int) -> Array:
    """Provider and model of each row as one number."""
    return table["provider"][start:stop].astype("u4") << 16 | table["model"][start:stop]


def _tokens(table: Table, name: str, rows: Array) -> Array:
    values = table[f"{name}_tokens"][rows].astype("f8")
    values[values == NO_COUNT] = np.nan
    return values
