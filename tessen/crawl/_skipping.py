"""Which functions say nothing of clients, told by their text.

What belongs here is that look. It is for functions of a module in which no method of a client is named: all
they can do is hand something out, and what they do not name they can only have been given.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

_BY_NAME = (b"import", b"getattr", b"nonlocal", b"globals", b"eval")
"""Words with which a function finds what it does not name."""
_MOST = 100
"""Words; looking for more takes longer than walking a function."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Text:
    """A file's text, in which names of interest are looked for."""

    def __init__(self, data: bytes, names: Iterable[str]) -> None:
        self._lines = data.split(b"\n")
        self._words = [*_BY_NAME, *sorted(map(str.encode, names))]

    def names_any(self, function: Function) -> bool:
        """Return whether a function may name one of them, or find it otherwise."""
        if len(self._words) > _MOST:
            return True
        text = b"\n".join(self._lines[function.lineno - 1 : function.end_lineno])
        text = text[text.find(b"(") :]  # it has a name of its own
        return any(map(text.__contains__, self._words))
