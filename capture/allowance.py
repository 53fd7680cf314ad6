"""How much may still be spent by calls of which some are made at once.

What belongs here is the promise of `--max-cost` of samples and verdicts, whose cost can be foreseen: nothing
is begun that would go beyond it, by what is known. That of runs is `capture.runs.limits`.
"""

from __future__ import annotations


class Allowance:
    """Counts what calls have cost, and says whether one more may be made.

    A call under way counts as much as the dearest so far. So the limit can be overrun by no more than the
    calls that were under way when one turned out dearer than all before.

    Args:
        limit: USD; None for no limit.
        expected: What one call is thought to cost, until one has come back.
    """

    def __init__(self, limit: float | None, expected: float | None) -> None:
        self.spent_usd = 0.0
        self.under_way = 0
        self._limit = limit
        self._dearest = expected or 0.0

    def begin(self) -> bool:
        """Take in that a call begins; False if it may not."""
        foreseen = self.spent_usd + self._dearest * (self.under_way + 1)
        may = self._limit is None or foreseen <= self._limit
        self.under_way += may
        return may

    def end(self, cost_usd: float | None) -> None:
        """Take in that a call has come back, and what it cost; None where nobody knows."""
        self.under_way -= 1
        if cost_usd is not None:
            self.spent_usd += cost_usd
            self._dearest = max(self._dearest, cost_usd)
