"""The HTTP floor: the libraries through which requests leave the process, one file each.

What belongs here is seeing each request as what it is: an attempt of the call in whose context it is sent,
or, where no call is waiting for it and it asks a model, a call by itself. A library may stand on another one;
a request is seen by the uppermost only. A file is imported when the program imports its library.
"""

from __future__ import annotations

TYPE_CHECKING = False  # see `tessen._guard`
if TYPE_CHECKING:
    from types import ModuleType

HOOKS = {
    "httpx2._client": "httpx",
    "httpx._client": "httpx",
    "urllib3.connectionpool": "urllib3",
    "aiohttp.client": "aiohttp",
    "botocore.client": "botocore",
}
"""Module of a library → the file here that wraps it."""


def wrap(module: ModuleType) -> None:
    """Wrap one library; a second time changes nothing.

    Args:
        module: One that is named in `HOOKS`.
    """
    from importlib import import_module

    import_module(f"{__name__}.{HOOKS[module.__name__]}").wrap(module)
