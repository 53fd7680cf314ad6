"""The hook under urllib3, on which requests and botocore stand.

What belongs here is the wrapping of a connection pool's `urlopen`, which is one request with its retries and
redirections, and of `_make_request` under it, which is one attempt.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from types import ModuleType
from typing import Any

from tessen import _guard
from tessen._call import Call
from tessen._floor import redirected, urllib3_body
from tessen._floor.asking import begin_sending, call_for
from tessen._floor.message import Headers, Received, Sent, body_of

_underway: ContextVar[tuple[Call, Sent] | None] = ContextVar("tessen_urlopen", default=None)
"""The call whose request `urlopen` has in its hands, and that request."""

_PARAMETERS = ("method", "url", "body", "headers")
"""The first parameters of `urlopen`."""


def wrap(module: ModuleType) -> None:
    """Wrap the connection pools; a second time changes nothing."""
    pool = getattr(module, "HTTPConnectionPool", None)
    for name, wrapper in (("urlopen", _wrap_urlopen), ("_make_request", _wrap_attempt)):
        original = getattr(pool, name, None)
        if original is not None and not hasattr(original, "__tessen__"):
            wrapped = wrapper(original)
            wrapped.__tessen__ = True
            setattr(pool, name, wrapped)


def _wrap_urlopen(original: Callable[..., Any]) -> Any:
    @functools.wraps(original)
    def urlopen(self: Any, *args: Any, **kwargs: Any) -> Any:
        request = _sent(self, args, kwargs)
        call = None if request is None else call_for(self, request)
        if request is None or call is None:
            return original(self, *args, **kwargs)
        sending, underway = begin_sending(), _underway.set((call, request))
        try:
            response = original(self, *args, **kwargs)
        except BaseException as problem:
            if call.ends_with_http:
                call.failed(problem)
            raise
        finally:
            _guard.leave(underway)
            _guard.leave(sending)
        _answered(call, request, response, read=kwargs.get("preload_content", True))
        return response

    return urlopen


def _wrap_attempt(original: Callable[..., Any]) -> Any:
    @functools.wraps(original)
    def _make_request(self: Any, *args: Any, **kwargs: Any) -> Any:
        underway = _underway.get()
        if underway is None:
            return original(self, *args, **kwargs)
        call, request = underway
        call.attempt_began(request)
        try:
            response = original(self, *args, **kwargs)
        except BaseException as problem:
            call.attempt_failed(problem)
            raise
        _attempt_answered(call, response)
        return response

    return _make_request


@_guard.guarded("recording a request")
def _sent(pool: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Sent | None:
    method, url, body, headers = (
        args[at] if len(args) > at else kwargs.get(name) for at, name in enumerate(_PARAMETERS)
    )
    if not isinstance(method, str) or not isinstance(url, str):
        return None
    if "://" not in url:
        host = f"[{pool.host}]" if ":" in pool.host else pool.host
        default = {"http": 80, "https": 443}.get(pool.scheme)
        port = "" if pool.port in (None, default) else f":{pool.port}"
        url = f"{pool.scheme}://{host}{port}{url}"
    pairs = (pool.headers if headers is None else headers).items()
    return Sent(method, url, Headers.of(pairs), lambda: body_of(body))


@_guard.guarded("recording an HTTP answer")
def _attempt_answered(call: Call, response: Any) -> None:
    call.attempt_answered(_received(response, None))


@_guard.guarded("recording an HTTP answer")
def _answered(call: Call, request: Sent, response: Any, *, read: bool) -> None:
    location = response.get_redirect_location()
    if location:
        if call.ends_with_http:
            redirected.expect(call, request.url, location)
        return
    if read:
        call.answered(_received(response, response.data))
    else:
        call.follow(_received(response, None), functools.partial(urllib3_body.install, response))
    if call.ends_with_http:
        call.returned()


def _received(response: Any, body: bytes | None) -> Received:
    return Received(response.status, Headers.of(response.headers.items()), body, _decoder)


def _decoder(encoding: str) -> Callable[[bytes], bytes]:
    """Return a second decoder of the kind that urllib3 makes for this encoding."""
    decompress: Callable[[bytes], bytes] = sys.modules["urllib3.response"]._get_decoder(encoding).decompress
    return decompress
