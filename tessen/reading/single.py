"""Whether each of many lines is one event and no more, told for all of them at once.

What belongs here is what makes reading a line by its ends safe. One member stands once in every line that
is an event by itself. Where it stands twice, a writer died and the next event is glued behind the torn one,
or a body holds a member of this name; then the line has to be parsed. Counting them in a quarter of a
megabyte costs a fraction of what looking into each line does.
"""

from __future__ import annotations

from collections.abc import Callable

from tessen.reading.rows import Kin, Row

Found = tuple[Kin, Row] | None
Scan = Callable[[bytes, int, int], Found]
"""(lines, start of one, its end) → what is read of it; None where it has to be parsed."""

_MARK = b'"request_body":'


def read_lines(data: bytes, size: int, scan: Scan) -> list[tuple[Found, int, int]]:
    """Read whole lines by their ends.

    Args:
        data: Lines, and whatever is behind them.
        size: Bytes of the lines, without the newline of the last.
        scan: Reads one.

    Returns:
        Of each line what was read, its start and its end.
    """
    found: list[tuple[Found, int, int]] = []
    start = 0
    while start <= size:
        end = data.find(b"\n", start, size)
        if end < 0:
            end = size
        found.append((scan(data, start, end), start, end))
        start = end + 1
    return found if _all_single(data, size, found) else [_checked(data, *each) for each in found]


def _all_single(data: bytes, size: int, found: list[tuple[Found, int, int]]) -> bool:
    """Whether all lines that were read are single; may be false although they are."""
    others = [each for each in found if each[0] is None]
    elsewhere = sum([data.count(_MARK, start, end) for _, start, end in others])
    return data.count(_MARK, 0, size) - elsewhere == len(found) - len(others)


def _checked(data: bytes, found: Found, start: int, end: int) -> tuple[Found, int, int]:
    """What was read of a line, if it is a single one."""
    return found if data.count(_MARK, start, end) == 1 else None, start, end
