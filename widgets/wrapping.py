"""Breaking one line of safe text into rows of a width in cells, at spaces where there are any.

What belongs here is arithmetic on text and cells; styles and drawing are elsewhere.
"""

from __future__ import annotations

from rich.cells import get_character_cell_size


def wrap(text: str, width: int) -> list[tuple[int, int]]:
    """Where the rows of a line start and end.

    Args:
        text: one line of safe text (no controls).
        width: cells a row may take, at least 1.

    Returns:
        (start, end) offsets in characters, one a row, at least one; a space at which a row ends is in none.
    """
    if text.isascii():
        return _wrap(text, width) if len(text) > width else [(0, len(text))]
    return _wrap_wide(text, width)


def fitting(text: str, width: int) -> int:
    """How many characters of safe text, from its beginning, fit a width in cells."""
    if text.isascii():
        return min(len(text), width)
    used = 0
    for at, character in enumerate(text):
        used += get_character_cell_size(character)
        if used > width:
            return at
    return len(text)


def _wrap(text: str, width: int) -> list[tuple[int, int]]:
    """Rows of text whose characters all take one cell."""
    rows, start, size = [], 0, len(text)
    while size - start > width:
        space = text.rfind(" ", start + 1, start + width + 1)
        if space > start and not text[start:space].isspace():
            rows.append((start, space))
            start = space + 1
        else:
            rows.append((start, start + width))
            start += width
    rows.append((start, size))
    return rows


def _wrap_wide(text: str, width: int) -> list[tuple[int, int]]:
    """Rows of text whose characters take none, one or two cells; a break may follow any wide character."""
    rows, start, used, last_break = [], 0, 0, -1
    for at, character in enumerate(text):
        cells = get_character_cell_size(character)
        while used + cells > width and at > start:
            if character == " ":
                last_break = at
            end = last_break if last_break > start else at
            rows.append((start, end))
            start = end + (text[end] == " ")
            used = sum(map(get_character_cell_size, text[start:at]))
            last_break = -1
        if start > at:
            continue
        used += cells
        if character == " ":
            last_break = at
        elif cells == 2:
            last_break = at + 1
    rows.append((start, len(text)))
    return rows
