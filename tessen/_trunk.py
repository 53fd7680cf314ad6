"""The hook on the vendors' base clients: one logical call, however many requests it takes.

What belongs here is the wrapping of the methods through which every resource of an SDK goes. Which these are,
and what they are asked, each vendor's file states.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from types import ModuleType
from typing import Any, NamedTuple

from tessen import _guard, _late, _recorder
from tessen._call import CURRENT, TRUNK, Call, discovery_underway
from tessen._frames import call_site
from tessen.vendors.interface import Trunk, Vendor


class _Hook(NamedTuple):
    """One wrapped method."""

    vendor: Vendor
    trunk: Trunk
    parameters: tuple[str, ...]
    """Names of the parameters that may be given by position, without `self`."""


Begin = Callable[[Any, tuple[Any, ...], dict[str, Any]], Call | None]


def wrap(vendor: Vendor, trunk: Trunk, module: ModuleType) -> bool:
    """Wrap the base clients of one vendor's SDK; a second time changes nothing.

    Returns:
        Whether all that is to be wrapped was there.
    """
    complete = True
    for place in trunk.methods:
        owner_name, _, name = place.partition(".")
        owner = getattr(module, owner_name, None)
        original = getattr(owner, name, None)
        complete = complete and original is not None
        if original is not None and not hasattr(original, "__tessen__"):
            wrapped = _wrapper(vendor, trunk, original)
            wrapped.__tessen__ = True
            setattr(owner, name, wrapped)
    return complete


def _wrapper(vendor: Vendor, trunk: Trunk, original: Any) -> Any:
    """Return what stands in for a method, of the same kind as it: a function stays one, a coroutine too."""
    inner = inspect.unwrap(original)
    code = inner.__code__
    hook = _Hook(vendor, trunk, code.co_varnames[1 : code.co_argcount])
    begin = functools.partial(_begin, hook)
    if inspect.iscoroutinefunction(original):
        return _wrap_coroutine(begin, original)
    if inspect.isgeneratorfunction(inner):
        generator = _wrap_generator(begin, inner)
        return generator if inner is original else contextmanager(generator)
    if inspect.isasyncgenfunction(inner):
        return asynccontextmanager(_wrap_async_generator(begin, inner))
    return _wrap_function(begin, original)


def _wrap_function(begin: Begin, original: Callable[..., Any]) -> Any:
    @functools.wraps(original)
    def request(self: Any, *args: Any, **kwargs: Any) -> Any:
        call = begin(self, args, kwargs)
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
        _late.returned(call)
        return result

    return request


def _wrap_coroutine(begin: Begin, original: Callable[..., Any]) -> Any:
    @functools.wraps(original)
    async def request(self: Any, *args: Any, **kwargs: Any) -> Any:
        call = begin(self, args, kwargs)
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
        _late.returned(call)
        return result

    return request


def _wrap_generator(begin: Begin, original: Callable[..., Any]) -> Any:
    """Wrap a generator, which sends its request when its first item is wanted."""

    @functools.wraps(original)
    def request(self: Any, *args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        call = begin(self, args, kwargs)
        items = original(self, *args, **kwargs)
        if call is None:
            return (yield from items)
        try:
            item = _first(call, items)
            while True:
                try:
                    sent = yield item
                except GeneratorExit:
                    items.close()
                    raise
                except BaseException as problem:
                    item = items.throw(problem)
                else:
                    item = items.send(sent)
        except StopIteration as end:
            return end.value

    return request


def _wrap_async_generator(begin: Begin, original: Callable[..., Any]) -> Any:
    """Wrap the generator of an asynchronous context manager, which sends its request when it is entered."""

    @functools.wraps(original)
    async def request(self: Any, *args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        call = begin(self, args, kwargs)
        items = original(self, *args, **kwargs)
        try:
            item = await (anext(items) if call is None else _first_async(call, items))
            while True:
                try:
                    sent = yield item
                except GeneratorExit:
                    await items.aclose()
                    raise
                except BaseException as problem:
                    item = await items.athrow(problem)
                else:
                    item = await items.asend(sent)
        except StopAsyncIteration:
            return

    return request


def _first(call: Call, items: Generator[Any, Any, Any]) -> Any:
    """Do the part of a generator in which its requests are sent."""
    token = CURRENT.set(call)
    try:
        item = next(items)
    except BaseException as problem:
        if not isinstance(problem, StopIteration):
            call.failed(problem)
        raise
    finally:
        _guard.leave(token)
    _late.returned(call)
    return item


async def _first_async(call: Call, items: AsyncGenerator[Any, Any]) -> Any:
    token = CURRENT.set(call)
    try:
        item = await anext(items)
    except BaseException as problem:
        call.failed(problem)
        raise
    finally:
        _guard.leave(token)
    _late.returned(call)
    return item


@_guard.guarded("recording the start of a call")
def _begin(hook: _Hook, client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call | None:
    recorder = _recorder.active
    if recorder is None or discovery_underway():
        return None
    asked = hook.trunk.asked(client, dict(zip(hook.parameters, args, strict=False), **kwargs))
    if asked is None:
        return None
    endpoint = hook.vendor.endpoint(asked.method, asked.path)
    call = Call(recorder, hook.vendor, endpoint, TRUNK, call_site())
    call.method = asked.method
    call.clients = asked.clients
    call.intended_url = asked.url
    call.options_body = asked.body
    call.asked_to_stream = asked.stream
    return call
