"""Text of which only the beginning, or the end, is said.

What belongs here is where it is cut, as half a credential would not be known for one when the line is
cleaned; and what stands for the rest of a text that is too long to be held when a log is read.
"""

from __future__ import annotations

import re

_MORE = re.compile(r"… ([\d,]{1,30}) bytes more, checksum [0-9a-f]{8}\Z")
_LONGEST_MORE = 80
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


def more(size: int, checksum: int) -> str:
    """What stands for so many bytes that are left out, at the end of a text or instead of a value."""
    return f"… {size:,} bytes more, checksum {checksum:08x}"


def longer(text: str) -> int:
    """How much longer a text was that may have been cut so; in bytes, as it was written."""
    found = _MORE.search(text[-_LONGEST_MORE:])
    return int(found[1].replace(",", "")) - len(found[0]) if found else 0
