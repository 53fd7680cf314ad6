"""Whether some tool calls may be one and the same, told without reading their arguments.

What belongs here is a bound that costs a fraction of reading them: what is equal, however it is written, has
the same letters and digits but for those that are written in several ways.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from tessen.reading.evidence import Evidence
from tessen.reading.tools import Asked, Call

_SPELLED = b' \t\r\n"\\nrtbf.0-'
"""White space, what a string around the JSON adds, short escapes, and the zeros that say nothing."""

_KINDS = bytes.maketrans(b"123456789E", b"000000000e")
_ODD = b"\\u", b"0e", b"0" * 16
"""Escapes of other characters, powers of ten, and more digits than a number keeps, once digits are alike."""

_BETWEEN = b"\0"


def may_repeat(calls: Mapping[Call | Asked, Any], often: int) -> bool:
    """Whether one tool call may have been made more than so often, however it was written.

    Args:
        calls: What is known of each as it was written: the events that made it, where they are several.
        often: Times.

    Returns:
        False where it is certain that none was, unless an object in its arguments names a member twice.
    """
    times = [each.times if isinstance(each, Evidence) else 1 for each in calls.values()]
    if sum(times) <= often:
        return False
    names, arguments = zip(*calls, strict=True)
    try:
        written = _BETWEEN.join(arguments)
    except TypeError:  # some were read already
        return True
    alike = written.translate(_KINDS)
    pieces = written.translate(None, _SPELLED).split(_BETWEEN)
    if len(pieces) != len(times) or any(odd in alike for odd in _ODD):
        return True
    sketches = list(zip(names, map(sum, pieces), strict=True))
    if sum(times) - len(set(sketches)) < often:  # even if all that look alike are one
        return False
    counts: Counter[tuple[bytes, int]] = Counter()
    for sketch, each in zip(sketches, times, strict=True):
        counts[sketch] += each
    return max(counts.values()) > often
