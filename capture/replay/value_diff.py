"""How two values of a request differ, in lines for people; long ones are cut around the difference."""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from capture.replay.likeness import ABSENT, Difference

LINES_AT_MOST = 20
"""Lines of a kind that are told: recorded ones, those of now, those around them."""
LOOKED_AT = 2000
"""Lines that are compared, from shortly before the first that is not the same."""
WIDTH = 200
"""Characters of a line that are told."""
CONTEXT = 60
"""Characters of a long line that are told before the difference."""

_HUNK = re.compile(r"@@ -(\d+)")


def diff(difference: Difference) -> Iterator[str]:
    """Yield the lines of a diff: what was recorded with a minus, what is now with a plus."""
    before, after = map(_lines, difference.compared or (difference.recorded, difference.now))
    several = len(before) > 1 or len(after) > 1
    same = max(0, _same_at_first([before, after]) - 2)
    end = same + LOOKED_AT
    unified = difflib.unified_diff(before[same:end], after[same:end], n=2, lineterm="")
    lines = [_headed(line, same) for line in list(unified)[2:] if several or not _HUNK.match(line)]
    changed = [line[1:] for line in lines if line[0] in "-+" and len(line) > WIDTH]
    before_it = max(0, _same_at_first(changed) - CONTEXT) if len(changed) > 1 else 0
    told: Counter[str] = Counter()
    for line in lines:
        told[line[0]] += 1
        if told[line[0]] <= LINES_AT_MOST:
            yield _around(line, before_it)
    if more := sum(max(0, count - LINES_AT_MOST) for count in told.values()):
        yield f"… {more} more lines"


def _headed(line: str, left_out: int) -> str:
    header = _HUNK.match(line)
    return line if header is None else f"@@ line {left_out + int(header[1])} @@"


def _same_at_first(values: Sequence[Sequence[str]]) -> int:
    """Return how many characters or lines several begin with that are the same in all of them."""
    columns = enumerate(zip(*values, strict=False))
    return next((place for place, column in columns if len(set(column)) > 1), min(map(len, values)))


def _around(line: str, before_it: int) -> str:
    """Return a line, or what of a long one stands around the difference."""
    if len(line) <= WIDTH:
        return line
    text = line[1:][before_it:]
    return f"{line[0]}{'…' * bool(before_it)}{text[:WIDTH]}{'…' * (len(text) > WIDTH)}"


def _lines(value: object) -> list[str]:
    if value is ABSENT:
        return []
    return (value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)).split("\n")
