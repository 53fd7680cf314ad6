"""A live view: the rows that match a query, in time order, folded, kept up with the log.

What belongs here is the bookkeeping of what is new. Matching, ordering, folding and the search in bodies
are each in a module of their own.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Protocol

import numpy as np

from capture.log.bodies import Wanted, matching_rows
from capture.log.columns import ERROR, Array
from capture.log.folding import NO_ROWS, Folds, Rows, fold, run_of
from capture.log.matching import mask
from capture.log.table import Table
from capture.log.text_search import TextSearch
from capture.log.timeline import index_of, merge, place_of
from tessen.query import Query
from tessen.query_text import text_test

_TAIL_MAX = 8192
_TAIL_KEEP = 2048
"""The newest rows are folded anew each time, for late arrivals; older ones are settled."""

_BUSY_SHARE = 20
"""While the backlog comes in, old rows are merged so seldom that it takes at most this part of the time."""

_LOOK = 65_536
"""Rows looked through at once for the next error."""


class Host(Protocol):
    """What a view needs of its log."""

    table: Table
    timeline: Rows
    """All rows in time order, forgotten ones left out."""
    epoch: int
    """Goes up when rows are forgotten."""
    cost_epoch: int
    """Goes up when costs of old rows become known."""
    found_epoch: int
    """Goes up when the table's evidence is different."""

    @property
    def settled(self) -> bool:
        """Whether the backlog is in."""

    def alive(self, rows: Rows) -> Array:
        """Whether each row's file is still there."""

    def path_of(self, file: int) -> str:
        """The path of a file's number."""

    def found_text(self) -> None:
        """A search in bodies has moved on; called from another thread."""

    def forget_view(self, view: LogView) -> None:
        """The view is closed."""


