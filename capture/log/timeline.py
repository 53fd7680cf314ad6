"""Rows in time order: merging new ones in, and finding one again.

What belongs here is the order itself, by (time, arrival). New rows mostly come at one end, so merging
touches only the stretch where old and new overlap.
"""

from __future__ import annotations

import numpy as np

from capture.log.folding import Rows
from capture.log.table import Table


def merge(table: Table, rows: Rows, new: Rows) -> tuple[Rows, int]:
    """Merge new rows in.

    Args:
        table: The columns.
        rows: Row numbers in time order.
        new: Others, in any order.

    Returns:
        All of them in time order, and the place of the first that is new or moved.
    """
    order = table["order"]
    keys = order[new]
    if len(new) > 1 and not (keys[1:] >= keys[:-1]).all():
        new = new[np.argsort(keys, kind="stable")]
        keys = order[new]
    start = place_of(table, rows, float(keys[0]), int(new[0]))
    stop = max(start, place_of(table, rows, float(keys[-1]), int(new[-1])))
    if start == stop:
        return np.concatenate((rows[:start], new, rows[start:])), start
    middle = np.concatenate((rows[start:stop], new))
    middle = middle[np.lexsort((middle, order[middle]))]
    return np.concatenate((rows[:start], middle, rows[stop:])), start


def place_of(table: Table, rows: Rows, time: float, row: int) -> int:
    """Where a row with this time stands among rows in time order, or would stand."""
    order = table["order"]
    low, high = 0, len(rows)
    if high and (float(order[rows[-1]]), int(rows[-1])) < (time, row):
        return high
    while low < high:
        middle = (low + high) // 2
        at = int(rows[middle])
        if (float(order[at]), at) < (time, row):
            low = middle + 1
        else:
            high = middle
    return low


def index_of(table: Table, rows: Rows, row: int) -> int | None:
    """Where a row stands; None when it is not among them."""
    if not 0 <= row < table.count:
        return None
    place = place_of(table, rows, float(table["order"][row]), row)
    return place if place < len(rows) and int(rows[place]) == row else None
