"""The hook on the vendors' base clients: one logical call, however many requests it takes.

What belongs here is the wrapping of the base clients' `request`, through which every resource of an SDK goes.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping
from types import ModuleType
from typing import Any

from tessen import _guard, _recorder
from tessen._call import CURRENT, TRUNK, Call, discovery_underway
from tessen._frames import call_site
from tessen.vendors.interface import Vendor


def wrap(vendor: Vendor, module: ModuleType) -> bool:
    """Wrap the base clients of one vendor's SDK; a second time changes nothing.

    Returns:
        Whether all that is to be wrapped was there.
    """
    complete = True
    for name, wrapper in (("SyncAPIClient", _wrap_sync), ("AsyncAPIClient", _wrap_async)):
        client = getattr(module, name, None)
        original = getattr(client, "request", None)
        complete = complete and original is not None
        if original is not None and not hasattr(original, "__tessen__"):
            wrapped = wrapper(vendor, original)
            wrapped.__tessen__ = True
            client.request = wrapped  # type: ignore[union-attr]
    return complete


def _wrap_sync(vendor: Vendor, original: Callable[..., Any]) -> Any:
    @functools.wraps(original)
    def request(self: Any, *args: Any, **kwargs: Any) -> Any:
        call = _begin(vendor, self, args, kwargs)
        if call is None:
            return original(self, *args, **kwargs)
        token = CURRENT.set(call)
        try:
            result = original(self, *args, **kwargs)
        except BaseException as problem:
            call.failed(problem)
            raise
        finally:
            _guard.leave(token)
        call.returned()
        return result

    return request


def _wrap_async(vendor: Vendor, original: Callable[..., Awaitable[Any]]) -> Any:
    @functools.wraps(original)
    async def request(self: Any, *args: Any, **kwargs: Any) -> Any:
        call = _begin(vendor, self, args, kwargs)
        if call is None:
            return await original(self, *args, **kwargs)
        token = CURRENT.set(call)
        try:
            result = await original(self, *args, **kwargs)
        except BaseException as problem:
            call.failed(problem)
            raise
        finally:
            _guard.leave(token)
        call.returned()
        return result

    return request


@_guard.guarded("recording the start of a call")
def _begin(vendor: Vendor, client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call | None:
    recorder = _recorder.active
    options = kwargs["options"] if "options" in kwargs else args[1] if len(args) > 1 else None
    if recorder is None or options is None or discovery_underway():
        return None
    method = str(options.method).upper()
    endpoint = vendor.endpoint(method, str(options.url))
    call = Call(recorder, vendor, endpoint, TRUNK, call_site())
    call.http_client = getattr(client, "_client", None)
    call.method = method
    call.intended_url = lambda: _intended_url(client, str(options.url))
    if method != "GET":
        call.options_body = options.json_data
    asked = options.json_data
    call.asked_to_stream = bool(kwargs.get("stream")) or (
        isinstance(asked, Mapping) and asked.get("stream") is True
    )
    return call


def _intended_url(client: Any, url: str) -> str:
    """The address that a request would have gone to, for a call that fails before it sends one."""
    if "://" in url:
        return url
    return f"{str(client.base_url).rstrip('/')}/{url.lstrip('/')}"
