"""A view's search for text in bodies: a thread of its own, the newest rows first, results as they are found.

What belongs here is the queue between the view and the thread.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

import numpy as np

from capture.log.bodies import Wanted, matching_rows
from capture.log.folding import NO_ROWS, Rows
from capture.log.table import Table

PART = 2048
"""Rows looked through before looking whether newer ones have come."""


class TextSearch:
    """Looks for texts in the lines of rows.

    Args:
        table: The columns.
        path_of: The path of a file's number.
        wanted: The texts.
        moved_on: Called from the thread when rows were found, and at the end.
    """

    def __init__(
        self, table: Table, path_of: Callable[[int], str], wanted: Wanted, moved_on: Callable[[], None]
    ) -> None:
        self._table = table
        self._path_of = path_of
        self._wanted = wanted
        self._moved_on = moved_on
        self._waiting: list[Rows] = []
        self._found: deque[Rows] = deque()
        self._changed = threading.Condition()
        self._working = False
        self._closed = False
        self._thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        """Whether rows are still to be looked at, or results to be taken."""
        return self._working or bool(self._waiting) or bool(self._found)

    def add(self, rows: Rows) -> None:
        """Look at these too; the newest of all are looked at first."""
        if not len(rows):
            return
        with self._changed:
            self._waiting.append(rows)
            self._working = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="text-search", daemon=True)
                self._thread.start()
            self._changed.notify()

    def take(self) -> Rows:
        """What was found since the last time."""
        found = [self._found.popleft() for _ in range(len(self._found))]
        return np.concatenate(found) if found else NO_ROWS

    def close(self) -> None:
        """Stop; the thread ends by itself, a block later."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify()

    def _run(self) -> None:
        while (part := self._next()) is not None:
            for found in matching_rows(self._table, self._path_of, part, self._wanted):
                if self._closed:
                    return
                if len(found):
                    self._found.append(found)
            self._moved_on()

    def _next(self) -> Rows | None:
        """The newest rows that wait."""
        with self._changed:
            while not self._waiting and not self._closed:
                if self._working:
                    self._working = False
                    self._moved_on()
                self._changed.wait()
            if self._closed:
                return None
            waiting = np.concatenate(self._waiting)
            if len(waiting) > PART:
                by_time = waiting[np.argsort(self._table["order"][waiting], kind="stable")]
                waiting, rest = by_time[-PART:], [by_time[:-PART]]
            else:
                rest = []
            self._waiting = rest
            return waiting
