"""A file's source: Python as it stands, or the cells of a notebook.

What belongs here is reading, line breaks, encodings, and what is refused; parsing is elsewhere.
"""

from __future__ import annotations

import codecs
import io
import json
import os
import re
import tokenize
from typing import NamedTuple

LARGEST = 4 * 1024 * 1024
"""Bytes of a file that is looked at. What is larger was not written by a person."""

_MAGIC = re.compile(r"^(\s*)(?:[%!?].*|[\w.]+\?\??)\s*$")
_TIMING = re.compile(r"^(\s*)%(?:time|timeit|prun)\s+(?:-\w+\s+(?:\d+\s+)?)*(?=[^-\s])")
_OF_PYTHON = re.compile(r"%%(?:time|timeit|capture|prun)\b")
"""The magic of a cell that is Python all the same."""
_ASSIGNED_MAGIC = re.compile(r"^(\s*[\w, ]+=\s*)[%!].*$")


class RefusedError(Exception):
    """A file cannot be read as Python; the message says why, in a few words."""


class Source(NamedTuple):
    """Python, its lines ended by line feeds."""

    data: bytes
    cells: tuple[tuple[int, int], ...] = ()
    """Of a notebook, (first line in `data`, number of the cell); both from 1."""

    def lines(self) -> list[str]:
        """Return the lines as text, in the encoding that the file declares."""
        encoding = "utf-8"
        declared = any(b"coding" in line for line in self.data.split(b"\n", 2)[:2])
        if declared or self.data.startswith(codecs.BOM_UTF8):
            encoding, _ = tokenize.detect_encoding(io.BytesIO(self.data).readline)
        return self.data.decode(encoding, "replace").split("\n")

    def cell_texts(self) -> list[tuple[int, list[bytes]]]:
        """Return (first line, lines) of each cell; none where there are no cells."""
        lines = self.data.split(b"\n")
        starts = [first for first, _ in self.cells]
        ends = [*starts[1:], len(lines) + 1]
        return [(first, lines[first - 1 : end - 1]) for first, end in zip(starts, ends, strict=False)]

    def place(self, line: int) -> tuple[int, int]:
        """Return (line in its cell, number of the cell); (line, 0) where there are no cells."""
        for first, number in reversed(self.cells):
            if first <= line:
                return line - first + 1, number
        return line, 0


def read(path: str) -> Source:
    """Read a file.

    Raises:
        RefusedError: It is too large, or not Python.
        OSError: It cannot be read.
    """
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - the hot path
        if os.fstat(file.fileno()).st_size > LARGEST:
            raise RefusedError(f"larger than {LARGEST >> 20} MiB")
        data = file.readall()
    if path.endswith(".ipynb"):
        return from_notebook(data)
    return from_python(data)


def from_python(data: bytes) -> Source:
    """Make a source of a file's bytes.

    Raises:
        RefusedError: It holds NUL bytes.
    """
    if b"\0" in data:
        raise RefusedError("holds NUL bytes")
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return Source(data)


def from_notebook(data: bytes) -> Source:
    """Make a source of a notebook's code cells, without its magic commands.

    Raises:
        RefusedError: It is not a notebook.
    """
    try:
        cells = json.loads(data)["cells"]
        texts = [
            (number, "".join(cell["source"]))
            for number, cell in enumerate(cells, 1)
            if cell["cell_type"] == "code"
        ]
    except (ValueError, LookupError, TypeError, RecursionError) as problem:
        raise RefusedError("is not a notebook") from problem
    lines: list[str] = []
    places: list[tuple[int, int]] = []
    for number, text in texts:
        if text.startswith("%%") and not _OF_PYTHON.match(text):
            continue
        places.append((len(lines) + 1, number))
        lines += [_without_magic(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    joined = "\n".join(lines).encode("utf-8", "replace")
    if b"\0" in joined:
        raise RefusedError("holds NUL bytes")
    return Source(joined, tuple(places))


def _without_magic(line: str) -> str:
    return _ASSIGNED_MAGIC.sub(r"\1None", _MAGIC.sub(r"\1pass", _TIMING.sub(r"\1", line)))
