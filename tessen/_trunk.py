"""The hook on the vendors' base clients: one logical call, however many requests it takes.

What belongs here is the wrapping of the methods through which every resource of an SDK goes. Which these are,
and what they are asked, each vendor's file states.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Generator
from types import CoroutineType, ModuleType
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
Start = Callable[[], Call | None]


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
        if hasattr(original, "__get__") and not hasattr(original, "__tessen__"):  # a test's mock has none
            wrapped = _wrapper(vendor, trunk, original)
            wrapped.__tessen__ = True
            setattr(owner, name, wrapped)
    return complete


def _wrapper(vendor: Vendor, trunk: Trunk, original: Any) -> Any:
    """Return what stands in for a method, of the same kind as it: a function stays one, a coroutine too."""
    begin = functools.partial(_begin, _Hook(vendor, trunk, _parameters(trunk, original)))
    if inspect.iscoroutinefunction(original):
        return _wrap_coroutine(begin, original)
    if inspect.isgeneratorfunction(original):
        return _wrap_generator(begin, original)
    inner = inspect.unwrap(original)
    if inspect.isgeneratorfunction(inner) or inspect.isasyncgenfunction(inner):
        return _wrap_lazy(begin, original)
    return _wrap_function(begin, original)


def _parameters(trunk: Trunk, original: Any) -> tuple[str, ...]:
    """Return what a method's parameters are called, also where another library has wrapped it already."""
    code = getattr(inspect.unwrap(original), "__code__", None)
    names: tuple[str, ...] = () if code is None else code.co_varnames[1 : code.co_argcount]
    return names if set(trunk.parameters).issubset(names) else trunk.parameters


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
        if type(result) is CoroutineType:  # another library has put a function before one of the SDK's
            return _awaited(call, result)
        _late.returned(call)
        return result

    return request


def _wrap_coroutine(begin: Begin, original: Callable[..., Any]) -> Any:
    @functools.wraps(original)
    async def request(self: Any, *args: Any, **kwargs: Any) -> Any:
        call = begin(self, args, kwargs)
        work = original(self, *args, **kwargs)
        return await (work if call is None else _awaited(call, work))

    return request


async def _awaited(call: Call, work: Awaitable[Any]) -> Any:
    """Do the part of the program's work whose requests are the call's."""
    token = CURRENT.set(call)
    try:
        result = await work
    except BaseException as problem:
        call.failed(problem)
        raise
    finally:
        _guard.leave(token)
    _late.returned(call)
    return result


def _wrap_generator(begin: Begin, original: Callable[..., Any]) -> Any:
    @functools.wraps(original)
    def request(self: Any, *args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        start = functools.partial(begin, self, args, kwargs)
        return (yield from _generated(start, original(self, *args, **kwargs)))

    return request


def _wrap_lazy(begin: Begin, original: Callable[..., Any]) -> Any:
    """Wrap a function that gives a generator or a context manager; either asks when it is first used."""

    @functools.wraps(original)
    def request(self: Any, *args: Any, **kwargs: Any) -> Any:
        start = functools.partial(begin, self, args, kwargs)
        result = original(self, *args, **kwargs)
        return _generated(start, result) if inspect.isgenerator(result) else _Entered(start, result)

    return request


def _generated(start: Start, items: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Run a generator that asks when the first item is wanted."""
    call = start()
    if call is None:
        return (yield from items)
    try:
        item = _first(call, functools.partial(next, items))
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


class _Entered:
    """A context manager that asks when it is entered."""

    def __init__(self, start: Start, manager: Any) -> None:
        self._start = start
        self._manager = manager

    def __enter__(self) -> Any:
        call = self._start()
        enter = self._manager.__enter__
        return enter() if call is None else _first(call, enter)

    def __exit__(self, *problem: Any) -> bool | None:
        suppressed: bool | None = self._manager.__exit__(*problem)
        return suppressed

    async def __aenter__(self) -> Any:
        call = self._start()
        entering = self._manager.__aenter__()
        return await (entering if call is None else _awaited(call, entering))

    async def __aexit__(self, *problem: Any) -> bool | None:
        suppressed: bool | None = await self._manager.__aexit__(*problem)
        return suppressed


def _first(call: Call, ask: Callable[[], Any]) -> Any:
    """Do the part of the program's work in which the call's requests are sent."""
    token = CURRENT.set(call)
    try:
        item = ask()
    except BaseException as problem:
        if not isinstance(problem, StopIteration):
            call.failed(problem)
        raise
    finally:
        _guard.leave(token)
    _late.returned(call)
    return item


@_guard.guarded("recording the start of a call")
def _begin(hook: _Hook, client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call | None:
    recorder = _recorder.active
    if recorder is None or discovery_underway(hook.vendor):
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
