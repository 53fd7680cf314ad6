"""The colours of code, found block by block when a line of one is first drawn.

What belongs here is the way from the lexer's tokens to the few styles of a document.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from widgets.lines import Span

if TYPE_CHECKING:
    from pygments.lexer import Lexer

BLOCK = 300
"""Lines that are coloured at once; what a block begins within, such as a long string, is not known to it."""

LONGEST = 1_000
"""Characters of a line up to which it is worth colouring: longer ones are data, not code."""

_STYLES = (
    ("Token.Comment", "dim"),
    ("Token.Keyword", "keyword"),
    ("Token.Operator.Word", "keyword"),
    ("Token.Name.Function", "strong"),
    ("Token.Name.Class", "strong"),
    ("Token.Name.Tag", "keyword"),
    ("Token.Literal.String", "quoted"),
    ("Token.Literal.Number", "number"),
    ("Token.Generic.Heading", "strong"),
)
"""The beginning of a token's name → the style it is drawn in; any other token is plain."""


class CodeInk:
    """Some consecutive lines of one file.

    Args:
        path: the file's name, which says what language it is in; raw.
        lines: raw, without line breaks.
    """

    def __init__(self, path: str, lines: Sequence[str]) -> None:
        self._path = path
        self._lines = lines
        self._blocks: dict[int, list[tuple[Span, ...]]] = {}

    def spans(self, number: int, tint: str = "") -> tuple[Span, ...]:
        """A line as styled spans.

        Args:
            number: of the line, from 0.
            tint: put before every style, such as "added:".
        """
        block = number // BLOCK
        if block not in self._blocks:
            lines = self._lines[block * BLOCK : (block + 1) * BLOCK]
            self._blocks[block] = _inked(self._path, lines)
        spans = self._blocks[block][number % BLOCK]
        return tuple(Span(text, tint + style) for text, style in spans) if tint else spans


def _inked(path: str, lines: Sequence[str]) -> list[tuple[Span, ...]]:
    """The lines of a block, coloured where their language is known and the lexer leaves them as they are."""
    plain: list[tuple[Span, ...]] = [(Span(line),) for line in lines]
    lexer = _lexer(PurePosixPath(path).name)
    if lexer is None or any(len(line) > LONGEST for line in lines):
        return plain
    coloured = _rows(lexer, "\n".join(lines))[: len(lines)]
    same = ["".join(span.text for span in row) for row in coloured] == list(lines)
    return coloured if same else plain  # a lexer takes some controls for line breaks, and drops others


def _rows(lexer: Lexer, text: str) -> list[tuple[Span, ...]]:
    """The lexer's tokens in lines."""
    rows: list[list[Span]] = [[]]
    for kind, piece in lexer.get_tokens(text):
        style = _style(str(kind))
        for number, part in enumerate(piece.split("\n")):
            if number:
                rows.append([])
            if part:
                rows[-1].append(Span(part, style))
    return [tuple(row) for row in rows]


@lru_cache(256)
def _lexer(name: str) -> Lexer | None:
    from pygments.lexers import get_lexer_for_filename
    from pygments.util import ClassNotFound

    try:
        return get_lexer_for_filename(name, stripnl=False, ensurenl=True)
    except ClassNotFound:
        return None


@lru_cache(512)
def _style(kind: str) -> str:
    return next((style for beginning, style in _STYLES if kind.startswith(beginning)), "")
