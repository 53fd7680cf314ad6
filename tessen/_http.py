"""The hook under httpx2 and httpx: every request is an attempt of the call in whose context it is sent.

What belongs here is the wrapping of `Client.send` and `AsyncClient.send`. A request that no call of ours is
waiting for, and that goes to an address where models are asked, is a call by itself (the HTTP floor).
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

from tessen import _guard, _recorder
from tessen._call import CURRENT, FLOOR, Call
from tessen._frames import call_site
from tessen.vendors import VENDORS

MODULES = ("httpx2._client", "httpx._client")


def wrap(module: ModuleType) -> None:
    """Wrap the clients of one HTTP library; a second time changes nothing."""
    for name, wrapper in (("Client", _wrap_sync), ("AsyncClient", _wrap_async)):
        client = getattr(module, name, None)
        original = getattr(client, "send", None)
        if original is not None and not hasattr(original, "__tessen__"):
            wrapped = wrapper(original)
            wrapped.__tessen__ = True
            client.send = wrapped  # type: ignore[union-attr]


def _wrap_sync(original: Callable[..., Any]) -> Any:
    @functools.wraps(original)
    def send(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        call = _call_for(self, request)
        if call is None:
            return original(self, request, *args, **kwargs)
        call.attempt_began(request)
        try:
            response = original(self, request, *args, **kwargs)
        except BaseException as problem:
            _failed(call, problem)
            raise
        _answered(call, response, unread=bool(kwargs.get("stream")), is_async=False)
        return response

    return send


def _wrap_async(original: Callable[..., Awaitable[Any]]) -> Any:
    @functools.wraps(original)
    async def send(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        call = _call_for(self, request)
        if call is None:
            return await original(self, request, *args, **kwargs)
        call.attempt_began(request)
        try:
            response = await original(self, request, *args, **kwargs)
        except BaseException as problem:
            _failed(call, problem)
            raise
        _answered(call, response, unread=bool(kwargs.get("stream")), is_async=True)
        return response

    return send


@_guard.guarded("recording a request")
def _call_for(client: Any, request: Any) -> Call | None:
    call = CURRENT.get()
    if call is not None and call.http_client is client:
        return call
    recorder = _recorder.active
    return None if recorder is None else _floor_call(recorder, request)


def _floor_call(recorder: _recorder.Recorder, request: Any) -> Call | None:
    """Return a call for a request that no SDK of ours makes, if it asks a model."""
    if request.method != "POST":
        return None
    path = request.url.path
    for vendor in VENDORS:
        endpoint = vendor.asks_a_model(path)
        if endpoint is None:
            continue
        asked = _recorder.asked_of(request)
        if "model" not in asked:
            return None  # an address that looks like a vendor's, and a body that does not
        call = Call(recorder, vendor, endpoint, FLOOR, call_site())
        call.options_body = asked
        call.asked_to_stream = asked.get("stream") is True
        return call
    return None


def _failed(call: Call, problem: BaseException) -> None:
    call.attempt_failed(problem)
    if call.tier == FLOOR:
        call.failed(problem)


def _answered(call: Call, response: Any, *, unread: bool, is_async: bool) -> None:
    call.attempt_answered(response, unread=unread, is_async=is_async)
    if call.tier == FLOOR:
        call.returned()
