"""Counting by name in bounded memory, however many names a log makes up.

What belongs here is one counter.
"""

from __future__ import annotations

from collections import Counter

MORE = "(more)"
"""Stands for all the names that were too many to keep."""

LIMIT = 4_000
"""So many names are kept; the rarest of more are counted together."""


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
        """The amounts, greatest first."""
        return dict(self.most_common(most))

    def rounded(self, most: int | None = None) -> dict[str, float]:
        """The amounts as dollars, greatest first."""
        return {name: round(amount, 6) for name, amount in self.most_common(most)}

    def _fold(self) -> None:
        kept = self.most_common(LIMIT // 2)
        rest = sum(self.values()) - sum(amount for _, amount in kept)
        self.clear()
        self.update(dict(kept))
        self[MORE] += rest