class LogView:
    """See `capture.log.source.View`."""

    def __init__(self, host: Host, query: Query, *, folding: bool = True) -> None:
        self.query = query
        self.folding = folding
        self._host = host
        self._table = host.table
        self._now = time.time()
        self._expanded: set[int] = set()
        self._has_cost = any(term.field == "cost" for term in query.terms)
        self._has_finding = any(term.field == "finding" for term in query.terms)
        self._search: TextSearch | None = None
        self._matched = NO_ROWS
        self._waiting: list[Rows] = []
        self._seen = 0
        self._merged_at = self._cost_s = 0.0
        self._epoch = self._cost_epoch = self._found_epoch = 0
        self._folds = self._settled = Folds()
        self._settled_count = 0
        self._rebuild()

    # -- what is shown

    @property
    def rows(self) -> Rows:
        """Row ids in time order, oldest first, folded rows left out."""
        return self._folds.rows

    @property
    def searching(self) -> bool:
        """Whether a text term is still being looked for in bodies."""
        return self._search is not None and self._search.busy

    @property
    def matched(self) -> int:
        """Events that match, folded ones included."""
        return len(self._matched)

    def position(self, row: int) -> int | None:
        """Where a row, or the fold that holds it, stands in `rows`."""
        found = index_of(self._table, self.rows, row)
        if found is None and index_of(self._table, self._matched, row) is not None:
            return self._fold_over(row)
        return found

    def _fold_over(self, row: int) -> int | None:
        """The line that stands for a hidden row: its agent's next one."""
        agent = self._table["agent"]
        start = place_of(self._table, self.rows, float(self._table["order"][row]), row)
        for at in range(start, len(self.rows), _LOOK):
            own = np.flatnonzero(agent[self.rows[at : at + _LOOK]] == agent[row])
            if len(own):
                return at + int(own[0])
        return None

    def fold_count(self, row: int) -> int:
        """How many events the line of this row stands for."""
        return self._folds.counts.get(row, 1)

    def toggle_fold(self, row: int) -> None:
        """Expand or collapse the fold this row stands for."""
        if index_of(self._table, self._matched, row) is None:
            return
        run = set(run_of(self._table, self._matched, row).tolist())
        if run & self._expanded:
            self._expanded -= run
        elif len(run) > 1:
            self._expanded.add(row)
        self._refold(0)

    def find(self, position: int, what: str, step: int) -> int | None:
        """The nearest position after or before this one that is an "error", "anomaly" or "finding"."""
        rows = self.rows
        ahead = rows[position + 1 :] if step > 0 else rows[: max(position, 0)][::-1]
        for start in range(0, len(ahead), _LOOK):
            hits = np.flatnonzero(self._is(what, ahead[start : start + _LOOK]))
            if len(hits):
                distance = start + int(hits[0]) + 1
                return position + distance if step > 0 else min(position, len(rows)) - distance
        return None

    def _is(self, what: str, rows: Rows) -> Array:
        if what == "error":
            return np.asarray(self._table["flags"][rows] & ERROR != 0)
        if what == "finding":
            shown = self._table.evidence.values()
            return np.isin(rows, np.concatenate(list(shown)) if shown else NO_ROWS)
        return np.asarray(self._table["signals"][rows] != 0)

    async def search(self, text: str, position: int, step: int) -> int | None:
        """The nearest position from this one on whose line holds the text; None when there is none."""
        rows = self.rows
        ahead = rows[max(position, 0) :] if step > 0 else rows[: position + 1][::-1]
        stop = threading.Event()
        try:
            found = await asyncio.to_thread(self._first_holding, ahead, text, stop)
        finally:
            stop.set()
        return None if found is None else self.position(found)

    def _first_holding(self, rows: Rows, text: str, stop: threading.Event) -> int | None:
        wanted = Wanted((text_test(text),))
        for start, size in _growing(len(rows)):
            part = rows[start : start + size]
            hits: list[Rows] = []
            for found in matching_rows(self._table, self._host.path_of, part, wanted):
                if stop.is_set():
                    return None
                hits.append(found)
            found = np.concatenate(hits)
            if len(found):
                return int(part[np.isin(part, found)][0])
        return None

    # -- keeping up

    def refresh(self) -> bool:
        """Take in what changed in the log; True when `rows` is different."""
        host = self._host
        if (
            self._epoch != host.epoch
            or (self._has_cost and self._cost_epoch != host.cost_epoch)
            or (self._has_finding and self._found_epoch != host.found_epoch)
        ):
            self._rebuild()
            return True
        fresh = self._new_rows()
        if self._search is not None:
            self._search.add(fresh)
            fresh = self._search.take()
            fresh = fresh[host.alive(fresh)]
        fresh = self._due(fresh)
        if not len(fresh):
            return False
        started = time.perf_counter()
        self._matched, place = merge(self._table, self._matched, fresh)
        self._refold(place)
        self._cost_s = time.perf_counter() - started
        return True

    def _new_rows(self) -> Rows:
        """Rows since the last time that match the columns' terms."""
        start, stop = self._seen, self._table.count
        self._seen = stop
        if start == stop:
            return NO_ROWS
        found = np.flatnonzero(mask(self.query, self._table, start, stop, self._now)) + start
        rows: Rows = found.astype("i4")
        return rows

    def _due(self, fresh: Rows) -> Rows:
        """Of new rows and those put off, the ones to merge now: the newest always, old ones at times."""
        waiting = np.concatenate((*self._waiting, fresh)) if self._waiting else fresh
        self._waiting = []
        now = time.perf_counter()
        if not len(waiting):
            return waiting
        if self._host.settled or now - self._merged_at > _BUSY_SHARE * self._cost_s:
            self._merged_at = now
            return waiting
        if not self._settled_count:
            self._waiting = [waiting]
            return NO_ROWS
        border = self._table["order"][self._matched[self._settled_count - 1]]
        late = self._table["order"][waiting] >= border
        self._waiting = [waiting[~late]]
        newest: Rows = waiting[late]
        return newest

    def _rebuild(self) -> None:
        """Begin anew, from all rows in time order."""
        host, table = self._host, self._table
        self._epoch, self._cost_epoch, self._found_epoch = host.epoch, host.cost_epoch, host.found_epoch
        self._seen = table.count
        self._waiting = []
        self._merged_at = time.perf_counter()
        every = host.timeline
        if not self.query.is_empty:
            every = every[mask(self.query, table, 0, table.count, self._now)[every]]
        if self.query.texts:
            self._start_search(every)
            every = NO_ROWS
        self._matched = every
        self._refold(0)
        self._cost_s = time.perf_counter() - self._merged_at

    def _start_search(self, candidates: Rows) -> None:
        if self._search is not None:
            self._search.close()
        tests = [(text_test(term.values[0]), term.negated) for term in self.query.texts]
        wanted = Wanted(
            tuple(test for test, negated in tests if not negated),
            tuple(test for test, negated in tests if negated),
        )
        self._search = TextSearch(self._table, self._host.path_of, wanted, self._host.found_text)
        self._search.add(candidates)

    def _refold(self, place: int) -> None:
        """Fold what is new or moved since `place`."""
        if not self.folding:
            self._settled_count = max(0, len(self._matched) - _TAIL_KEEP)
            self._folds = Folds(self._matched)
            return
        if place < self._settled_count or place == 0:
            self._settled, self._settled_count = Folds(), 0
        tail = self._matched[self._settled_count :]
        if len(tail) > _TAIL_MAX:
            cut = len(tail) - _TAIL_KEEP
            self._settled = fold(self._table, self._settled, tail[:cut], self._expanded)
            self._settled_count += cut
            tail = tail[cut:]
        self._folds = fold(self._table, self._settled, tail, self._expanded)

    def close(self) -> None:
        """Stop background work."""
        if self._search is not None:
            self._search.close()
        self._host.forget_view(self)


def _growing(count: int) -> Iterator[tuple[int, int]]:
    """Cut a count into parts, small ones first: the nearest hit is mostly near."""
    start, size = 0, 64
    while start < count:
        yield start, size
        start, size = start + size, min(4096, size * 2)
