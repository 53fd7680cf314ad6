"""What is new in a request: an agent sends its history again with every call.

What belongs here is how far a request is the same as one before it, and looking for a text in the rest alone.
A text that did not stand in the one before can only stand where the two differ, or reach into that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tessen._search import Finder

LEAST, MOST = 4_000, 1_000_000
"""Bytes of a request that is worth it, and of one that is still held on to."""
KEPT = 4
"""Requests that are known at a time."""
_BEGINNING = 256
"""Bytes by which conversations are told apart; those that begin alike take each other's place."""
_REACH = 16
"""No text that is looked for is longer, in bytes."""


class _Known(NamedTuple):
    """A request, and what was looked for in it."""

    request: bytes
    new: bytes
    """What is not in the request before it, with as much around it as a text may reach into."""
    lacked: set[Finder]
    """What does not stand in the request before it."""
    lacks: set[Finder]
    """What does not stand in this one."""


_known: list[_Known | None] = [None] * KEPT


def holds(request: bytes, names: Finder) -> bool:
    """Whether a text stands in a request; any thread may ask.

    Args:
        request: The body of a request.
        names: Says whether the text, of 16 bytes at most, stands in some bytes. The answer is what it says
            of the whole request.
    """
    if not LEAST <= len(request) <= MOST:
        return names(request)
    slot = hash(request[:_BEGINNING]) % KEPT
    known = _known[slot]
    if known is None or known.request is not request:
        known = _known[slot] = _compared(request, known)
    found = names(known.new if names in known.lacked else request)
    if not found:
        known.lacks.add(names)
    return found


def _compared(request: bytes, before: _Known | None) -> _Known:
    if before is None:
        return _Known(request, request, set(), set())
    same, same_end = span(request, before.request)
    new = request[max(same - _REACH, 0) : len(request) - max(same_end - _REACH, 0)]
    return _Known(request, new, before.lacks, set())


_Span = tuple[int, int]
_last: tuple[bytes, bytes, _Span] = b"", b"", (0, 0)


def span(request: bytes, other: bytes) -> _Span:
    """Return how many bytes two requests have in common at their beginnings, and how many behind that."""
    global _last  # noqa: PLW0603 - the same two are compared in several places, one after the other
    last_request, last_other, found = _last
    if last_request is request and last_other is other:
        return found
    most = min(len(request), len(other))
    same = _same(request, other, most)
    found = same, _same_end(request, other, most - same)
    _last = request, other, found
    return found


def _same(text: bytes, other: bytes, most: int) -> int:
    """How many bytes both begin with, which are this many at most."""
    return _longest(most, lambda begin, end: other.startswith(text[begin:end], begin))


def _same_end(text: bytes, other: bytes, most: int) -> int:
    """How many bytes both end with, which are this many at most."""
    size, behind = len(text), len(other)
    return _longest(
        most, lambda end, begin: other.startswith(text[size - begin : size - end], behind - begin)
    )


def _longest(most: int, same: Callable[[int, int], bool]) -> int:
    """How far two texts are the same, at most so far; `same` tells it of what lies between two distances."""
    least = 0
    while least < most:
        middle = (least + most + 1) // 2
        if same(least, middle):
            least = middle
        else:
            most = middle - 1
    return least
