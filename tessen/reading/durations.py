"""Percentiles of durations, exact for some tens of thousands and near enough for any number of them.

What belongs here keeps memory bounded: beyond `EXACT` values only counts are kept, in steps of half a
percent.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterator

EXACT = 20_000
"""So many values are kept as they are."""

_STEPS = 1 / math.log(1.005)


class Durations:
    """Durations in milliseconds, of which percentiles are asked."""

    __slots__ = ("_exact", "_steps", "_told", "max")

    def __init__(self) -> None:
        self._exact = array("d")
        self._steps: Counter[int] = Counter()
        self._told: Counter[int] | list[int] | None = None
        self.max: float | None = None

    def __len__(self) -> int:
        return len(self._exact) + self._steps.total()

    def extend(self, values: list[float]) -> None:
        """Take durations; negative ones are nonsense, and left out."""
        if values and min(values) < 0:
            values = [value for value in values if value >= 0]
        if values:
            self._told = None
            most = max(values)
            self.max = most if self.max is None else max(self.max, most)
            self._exact.extend(values)
            if len(self._exact) > EXACT:
                self._fold()

    def merge(self, other: Durations) -> None:
        """Add another's durations."""
        self._told = None
        if other.max is not None:
            self.max = other.max if self.max is None else max(self.max, other.max)
        if self._steps or other._steps or len(self._exact) + len(other._exact) > EXACT:
            self._fold()
            self._steps.update(other._counted())
        else:
            self._exact.extend(other._exact)

    def _counted(self) -> Counter[int] | list[int]:
        """How many there are of each step, or the steps to count; remembered, as several sums take them."""
        if self._told is None:
            steps = _stepped(self._exact)
            self._told = self._steps + Counter(steps) if self._steps else steps
        return self._told

    def percentile(self, share: float) -> float | None:
        """The value that `share` (0 to 1) of the durations do not exceed; None of none."""
        total = len(self)
        if not total:
            return None
        wanted = max(1, math.ceil(share * total))
        for value, count in self._ascending():
            wanted -= count
            if wanted <= 0:
                return value
        return self.max

    def _ascending(self) -> Iterator[tuple[float, int]]:
        if not self._steps:
            yield from ((value, 1) for value in sorted(self._exact))
            return
        self._fold()
        for step in sorted(self._steps):
            yield (0.0 if step < 0 else math.exp((step + 0.5) / _STEPS) / 1000), self._steps[step]

    def _fold(self) -> None:
        """Give up the exact values for counts."""
        if self._exact:
            self._steps.update(_stepped(self._exact))
            del self._exact[:]


def _stepped(values: array[float]) -> list[int]:
    """The step of each value; a microsecond is the smallest there is."""
    log = math.log
    return [int(log(value * 1000) * _STEPS) if value > 0.001 else -1 for value in values]
