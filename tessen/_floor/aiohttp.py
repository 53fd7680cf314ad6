"""The hook under aiohttp's client.

What belongs here is the wrapping of `ClientSession._request`, through which every method of a session goes.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping
from types import ModuleType
from typing import Any

from tessen import _guard, _json
from tessen._call import Call
from tessen._floor import aiohttp_body
from tessen._floor.asking import begin_sending, call_for
from tessen._floor.message import Headers, Received, Sent, body_of


def wrap(module: ModuleType) -> None:
    """Wrap the client's session; a second time changes nothing."""
    session = getattr(module, "ClientSession", None)
    original = getattr(session, "_request", None)
    if original is not None and not hasattr(original, "__tessen__"):
        wrapped = _wrap(original)
        wrapped.__tessen__ = True
        session._request = wrapped  # type: ignore[union-attr]


def _wrap(original: Callable[..., Awaitable[Any]]) -> Any:
    @functools.wraps(original)
    async def _request(self: Any, *args: Any, **kwargs: Any) -> Any:
        request = _sent(self, args, kwargs)
        call = None if request is None else call_for(self, request)
        if request is None or call is None:
            return await original(self, *args, **kwargs)
        call.attempt_began(request)
        token = begin_sending()
        try:
            response = await original(self, *args, **kwargs)
        except BaseException as problem:
            _failed(call, problem)
            raise
        finally:
            _guard.leave(token)
        _answered(call, request, response, decoded=kwargs.get("auto_decompress"))
        return response

    return _request


@_guard.guarded("recording a request")
def _sent(session: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Sent | None:
    method, url = (
        args[at] if len(args) > at else kwargs.get(name) for at, name in enumerate(("method", "str_or_url"))
    )
    if method is None or url is None:
        return None
    build = getattr(session, "_build_url", str)
    headers = Headers.of([*session.headers.items(), *_pairs(kwargs.get("headers"))])
    return Sent(method, str(build(url)), headers, lambda: _body(kwargs))


def _pairs(headers: Any) -> Any:
    return headers.items() if hasattr(headers, "items") else headers or ()


def _body(kwargs: Mapping[str, Any]) -> bytes | None:
    if kwargs.get("json") is not None:
        return _json.dumps(kwargs["json"])
    data = kwargs.get("data")
    return body_of(getattr(data, "_value", data))  # a payload object holds the bytes it was made from


@_guard.guarded("recording a failed HTTP request")
def _failed(call: Call, problem: BaseException) -> None:
    status = getattr(problem, "status", None)
    if isinstance(status, int) and status:  # raised for the status of an answer, on the program's wish
        headers = Headers.of(_pairs(getattr(problem, "headers", None)))
        call.attempt_answered(Received(status, headers))
    else:
        call.attempt_failed(problem)
    if call.ends_with_http:
        call.failed(problem)


@_guard.guarded("recording an HTTP answer")
def _answered(call: Call, request: Sent, response: Any, *, decoded: bool | None) -> None:
    request.headers.raw += Headers.of(response.request_info.headers.items()).raw  # the session adds its own
    if decoded is None:
        decoded = response._session is None or response._session.auto_decompress
    raw = response.raw_headers
    if decoded:
        raw = (pair for pair in raw if pair[0].lower() != b"content-encoding")
    tee = functools.partial(aiohttp_body.install, response)
    call.attempt_answered(Received(response.status, Headers(raw)), tee)
    if call.ends_with_http:
        call.returned()
