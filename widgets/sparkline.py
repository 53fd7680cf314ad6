"""Numbers over time as a line of small bars."""

from __future__ import annotations

from collections.abc import Sequence

from widgets.glyphs import SPARKS


def sparkline(values: Sequence[int], width: int) -> str:
    """The newest values as bars, one cell each.

    Args:
        values: counts, oldest first, none negative.
        width: cells; more values are added up with their neighbours, fewer follow blanks.

    Returns:
        Exactly `width` cells. Zero is blank, anything above it shows at least the lowest bar.
    """
    if width <= 0:
        return ""
    grouped = _grouped(values, width)
    top = max(grouped, default=0)
    return "".join(_bar(value, top) for value in grouped).rjust(width)


def _grouped(values: Sequence[int], width: int) -> list[int]:
    """The values in at most `width` groups of equal size, the newest group whole."""
    size = -(-len(values) // width) or 1
    return [sum(values[max(0, end - size) : end]) for end in range(len(values), 0, -size)][::-1]


def _bar(value: int, top: int) -> str:
    if value <= 0:
        return SPARKS[0]
    return SPARKS[max(1, round(value / top * (len(SPARKS) - 1)))]
