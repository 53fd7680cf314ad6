"""Which hook goes where.

What belongs here is what is wrapped when the program imports an SDK or an HTTP library. That itself, and the
vendors' files, are imported then and not before: a program pays for the SDKs that it uses.
"""

from __future__ import annotations

from tessen import _floor, _imports, vendors

TYPE_CHECKING = False  # see `_guard`
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from tessen.vendors.interface import Trunk, Vendor


def install(*, leaves: bool) -> None:
    """Wrap every SDK and HTTP library that the program has imported or comes to import.

    Args:
        leaves: Wrap the SDKs' methods one by one, and not their base clients.
    """
    for package, name in vendors.BY_PACKAGE.items():
        _imports.before_import(package, _preparation(name, leaves))
    for module in _floor.HOOKS:
        _imports.when_imported(module, _floor.wrap)


def _preparation(name: str, leaves: bool) -> Callable[[], None]:
    return lambda: _prepare(name, leaves=leaves)


def _prepare(name: str, *, leaves: bool) -> None:
    """See to one vendor's SDK, which is there or about to be imported.

    Args:
        name: The vendor's file.
        leaves: As for `install`.
    """
    from functools import partial

    from tessen import _late, _log  # noqa: F401 - so that the first call need not wait for it

    vendor = vendors.load(name)
    if leaves:
        _imports.when_imported(vendor.package, partial(_wrap_leaves, vendor))
        return
    for trunk in vendor.trunks:
        _imports.when_imported(trunk.module, partial(_wrap_trunk, vendor, trunk))
    for module, error in vendor.errors:
        _imports.when_imported(module, partial(_late.wrap, error))
    _imports.when_imported(vendor.package, partial(_do_without_trunk, vendor))


def _wrap_trunk(vendor: Vendor, trunk: Trunk, module: ModuleType) -> None:
    from tessen import _trunk
    from tessen._call import DISCOVERED

    if not _trunk.wrap(vendor, trunk, module):
        _discover(vendor, DISCOVERED)


def _do_without_trunk(vendor: Vendor, package: ModuleType) -> None:
    """Fall back on discovery where a release of the SDK has no such module any more."""
    from tessen._call import DISCOVERED

    del package
    if not any(_imports.exists(trunk.module) for trunk in vendor.trunks):
        _discover(vendor, DISCOVERED)


def _wrap_leaves(vendor: Vendor, package: ModuleType) -> None:
    from tessen._call import LEAF

    del package
    _discover(vendor, LEAF)


def _discover(vendor: Vendor, tier: int) -> None:
    from tessen import _discovery

    _discovery.start(vendor, tier)
