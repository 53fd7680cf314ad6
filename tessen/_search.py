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
_APART = 768
"""Looking at one place costs as much as searching so far for the whole needle: where the rarest byte stands
more often, it is taken for common in this text."""
_SHARE = 8
"""What part of a whole search may be spent on places at the beginning of a text, where they may be many."""
_FEW = 8
"""Places that are looked at for several needles in any case."""
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
    return _one(needles[0], byte) if len(needles) == 1 else _several(needles, byte)


def _one(needle: bytes, byte: bytes) -> Finder:
    pivot = needle.index(byte)
    search: Callable[[bytes, int], object] | None = None

    def found(data: bytes) -> bool:
        nonlocal search
        if len(data) < _SHORT:
            return data.find(needle) >= 0
        at = data.find(byte)
        tries = len(data) // (_APART * _SHARE) - 1
        while at >= 0:
            if at >= pivot and data.startswith(needle, at - pivot):
                return True
            if tries < 0 and tries + at // _APART < 0:
                break
            tries -= 1
            at = data.find(byte, at + 1)
        if at < 0:
            return False
        if len(needle) >= _LONG:
            return data.find(needle, max(at - pivot, 0)) >= 0
        if search is None:
            search = compiled(_pattern(byte, (needle,))).search
        return search(data, at) is not None

    return found


def _several(needles: tuple[bytes, ...], byte: bytes) -> Finder:
    places = [(needle, needle.index(byte)) for needle in needles]
    search: Callable[[bytes, int], object] | None = None

    def found(data: bytes) -> bool:
        nonlocal search
        at = data.find(byte)
        for _ in range(max(_FEW, len(data) // (_APART * _SHARE))):
            if at < 0:
                return False
            for needle, pivot in places:
                if at >= pivot and data.startswith(needle, at - pivot):
                    return True
            at = data.find(byte, at + 1)
        if at < 0:
            return False
        if search is None:
            search = compiled(_pattern(byte, needles)).search
        return search(data, at) is not None

    return found


def _rank(byte: int) -> int:
    return _RANK.get(byte, len(_RANK))


def _pattern(byte: bytes, needles: tuple[bytes, ...]) -> bytes:
    """A pattern that looks for the byte, at what stands before it, and only then at all of each needle."""
    split = [needle.partition(byte) for needle in needles]
    before = {head[-1:] for head, _, _ in split}
    sign = re.escape(byte)
    beside = b"" if b"" in before else b"(?<=[%b]%b)" % (re.escape(b"".join(sorted(before))), sign)
    wholes = [b"(?<=%b%b)%b" % (re.escape(head), sign, re.escape(tail)) for head, _, tail in split]
    return b"%b%b(?:%b)" % (sign, beside, b"|".join(wholes))
