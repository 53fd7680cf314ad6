"""Looking for text in the lines on disk, without an index: bytes are compared as they lie there.

What belongs here reads lines that lie side by side in one go; how a text may stand in them is
`tessen.query_text`.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from capture.log.columns import Array
from capture.log.files import open_log
from capture.log.folding import Rows
from capture.log.table import Table

BLOCK = 256 << 10
"""Bytes compared at once, which keeps other threads waiting for some tens of microseconds."""

Holds = Callable[[bytes], bool]
"""Whether a line, all ASCII letters made small, holds a text."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a line has to hold, and what it must not."""

    all_of: tuple[Holds, ...]
    none_of: tuple[Holds, ...] = ()

    def possible(self, block: bytes) -> bool:
        """Whether any line of a block may do."""
        return all(holds(block) for holds in self.all_of)

    def accepts(self, line: bytes) -> bool:
        """Whether a line does."""
        return self.possible(line) and not any(holds(line) for holds in self.none_of)


def find_lines(path: str, offsets: Array, lengths: Array, wanted: Wanted) -> Iterator[Array]:
    """For lines of one file, whether each holds what is wanted.

    Args:
        path: The file.
        offsets: Where the lines start, ascending.
        lengths: Their lengths, in bytes.
        wanted: The texts.

    Yields:
        A boolean for each line, some lines at a time; False for what cannot be read.
    """
    try:
        fd = open_log(path)
    except OSError:
        yield np.zeros(len(offsets), bool)
        return
    try:
        start = 0
        while start < len(offsets):
            base = int(offsets[start])
            stop = max(start + 1, int(offsets.searchsorted(base + BLOCK)))
            end = int(offsets[stop - 1]) + int(lengths[stop - 1])
            block = b""
            with contextlib.suppress(OSError):
                block = os.pread(fd, end - base, base).lower()
            yield _test_block(block, offsets[start:stop] - base, lengths[start:stop], wanted)
            start = stop
    finally:
        os.close(fd)


def _test_block(block: bytes, offsets: Array, lengths: Array, wanted: Wanted) -> Array:
    found = np.zeros(len(offsets), bool)
    if block and wanted.possible(block):  # most blocks hold nothing: one look for all their lines
        for number, (offset, length) in enumerate(zip(offsets.tolist(), lengths.tolist(), strict=True)):
            found[number] = wanted.accepts(block[offset : offset + length])
    return found


def matching_rows(table: Table, path_of: Callable[[int], str], rows: Rows, wanted: Wanted) -> Iterator[Rows]:
    """Of some rows, those whose lines hold what is wanted.

    Args:
        table: The columns.
        path_of: The path of a file's number.
        rows: Row numbers in any order.
        wanted: The texts.

    Yields:
        Row numbers, a block at a time, none too where a block holds none.
    """
    by_place = rows[np.lexsort((table["offset"][rows], table["file"][rows]))]
    files = table["file"][by_place]
    for file in np.unique(files).tolist():
        own = by_place[files == file]
        at = 0
        for found in find_lines(path_of(file), table["offset"][own], table["length"][own], wanted):
            yield own[at : at + len(found)][found]
            at += len(found)
