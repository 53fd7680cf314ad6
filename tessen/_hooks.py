"""Which hook goes where.

What belongs here is the list of the modules that are wrapped when the program imports them.
"""

from __future__ import annotations

from functools import partial

from tessen import _floor, _trunk
from tessen._imports import when_imported
from tessen.vendors import VENDORS


def install() -> None:
    """Wrap every SDK and HTTP library that the program has imported or comes to import."""
    for vendor in VENDORS:
        when_imported(vendor.base_client, partial(_trunk.wrap, vendor))
    for module in _floor.HOOKS:
        when_imported(module, _floor.wrap)
