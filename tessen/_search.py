"""Whether some bytes stand in others, answered quickly where the answer is nearly always no.

What belongs here is one search. `in` looks at almost every byte; looking for a single byte is some fifty
times as fast. So the rarest byte of the needle is looked for, and the rest of it only where that one stands.
`find` is used and not `in`, which makes and drops an exception first, to see whether its operand is a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

_COMMON_FIRST = b" etaoinsrhldcu\"mpfgwyb,.0vk1:2-'_5389647xj/(){}[]TSAIqzCPEMDBRLNOFHGWUVKYJXQZ"
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


@lru_cache(maxsize=512)
def finder(needle: bytes) -> Callable[[bytes], bool]:
    """Return a function that says whether `needle` stands in what it is given, as `needle in data` does."""
    ranks = [_RANK.get(byte, len(_RANK)) for byte in needle]
    pivot = ranks.index(max(ranks))
    if ranks[pivot] < _TOO_COMMON:
        return lambda data: data.find(needle) >= 0
    byte = needle[pivot : pivot + 1]
    before, after = re.escape(needle[: pivot + 1]), re.escape(needle[pivot + 1 :])
    pattern = b"%s(?<=%s)%s" % (re.escape(byte), before, after)
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
            search = compiled(pattern).search
        return search(data, at) is not None

    return found
