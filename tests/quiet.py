"""When an app has dealt with all it was given: asked of the event loop, and not of the clock.

Textual's own pilot takes a process that uses little of the processor for one that is idle. On a busy machine
that is one that waits for its turn, with the key that was just pressed still on its way.
"""

from __future__ import annotations

import asyncio

import textual.app
import textual.pilot
from textual._wait import wait_for_idle

DEADLINE_S = 60.0
_TURNS = 3
"""Turns of the loop in a row with nothing to do: what a turn hears of from outside is run in the next."""


async def quiet(*at_least: float) -> None:
    """Wait until the loop of the caller has nothing to do but wait for timers and for others.

    Takes what Textual's `wait_for_idle` takes, and waits for that first.

    Raises:
        TimeoutError: it was busy until the deadline.
    """
    await wait_for_idle(*at_least)
    loop = asyncio.get_running_loop()
    turns = 0
    async with asyncio.timeout(DEADLINE_S):
        while turns < _TURNS:
            await asyncio.sleep(0)
            turns = 0 if loop._ready else turns + 1  # type: ignore[attr-defined]


def wait_for_the_loop() -> None:
    """Have the pilot, and the keys it presses, wait for the event loop."""
    textual.app.wait_for_idle = textual.pilot.wait_for_idle = quiet
