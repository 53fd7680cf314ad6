"""Text in terminal cells: cut and padded so that columns line up, whatever the script.

A cell is what a terminal counts: one for most letters, two for CJK and most emoji, none for combining marks.
"""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

ELLIPSIS = "…"


def clip(text: str, width: int) -> str:
    """Text cut to at most `width` cells, ending in "…" when something was cut."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + ELLIPSIS


def fit(text: str, width: int) -> str:
    """Text in exactly `width` cells, aligned left."""
    cut = clip(text, width)
    return cut + " " * (width - cell_len(cut))


def fit_right(text: str, width: int) -> str:
    """Text in exactly `width` cells, aligned right."""
    cut = clip(text, width)
    return " " * (width - cell_len(cut)) + cut


def clip_middle(text: str, width: int) -> str:
    """Text cut in its middle to at most `width` cells: for paths and names that differ at their ends."""
    if cell_len(text) <= width or width < 5:
        return clip(text, width)
    tail = (width - 1) // 2
    head = set_cell_size(text, width - 1 - tail)
    end = text[-tail:]
    while cell_len(end) > tail:
        end = end[1:]
    return head.rstrip() + ELLIPSIS + end


def clip_front(text: str, width: int) -> str:
    """Text cut at its front to at most `width` cells: for paths, whose end says most."""
    if cell_len(text) <= width or width < 2:
        return clip(text, width)
    end = text[-(width - 1) :]
    while cell_len(end) > width - 1:
        end = end[1:]
    return ELLIPSIS + end
