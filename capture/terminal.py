"""What a command may write to a terminal: nothing raw that came from outside, colour only where wanted.

What belongs here is the border between a command's words and the terminal. The app has its own (`widgets`).
"""

from __future__ import annotations

import os
import sys
import unicodedata
from typing import TextIO

RED, GREEN, YELLOW, DIM, BOLD = "31", "32", "33", "2", "1"


def plain(text: object) -> str:
    """Return a text with everything replaced that a terminal might act upon. It stays on one line."""
    return "".join(each if _harmless(each) else "�" for each in " ".join(str(text).split()))


def is_terminal(stream: TextIO) -> bool:
    """Whether a person reads this stream as it is written."""
    return stream.isatty()


def painter(stream: TextIO) -> Painter:
    """Return what colours words for a stream, or leaves them."""
    wanted = is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Painter(wanted)


class Painter:
    """Colours words, where that is wanted."""

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted

    def __call__(self, text: str, *codes: str) -> str:
        """Return the text in colours. It must be harmless already."""
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if self._wanted else text


def columns() -> int:
    """Return how wide the terminal of standard error is."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def _harmless(character: str) -> bool:
    return character.isprintable() and unicodedata.category(character) != "Cf"
