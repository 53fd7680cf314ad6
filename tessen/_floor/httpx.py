"""The hook under httpx2 and httpx.

What belongs here is the wrapping of `Client.send` and `AsyncClient.send`.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

from tessen import _guard
from tessen._call import Call
from tessen._floor import httpx_body
from tessen._floor.asking import begin_sending, call_for


def wrap(module: ModuleType) -> None:
    """Wrap the clients of one of the two libraries; a second time changes nothing."""
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
        call = call_for(self, request)
        if call is None:
            return original(self, request, *args, **kwargs)
        call.attempt_began(request)
        token = begin_sending()
        try:
            response = original(self, request, *args, **kwargs)
        except BaseException as problem:
            _failed(call, problem)
            raise
        finally:
            _guard.leave(token)
        _answered(call, response, unread=bool(kwargs.get("stream")), is_async=False)
        return response

    return send


def _wrap_async(original: Callable[..., Awaitable[Any]]) -> Any:
    @functools.wraps(original)
    async def send(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        call = call_for(self, request)
        if call is None:
            return await original(self, request, *args, **kwargs)
        call.attempt_began(request)
        token = begin_sending()
        try:
            response = await original(self, request, *args, **kwargs)
        except BaseException as problem:
            _failed(call, problem)
            raise
        finally:
            _guard.leave(token)
        _answered(call, response, unread=bool(kwargs.get("stream")), is_async=True)
        return response

    return send


def _failed(call: Call, problem: BaseException) -> None:
    response = getattr(problem, "response", None)
    if isinstance(getattr(response, "status_code", None), int):
        call.attempt_answered(response)  # a hook of the program's has raised for its status
    else:
        call.attempt_failed(problem)
    if call.ends_with_http:
        call.failed(problem)


def _answered(call: Call, response: Any, *, unread: bool, is_async: bool) -> None:
    tee = functools.partial(httpx_body.install, response, is_async=is_async) if unread else None
    call.attempt_answered(response, tee)
    if call.ends_with_http:
        call.returned()
