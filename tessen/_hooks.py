"""Which hook goes where.

What belongs here is the list of the modules that are wrapped when the program imports them, and which of the
tiers an SDK is given.
"""

from __future__ import annotations

from functools import partial
from types import ModuleType

from tessen import _floor, _imports, _late, _trunk
from tessen._call import DISCOVERED, LEAF
from tessen._imports import when_imported
from tessen.vendors import VENDORS
from tessen.vendors.interface import Trunk, Vendor


def install(*, leaves: bool) -> None:
    """Wrap every SDK and HTTP library that the program has imported or comes to import.

    Args:
        leaves: Wrap the SDKs' methods one by one, and not their base clients.
    """
    for vendor in VENDORS:
        if leaves:
            when_imported(vendor.package, partial(_wrap_leaves, vendor))
            continue
        for trunk in vendor.trunks:
            when_imported(trunk.module, partial(_wrap_trunk, vendor, trunk))
        for module, name in vendor.errors:
            when_imported(module, partial(_late.wrap, name))
        when_imported(vendor.package, partial(_do_without_trunk, vendor))
    for module in _floor.HOOKS:
        when_imported(module, _floor.wrap)


def _wrap_trunk(vendor: Vendor, trunk: Trunk, module: ModuleType) -> None:
    if not _trunk.wrap(vendor, trunk, module):
        _discover(vendor, DISCOVERED)


def _do_without_trunk(vendor: Vendor, package: ModuleType) -> None:
    """Fall back on discovery where a release of the SDK has no such module any more."""
    del package
    if not any(_imports.exists(trunk.module) for trunk in vendor.trunks):
        _discover(vendor, DISCOVERED)


def _wrap_leaves(vendor: Vendor, package: ModuleType) -> None:
    del package
    _discover(vendor, LEAF)


def _discover(vendor: Vendor, tier: int) -> None:
    from tessen import _discovery  # rarely needed, and slow to import

    _discovery.start(vendor, tier)
