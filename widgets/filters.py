"""What every line passes on its way to the terminal: the last guard against raw text, and the ASCII swap.

Widgets clean what they draw themselves, with `sanitise`. `SafeFilter` is the second lock on the same door:
whatever a toolkit widget, a pasted text or a mistake of ours brings along, no control character gets out.
"""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from tessen.sanitise import is_safe
from widgets.glyphs import ASCII

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_ASCII_TABLE = str.maketrans(ASCII)


class SafeFilter(LineFilter):
    """Replaces each character that a terminal would act on, cell for cell so that nothing moves."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Transform one line's segments; the same list where nothing had to change."""
        if all(segment.text.isprintable() for segment in segments):
            return segments
        return [segment if is_safe(segment.text) else _replaced(segment) for segment in segments]


class AsciiFilter(LineFilter):
    """Swaps the app's symbols for ASCII ones; a log's own letters stay."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Transform one line's segments."""
        return [
            segment
            if segment.text.isascii()
            else Segment(segment.text.translate(_ASCII_TABLE), segment.style, segment.control)
            for segment in segments
        ]


def _replaced(segment: Segment) -> Segment:
    text = "".join(char if is_safe(char) else REPLACEMENT for char in segment.text)
    return Segment(text, segment.style, segment.control)
