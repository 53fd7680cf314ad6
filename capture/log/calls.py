"""How many calls each place in the code made, out of the index alone.

What belongs here is counting over columns, a stretch of rows at a time, so that it costs a fraction of a
second and no memory to speak of, whatever the log's size.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from capture.log.table import Table
from tessen.sites.called import Calls

_STRETCH = 1 << 18
"""Rows looked at together."""


def calls_by_place(
    table: Table, gone: Collection[int], agent: str | None, since: float
) -> tuple[list[Calls], int]:
    """Count the calls of each place.

    Args:
        table: The rows, as far as they are there now; runs in a thread.
        gone: Numbers of files whose rows do not count any more.
        agent: One agent's calls only.
        since: Where the period begins, in seconds since the epoch.

    Returns:
        The places of which any call is known, in the order of their names; and how many calls name none.
    """
    columns = [table[name] for name in ("site", "order", "agent", "file")]
    texts = table.strings["site"].texts[:]
    total = min(map(len, columns))
    number = table.strings["agent"].texts.index(agent) if agent in table.strings["agent"].texts else None
    events, last = np.zeros(len(texts), "i8"), np.zeros(len(texts))
    for start in range(0, total if agent is None or number is not None else 0, _STRETCH):
        site, order, agents, file = (column[start : min(start + _STRETCH, total)] for column in columns)
        counts = np.ones(len(site), bool) if number is None else agents == number
        if gone:
            counts &= ~np.isin(file, list(gone))
        counts &= site < len(texts)
        site, order = site[counts], order[counts]
        np.maximum.at(last, site, order)
        events += np.bincount(site[order >= since], minlength=len(texts))
    known = [n for n in np.flatnonzero(last).tolist() if n]
    found = [Calls(texts[n], int(events[n]), float(last[n])) for n in sorted(known, key=texts.__getitem__)]
    return found, int(events[0]) if len(events) else 0
