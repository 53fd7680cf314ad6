"""Which lines of a file are worth a look, found in its bytes without parsing.

What belongs here are searches that never miss: a line found for nothing costs a look, a line not found would
be a call not found.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable

from tessen.crawl._signs import METHOD_NAMES


class Lines:
    """Numbers of lines, from 1, in which ranges are looked up."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self.numbers = frozenset(numbers)
        self._sorted = sorted(self.numbers)

    def within(self, first: int, last: int) -> bool:
        """Return whether one of them is in a range, both ends included."""
        index = bisect.bisect_left(self._sorted, first)
        return index < len(self._sorted) and self._sorted[index] <= last


def of_methods(data: bytes) -> Lines:
    """Return the lines that may hold a call of a model, or change what a name of another scope is."""
    numbers = _numbers(_METHODS, data)
    for sign, pattern in _SIGNS.items():
        if sign in data:
            numbers += _numbers(pattern, data)
    return Lines(numbers)


def of_uses(data: bytes, names: Iterable[str]) -> Lines:
    """Return the lines on which one of these names stands, but where a function of the name is defined."""
    numbers: list[int] = []
    for name in map(str.encode, names):
        line, seen = 1, 0
        at = data.find(name)
        while at >= 0:
            end = at + len(name)
            around = data[max(at - 1, 0) : at] + data[end : end + 1]
            if not _IN_WORD.search(around) and data[max(at - 4, 0) : at] != b"def ":
                line += data.count(b"\n", seen, at)
                seen = at
                numbers.append(line)
            at = data.find(name, end)
    return Lines(numbers)


def _listed(names: Iterable[str]) -> bytes:
    """Return a pattern for any of some names, by first letters: a long plain list is slow to try."""
    by_letter: dict[str, list[str]] = {}
    for name in sorted(names, key=lambda name: (-len(name), name)):
        by_letter.setdefault(name[0], []).append(re.escape(name[1:]))
    parts = (f"{re.escape(letter)}(?:{'|'.join(rest)})" for letter, rest in sorted(by_letter.items()))
    return f"(?:{'|'.join(parts)})".encode()


def _numbers(pattern: re.Pattern[bytes], data: bytes) -> list[int]:
    numbers: list[int] = []
    line, seen = 1, 0
    for match in pattern.finditer(data):
        end = match.end(1)
        line += data.count(b"\n", seen, end)
        seen = end
        numbers.append(line)
    return numbers


_IN_WORD = re.compile(rb"\w")
_METHODS = re.compile(rb"(\.\s*" + _listed([*METHOD_NAMES, "add_node"]) + rb"\b)")
_SIGNS = {b":=": re.compile(rb"(:=)"), b"global": re.compile(rb"(global[ \t\\])")}
