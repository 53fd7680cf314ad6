"""Where everything in a document stands: which lines are not folded away, and how many rows each takes.

What belongs here is the arithmetic between lines and rows, without any drawing. Rows are guessed from the
number of characters and counted only for lines that come near the screen, so that a document of 100,000 lines
takes a new width in a few milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from widgets.lines import DIVIDER, Drawn, Fold, Item, Row

MOST_FOLDS = 5_000
"""How many folds "unfold all" opens at most."""

_CACHED_LINES = 2_000
_DEPTH = 4
"""The column of the depths, after those of the extents."""


class Entry(NamedTuple):
    """One line that is not folded away."""

    line: Drawn
    depth: int
    """How many folds it stands in."""
    fold: Fold | None
    """The fold whose header it is."""


class Spot(NamedTuple):
    """A row of a line."""

    entry: int
    """The index of its entry."""
    row: int
    """Within the entry, from 0."""


class Flow:
    """The lines of a document in order, and their rows at the present width."""

    def __init__(self, items: Sequence[Item], width: int = 80) -> None:
        self.entries: list[Entry] = flatten(items)
        self.needle = ""
        self.width = width
        self._rows: dict[int, list[Row]] = {}
        self._sections: list[int] | None = None
        self._extents = _extents(self.entries)
        self._heights, self._sure = _guess(self._extents, width)
        self._stack()

    @property
    def total_rows(self) -> int:
        """Rows of the whole document, as far as is known."""
        return int(self._tops[-1])

    @property
    def sections(self) -> list[int]:
        """Indexes of the sections' headers."""
        if self._sections is None:
            self._sections = [
                i for i, e in enumerate(self.entries) if e.depth == 0 and e.fold and e.fold.section
            ]
        return self._sections

    def set_width(self, width: int) -> None:
        """Lay out at another width in cells."""
        if width != self.width:
            self.width = width
            self._rows.clear()
            self._heights, self._sure = _guess(self._extents, width)
            self._stack()

    def set_needle(self, needle: str) -> None:
        """Mark another text in all rows; rows stay where they are."""
        self.needle = needle.lower()
        self._rows.clear()

    def rows(self, index: int) -> list[Row]:
        """The rows of a line, laid out."""
        rows = self._rows.get(index)
        if rows is None:
            if len(self._rows) > _CACHED_LINES:
                self._rows.clear()
            rows = self._rows[index] = self.entries[index].line.rows(self.width, self.needle)
        return rows

    def height(self, index: int) -> int:
        """Rows of a line, counted if they were only guessed."""
        self.measure(index, index)
        return int(self._heights[index])

    def measure(self, first: int, last: int) -> None:
        """Count the rows of the lines from `first` to `last`, so that places among them are certain."""
        first, last = max(0, first), min(last, len(self.entries) - 1)
        unsure = np.flatnonzero(~self._sure[first : last + 1]) + first
        for index in unsure:
            self._heights[index] = len(self.rows(int(index)))
        if len(unsure):
            self._sure[first : last + 1] = True
            self._stack()

    def top(self, index: int) -> int:
        """The row at which a line begins."""
        return int(self._tops[index])

    def at(self, row: int) -> Spot:
        """What stands at a row of the document; the nearest end for rows outside."""
        if not self.entries:
            return Spot(0, 0)
        row = min(max(row, 0), self.total_rows - 1)
        index = int(np.searchsorted(self._tops, row, side="right")) - 1
        return Spot(index, row - int(self._tops[index]))

    def step(self, place: Spot, count: int) -> Spot:
        """The place `count` rows after (before, if negative) another, certain all the way."""
        self.measure(place.entry - abs(count), place.entry + abs(count))
        return self.at(self.top(place.entry) + place.row + count)

    def toggle(self, index: int) -> None:
        """Open or close the fold whose header stands at an index."""
        fold = self.entries[index].fold
        if fold is None:
            return
        depth = self.entries[index].depth
        end = self.end(index)  # nothing stands inside while it is closed
        fold.open = not fold.open
        fold.self_opening = False
        inside = flatten(fold.items, depth + 1) if fold.open else []
        self._splice(index, end, [Entry(fold.shown_header, depth, fold), *inside])

    def fold_inside(self, index: int, opened: bool) -> None:
        """Open or close the fold whose header stands at an index, and those inside it.

        Opening leaves laborious folds as they are, and stops after `MOST_FOLDS`.
        """
        outer, depth = self.entries[index].fold, self.entries[index].depth
        if outer is None:
            return
        end = self.end(index)
        outer.open = True
        left, stack = MOST_FOLDS, [outer]
        while stack and left > 0:
            for fold in stack.pop().items:
                if isinstance(fold, Fold) and (fold.open or (opened and not fold.laborious)):
                    stack.append(fold)
                    fold.open = opened
                    left -= opened
        self._splice(index, end, flatten([outer], depth))

    def end(self, index: int) -> int:
        """The index after the last line inside the fold whose header stands at `index`."""
        depths = self._extents[index + 1 :, _DEPTH]
        outside = np.flatnonzero(depths <= self.entries[index].depth)
        return index + 1 + int(outside[0]) if len(outside) else len(self.entries)

    def parent(self, index: int) -> int | None:
        """The header of the fold in which a line stands."""
        outside = np.flatnonzero(self._extents[:index, _DEPTH] < self.entries[index].depth)
        return int(outside[-1]) if len(outside) else None

    def find(self, needle: str, index: int, step: int) -> int | None:
        """The nearest line after (step 1) or before (-1) one that holds a text, also inside closed folds.

        Args:
            needle: looked for without regard to case.
            index: where the search begins; that line itself is looked at last.
            step: 1 or -1. The search goes on at the other end.

        Returns:
            The line's index, folds around it opened; None when the text is nowhere.
        """
        needle = needle.lower()
        if not needle or not self.entries:
            return None
        if step < 0:
            return self._find_back(needle, index)
        found = self._find_between(needle, index + 1, len(self.entries))
        return self._find_between(needle, 0, index + 1) if found is None else found

    def find_mark(self, mark: str, index: int, step: int) -> int | None:
        """The nearest fold after (step 1) or before (-1) a line that has a mark, also inside closed folds.

        Returns:
            Its header's index, the folds around it opened; None when there is no such fold on that side.
        """
        index += step
        while 0 <= index < len(self.entries):
            fold = self.entries[index].fold
            if fold is not None and step < 0 and not fold.open and mark in fold.holds:
                self.toggle(index)
                index = self.end(index) - 1
                continue
            if fold is not None and mark in fold.marks:
                return index
            if fold is not None and not fold.open and mark in fold.holds:
                self.toggle(index)
            index += step
        return None

    def find_fold(self, wanted: Callable[[Fold], bool]) -> int | None:
        """The header's index of the first fold that is wanted, among those that are not folded away."""
        return next((i for i, e in enumerate(self.entries) if e.fold is not None and wanted(e.fold)), None)

    def _find_between(self, needle: str, start: int, end: int) -> int | None:
        """The first hit in a range of lines, opening closed folds that hold one."""
        index = start
        while index < end:
            entry = self.entries[index]
            if needle in entry.line.text.lower():
                return index
            if entry.fold and not entry.fold.open and entry.fold.contains(needle):
                before = len(self.entries)
                self.toggle(index)
                end += len(self.entries) - before
            index += 1
        return None

    def _find_back(self, needle: str, index: int) -> int | None:
        """The last hit before a line, else the last one of all, opening closed folds that hold one."""
        for start, stop in ((index - 1, -1), (len(self.entries) - 1, index - 1)):
            at = start
            while at > stop:
                entry = self.entries[at]
                if entry.fold and not entry.fold.open and entry.fold.contains(needle):
                    self.toggle(at)
                    at = self.end(at) - 1
                    continue
                if needle in entry.line.text.lower():
                    return at
                at -= 1
        return None

    def _splice(self, start: int, end: int, entries: list[Entry]) -> None:
        """Put other lines in the place of those from `start` to `end`."""
        extents = _extents(entries)
        heights, sure = _guess(extents, self.width)
        self.entries[start:end] = entries
        self._extents = np.concatenate((self._extents[:start], extents, self._extents[end:]))
        self._heights = np.concatenate((self._heights[:start], heights, self._heights[end:]))
        self._sure = np.concatenate((self._sure[:start], sure, self._sure[end:]))
        longer = len(entries) - (end - start)
        self._rows = {
            at if at < start else at + longer: rows
            for at, rows in self._rows.items()
            if not start <= at < end
        }
        self._sections = None
        self._stack()

    def _stack(self) -> None:
        """Put the lines one below the other."""
        self._tops = np.concatenate(([0], np.cumsum(self._heights, dtype=np.int64)))


def flatten(items: Sequence[Item], depth: int = 0) -> list[Entry]:
    """The lines of the items that are not folded away, in order."""
    entries: list[Entry] = []
    stack = [(iter(items), depth)]
    while stack:
        inner, depth = stack[-1]
        for item in inner:
            if isinstance(item, Fold):
                entries.append(Entry(item.shown_header, depth, item))
                if item.open:
                    stack.append((iter(item.items), depth + 1))
                    break
            else:
                entries.append(Entry(item, depth, None))
        else:
            stack.pop()
    return entries


def _extents(entries: list[Entry]) -> npt.NDArray[np.int32]:
    """The lines' extents and depths as an array of five columns."""
    return np.array([(*e.line.extent, e.depth) for e in entries], dtype=np.int32).reshape(-1, _DEPTH + 1)


def _guess(extents: npt.NDArray[np.int32], width: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    """Rows at a width by the number of characters, and which of them are certain."""
    length, plain, margin, columns = extents.T[:_DEPTH]
    room = np.maximum(1, (width - len(DIVIDER) * (columns - 1)) // columns - margin)
    heights = np.maximum(1, -(-length // room)).astype(np.int32)
    return heights, (plain == 1) & (length <= room)
