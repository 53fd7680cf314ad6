"""How much model calls may cost together, and what is asked before each of them is passed on.

What belongs here is when a limit of cost holds: once the calls that were answered have cost it, no further
one is passed on, and no session begins. Calls that went up before are answered, and counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from capture.proxy import CaptureProxy

ROUNDING_USD = 1e-9
"""What a sum of costs may be off: three times 0.6 is less than 1.8."""


class CostLimit:
    """What one session may cost, or all of a command together, which share it.

    Args:
        usd: The limit.
        name: What a person calls it.
    """

    def __init__(self, usd: float, name: str) -> None:
        self.spent_usd = 0.0
        self.stopped = False
        """Whether it has kept anything from being done."""
        self._usd = usd
        self._name = name
        self.proxies: set[CaptureProxy] = set()
        """Through which the calls go that it holds for."""

    def spend(self, usd: float) -> None:
        """Take in what something has cost."""
        self.spent_usd += usd

    def stops(self) -> bool:
        """Return whether what is about to be done must not be, by what is counted so far."""
        reached = self.spent_usd >= self._usd - ROUNDING_USD
        self.stopped = self.stopped or reached
        return reached

    @property
    def said(self) -> str:
        """What it came to, in words."""
        return f"stopped at {self._name} ${self._usd:.4f} after ${self.spent_usd:.4f}"

    @contextmanager
    def over(self, proxy: CaptureProxy) -> Iterator[None]:
        """Hold for the calls that a proxy passes on, whose costs are spent as its rows are written."""
        self.proxies.add(proxy)
        try:
            yield
        finally:
            self.proxies.discard(proxy)


async def stopping(limits: Collection[CostLimit]) -> CostLimit | None:
    """Return the limit that stops what is about to be passed on, when all that was answered is counted."""
    proxies = set().union(*(each.proxies for each in limits))
    await asyncio.gather(*(each.counted() for each in proxies))
    while behind := [each for each in proxies if each.behind]:
        await behind[0].settled()
    return next((each for each in limits if each.stops()), None)
