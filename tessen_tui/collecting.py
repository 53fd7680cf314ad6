"""When Python looks for garbage: not while the app starts, seldom in use, and never where the start has been.

Modules and style sheets are a hundred thousand objects that stay to the end. To look through them all takes
as long as to draw several screens, and it would happen just when a run is opened, where much is made anew.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG, OLDER, OLDEST = 5_000, 4, 50
"""New objects after which they are looked through; how many times before those that stayed are, too; and how
many times before all are, if there was no quiet moment for it."""

DUE = 4
"""How many times the older ones have been looked through when a quiet moment is used for all."""


@contextmanager
def rare_collections() -> Iterator[None]:
    """Collect nothing until `keep_for_ever` is called, at the latest at the end."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def keep_for_ever() -> None:
    """Look no more at what there is by now, and collect from here on."""
    gc.freeze()
    gc.set_threshold(YOUNG, OLDER, OLDEST)
    gc.enable()


def collect_if_due() -> None:
    """Look through everything, if there may be much to find; a pause of 50 ms, for when nobody waits."""
    if gc.get_count()[2] >= DUE:
        gc.collect()
