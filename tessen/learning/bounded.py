"""Counting in bounded memory.

What belongs here counts keys of which there may be any number. What is counted often is counted right; what
is rare is forgotten when there is no more room, the rarest first.
"""

from __future__ import annotations

from collections import Counter
from typing import Generic, TypeVar

Key = TypeVar("Key")


class BoundedCounter(Generic[Key]):
    """Counts keys; the same keys in the same order always leave the same counts.

    Args:
        room: Keys that are kept at most.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self.counts: Counter[Key] = Counter()
        self.forgotten = 0
        """No count is too small by more than this."""

    def add(self, key: Key) -> None:
        """Count a key once more."""
        self.counts[key] += 1
        if len(self.counts) > self._room:
            self._make_room()

    def _make_room(self) -> None:
        """Forget the rarest half."""
        ordered = sorted(self.counts.values())
        least = ordered[len(ordered) // 2]
        kept = {key: count for key, count in self.counts.items() if count > least}
        self.forgotten += least
        self.counts = Counter(kept)
