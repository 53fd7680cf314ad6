"""Counting by name in bounded memory, however many names a log makes up.

What belongs here is one counter, and how its amounts are told.
"""

from __future__ import annotations

from collections import Counter

MORE = "(more)"
"""Stands for all the names that were too many to keep."""

LIMIT = 4_000
"""So many names are kept; the rarest of more are counted together."""

_SUM_DIGITS = 10
"""Of dollars; what is behind them depends on the order in which a sum was taken."""


def usd(amount: float) -> float:
    """An amount as reports give it, the same in whatever order it was added up."""
    return round(round(amount, _SUM_DIGITS), 6)


class Names(Counter[str]):
    """Amounts by name: counts, or dollars."""

    def take(self, name: str, amount: float) -> None:
        """Add to a name's amount."""
        self[name] += amount  # type: ignore[assignment] # a Counter's amounts may be of any number type
        if len(self) > LIMIT:
            self._fold()

    def merge(self, other: Names) -> None:
        """Add another's amounts."""
        for name, amount in other.items():
            self.take(name, amount)

    def ranked(self, most: int | None = None) -> dict[str, int]:
        """The amounts, greatest first; of those that are equal, by name."""
        return dict(self._sorted()[:most])

    def rounded(self, most: int | None = None) -> dict[str, float]:
        """The amounts as dollars, greatest first."""
        return {name: usd(amount) for name, amount in self._sorted()[:most]}

    def _sorted(self) -> list[tuple[str, int]]:
        return sorted(self.items(), key=lambda item: (-round(item[1], _SUM_DIGITS), item[0]))

    def _fold(self) -> None:
        kept = self._sorted()[: LIMIT // 2]
        rest = sum(self.values()) - sum(amount for _, amount in kept)
        self.clear()
        self.update(dict(kept))
        self[MORE] += rest
