"""Whether a first token was slow, measured against the same agent's own past.

What belongs here is the short memory that this takes: the latest calls of each agent to each model.
"""

from __future__ import annotations

from collections import deque

_REMEMBERED = 50
_ENOUGH = 10
_SLOWER = 3.0
_SLOWER_BY_MS = 1000.0


class Pace:
    """How long an agent's recent calls to each model took to their first token."""

    def __init__(self) -> None:
        self._recent: dict[tuple[str, str], deque[float]] = {}

    def is_slow(self, agent: str, model: str, ttft_ms: float) -> bool:
        """Note one call; return whether it was much slower than the median: thrice as slow, and a second."""
        recent = self._recent.setdefault((agent, model), deque(maxlen=_REMEMBERED))
        past = sorted(recent.copy())  # a copy, since other threads may note calls meanwhile
        recent.append(ttft_ms)
        if len(past) < _ENOUGH:
            return False
        median = past[len(past) // 2]
        return ttft_ms > median * _SLOWER and ttft_ms > median + _SLOWER_BY_MS
