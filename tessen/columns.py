"""Text in columns: as wide as a terminal draws it, and cut where it would push the rest off the line.

What belongs here is measuring and cutting text that is safe already (`sanitise.py`). A letter of Chinese,
Japanese or Korean and most pictures take two cells, a combining mark none.
"""

from __future__ import annotations

import shutil
import sys
import unicodedata

PIPE_WIDTH = 120
"""How wide lines may be where no terminal says."""

_WIDE = frozenset("WF")
_NO_CELL = frozenset({"Mn", "Me"})


def width() -> int:
    """How many cells a line of the standard output has."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPE_WIDTH


def cells(text: str) -> int:
    """How many cells a text takes."""
    return len(text) if text.isascii() else sum(map(_cells_of, text))


def cut(text: str, most: int) -> str:
    """The text if it takes no more than so many cells, else its beginning with an ellipsis."""
    if len(text) * 2 <= most or cells(text) <= most:
        return text
    room = most - 1
    for at, character in enumerate(text):
        room -= _cells_of(character)
        if room < 0:
            return text[:at] + "…"
    return text


def fit(text: str, exactly: int) -> str:
    """The text in so many cells: cut, or filled up with spaces."""
    text = cut(text, exactly)
    return text + " " * (exactly - cells(text))


def _cells_of(character: str) -> int:
    if unicodedata.category(character) in _NO_CELL:
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1
