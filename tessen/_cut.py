"""Text of which only the beginning, or the end, is said.

What belongs here is where it is cut: half a credential would not be known for one when the line is cleaned.
"""

from __future__ import annotations

import re

_CUT_WORD = re.compile(r"(?<![^\s\"'])[^\s\"']+\Z")


def beginning(text: str, size: int) -> str:
    """Return the text if it has no more than so many characters, else as many whole words of it as fit."""
    return text if len(text) <= size else whole_words(text[:size])


def ending(text: str, size: int) -> str:
    """Return the text if it has no more than so many characters, else as many last words of it as fit."""
    return beginning(text[::-1], size)[::-1]


def whole_words(text: str) -> str:
    """Return a text that has been cut, without the last word, which may be half of one."""
    return _CUT_WORD.sub("", text)
