"""Answers that are kept, and questions that lead back to themselves.

What belongs here is how much is remembered and looked up, not what.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tessen.crawl._values import NOTHING, Values

_DEEP = 40
_STEPS = 4000
"""How much is looked up for one question; what needs more was made to be lost in."""
_MOST = 50_000
"""How many answers are kept at once: what is dropped is worked out again."""


class Memory:
    """Answers to questions about names."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], Values] = {}
        self._asking: set[tuple[Any, ...]] = set()
        self._circles: set[tuple[Any, ...]] = set()
        """Questions that are being answered, and on which an answer found meanwhile depends."""
        self._steps = 0

    def forget(self) -> None:
        """Drop all answers."""
        self._known.clear()

    def once(self, key: tuple[Any, ...], work: Callable[[], Values]) -> Values:
        """Do a piece of work once; what leads back to itself is nothing more."""
        known = self._known.get(key)
        if known is not None:
            return known
        if key in self._asking:
            self._circles.add(key)
            return NOTHING
        self._steps = self._steps + 1 if self._asking else 0
        if len(self._asking) > _DEEP or self._steps > _STEPS:
            return NOTHING
        self._asking.add(key)
        try:
            found = work()
        finally:
            self._asking.discard(key)
            self._circles.discard(key)
        if not self._circles:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[key] = found
        return found
