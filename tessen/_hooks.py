"""Which hook goes where.

What belongs here is the list of the modules that are wrapped when the program imports them, and which of the
tiers an SDK is given.
"""

from __future__ import annotations

from functools import partial
from types import ModuleType

from tessen import _floor, _imports, _trunk
from tessen._call import DISCOVERED, LEAF
from tessen._imports import when_imported
from tessen.vendors import VENDORS
from tessen.vendors.interface import Vendor


def install(*, leaves: bool) -> None:
    """Wrap every SDK and HTTP library that the program has imported or comes to import.

    Args:
        leaves: Wrap the SDKs' methods one by one, and not their base clients.
    """
    for vendor in VENDORS:
        if leaves:
            when_imported(vendor.package, partial(_wrap_leaves, vendor))
        else:
            when_imported(vendor.base_client, partial(_wrap_trunk, vendor))
            when_imported(vendor.package, partial(_do_without_trunk, vendor))
    for module in _floor.HOOKS:
        when_imported(module, _floor.wrap)


def _wrap_trunk(vendor: Vendor, module: ModuleType) -> None:
    if not _trunk.wrap(vendor, module):
        _discover(vendor, DISCOVERED)


def _do_without_trunk(vendor: Vendor, package: ModuleType) -> None:
    """Fall back on discovery where a release of the SDK has no such module any more."""
    del package
    if not _imports.exists(vendor.base_client):
        _discover(vendor, DISCOVERED)


def _wrap_leaves(vendor: Vendor, package: ModuleType) -> None:
    del package
    _discover(vendor, LEAF)


def _discover(vendor: Vendor, tier: int) -> None:
    from tessen import _discovery  # rarely needed, and slow to import

    _discovery.start(vendor, tier)
