"""Whether some bytes stand in others, answered quickly where the answer is nearly always no.

What belongs here is one search. `in` looks at almost every byte; looking for a single byte is some fifty
times as fast. So the rarest byte of the needle is looked for, and the rest of it only where that one stands.
`find` is used and not `in`, which makes and drops an exception first, to see whether its operand is a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

_COMMON_FIRST = b" etaoinsrhldcu\"mpfgwyb,.0_vk1:2-'5389647xj/(){}[]TSAIqzCPEMDBRLNOFHGWUVKYJXQZ"
_RANK = {byte: rank for rank, byte in enumerate(_COMMON_FIRST)}
"""How rare a byte is in prose and JSON; what is not listed is rarer still."""

_TOO_COMMON = 18
"""A needle whose rarest byte ranks below is looked for as a whole."""
_APART = 512
"""Looking at one place costs as much as searching so far for the whole needle: where the rarest byte stands
more often, it is taken for common in this text."""
_SHARE = 8
"""What part of a whole search may be spent on places at the beginning of a text, where they may be many."""
_SHORT = 512
"""In less text than this, any search is quick."""
_LONG = 8
"""From this length on, a needle is found faster as a whole than by one byte that is common."""


compiled = lru_cache(maxsize=512)(re.compile)
"""Compile a pattern when it is first needed: most never are, and the start is not to wait for them."""


Finder = Callable[[bytes], bool]


@lru_cache(maxsize=512)
def finder(*needles: bytes) -> Finder:
    """Return a function that says whether one of the needles stands in what it is given, as `in` does.

    Args:
        needles: Some bytes each. Several are worth one search if all of them have a rare byte in common.
    """
    rarest = max(frozenset.intersection(*map(frozenset, needles)), key=_rank, default=_COMMON_FIRST[0])
    if _rank(rarest) < _TOO_COMMON:
        return lambda data: any(data.find(needle) >= 0 for needle in needles)
    byte = bytes([rarest])
    places = [(needle, needle.index(byte)) for needle in needles]
    alone = needles[0] if len(needles) == 1 and len(needles[0]) >= _LONG else None
    search: Callable[[bytes, int], object] | None = None

    def found(data: bytes) -> bool:
        nonlocal search
        if len(data) < _SHORT:
            return any(data.find(needle) >= 0 for needle in needles)
        at = data.find(byte)
        tries = len(data) // (_APART * _SHARE) - 1
        while at >= 0:
            for needle, pivot in places:
                if at >= pivot and data.startswith(needle, at - pivot):
                    return True
            if tries < 0 and tries + at // _APART < 0:
                break
            tries -= 1
            at = data.find(byte, at + 1)
        if at < 0:
            return False
        if alone is not None:
            return data.find(alone, max(at - places[0][1], 0)) >= 0
        if search is None:
            search = compiled(_pattern(byte, places)).search
        return search(data, at) is not None

    return found


def _rank(byte: int) -> int:
    return _RANK.get(byte, len(_RANK))


def _pattern(byte: bytes, places: list[tuple[bytes, int]]) -> bytes:
    """A pattern that looks for the byte, at what stands beside it, and only then at all of each needle."""
    before = {needle[pivot - 1] if pivot else None for needle, pivot in places}
    beside = (
        b"" if None in before else b"(?<=[%b]%b)" % (re.escape(bytes(filter(None, before))), re.escape(byte))
    )
    needles = [
        b"(?<=%b)%b" % (re.escape(needle[: pivot + 1]), re.escape(needle[pivot + 1 :]))
        for needle, pivot in places
    ]
    return b"%b%b(?:%b)" % (re.escape(byte), beside, b"|".join(needles))
