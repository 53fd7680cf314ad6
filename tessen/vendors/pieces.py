"""Text that arrives in many small pieces, kept at little more than its own size.

What belongs here is the one container that the assemblers of streams share. A list of pieces costs several
times the text in object headers; here pieces are joined whenever there are some hundred of them.
"""

from __future__ import annotations

_JOIN_AT = 256


class Pieces:
    """A text under construction."""

    __slots__ = ("_joined", "_pieces")

    def __init__(self, start: str = "") -> None:
        self._joined = [start] if start else []
        self._pieces: list[str] = []

    def add(self, piece: str) -> None:
        """Append a piece.

        Raises:
            TypeError: If it is not text.
        """
        if not isinstance(piece, str):
            raise TypeError("a piece of text is not text")
        self._pieces.append(piece)
        if len(self._pieces) >= _JOIN_AT:
            self._joined.append("".join(self._pieces))
            self._pieces.clear()

    def text(self) -> str:
        """Return what has been added so far."""
        return "".join((*self._joined, *self._pieces))
