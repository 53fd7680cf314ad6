"""When Python looks for garbage: not while the app starts, and never again through what the start has made.

Modules and style sheets are a hundred thousand objects that stay to the end. To look through them all takes
as long as to draw several screens, and it would happen just when a run is opened, where much is made anew.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG = 10_000
"""New objects after which they are looked through: a screen makes thousands, and most of them at once."""


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
    gc.set_threshold(YOUNG)
    gc.enable()
