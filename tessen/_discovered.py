"""A call of a method that takes a model, followed until it is known whether it asks it.

What belongs here is telling calls that ask a model from those that only prepare to, and seeing to what a
method does after it has returned: coroutines, generators and context managers ask when they are first used.
Only if a request names the model, or the answer reports its use, does the call become an event.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator
from typing import Any
from urllib.parse import unquote

from tessen import _guard, _json, _verdict
from tessen._call import CURRENT, Call
from tessen._floor.message import path_of
from tessen._frames import uncounted
from tessen._outcome import Outcome
from tessen._problems import names
from tessen.usage import usage_of

_PENDING = "_tessen_call"
"""Where an object that is yet to be entered keeps the call that its entering makes."""


class DiscoveredCall(Call):
    """A call of a method that takes a model, which turns out to ask it or not."""

    asked_model: str | None = None

    def owns(self, client: Any, request: Any) -> bool:
        """Whether a request is an attempt of this call: it names the model that was asked for.

        One that follows an answer is not: it brings the model what a tool of the program's has said.
        """
        if self.accepted:
            return False
        if super().owns(client, request):
            return True
        model = self.asked_model
        if self.recorded or not model:
            return False
        return model in unquote(str(request.url)) or model.encode() in request.content

    def attempt_began(self, request: Any) -> None:
        """Note a request that is about to be sent, which tells what operation this is."""
        super().attempt_began(request)
        self._learn_endpoint(request)

    def finished(self, result: object) -> None:
        """Note that the method has returned; what asked nobody leaves no event."""
        if self.attempted:
            self.returned()
        else:
            self._take_result(result)

    def gave_up(self, problem: BaseException) -> None:
        """Note that the method has raised; what was wrong before a request was made leaves no event."""
        status = getattr(problem, "status_code", None)
        if self.attempted or _verdict.http_signal(names(problem), status if type(status) is int else None):
            self.failed(problem)

    @_guard.guarded("recording a request")
    def _learn_endpoint(self, request: Any) -> None:
        path = path_of(str(request.url))
        tails = [path[at:] for at, letter in enumerate(path) if letter == "/"]
        known = (self.vendor.endpoint(request.method, tail) for tail in tails)
        named = next((endpoint for endpoint in known if endpoint.dialect or endpoint.billed), None)
        self.endpoint = named or self.vendor.asks_a_model(path) or self.vendor.endpoint(request.method, path)

    @_guard.guarded("recording a call")
    def _take_result(self, result: object) -> None:
        """Record an answer that came by a library which is not known here, by what the SDK made of it."""
        dump = getattr(result, "model_dump", None) or getattr(result, "dict", None)
        value = dump() if callable(dump) else None
        if usage_of(value) is not None:
            self.record(Outcome(None, False, _json.dumps(value), value))


@uncounted
def in_context(call: DiscoveredCall, work: Callable[[], Any]) -> Any:
    """Do a part of the program's work whose requests are the call's."""
    token = CURRENT.set(call)
    try:
        return work()
    except BaseException as problem:
        if not isinstance(problem, StopIteration):
            call.gave_up(problem)
        raise
    finally:
        _guard.leave(token)


def ahead(call: DiscoveredCall, result: Any) -> Any:
    """Pass on what a method returned, having seen to it that what it does later is seen too."""
    if call.attempted:
        call.finished(result)
    elif inspect.iscoroutine(result):
        return awaited(call, result)
    elif inspect.isgenerator(result):
        return _generated(call, result)
    elif inspect.isasyncgen(result):
        return _generated_async(call, result)
    elif hasattr(type(result), "__enter__") or hasattr(type(result), "__aenter__"):
        _expect_entry(call, result)
    else:
        call.finished(result)
    return result


@uncounted
async def awaited(call: DiscoveredCall, work: Awaitable[Any]) -> Any:
    """Await what a method gives, and pass it on."""
    return ahead(call, await _awaited_in_context(call, work))


@uncounted
async def _awaited_in_context(call: DiscoveredCall, work: Awaitable[Any]) -> Any:
    """Await a part of the program's work whose requests are the call's."""
    token = CURRENT.set(call)
    try:
        return await work
    except BaseException as problem:
        if not isinstance(problem, StopAsyncIteration):
            call.gave_up(problem)
        raise
    finally:
        _guard.leave(token)


@uncounted
def _generated(call: DiscoveredCall, inner: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Run a generator that asks when the first item is wanted."""
    try:
        first = in_context(call, functools.partial(next, inner))
    except StopIteration as end:
        return end.value
    call.finished(None)
    yield first
    return (yield from inner)


@uncounted
async def _generated_async(call: DiscoveredCall, inner: AsyncGenerator[Any, Any]) -> AsyncGenerator[Any, Any]:
    try:
        try:
            first = await _awaited_in_context(call, anext(inner))
        except StopAsyncIteration:
            return
        call.finished(None)
        yield first
        async for item in inner:
            yield item
    finally:
        await inner.aclose()


@_guard.guarded("preparing a stream")
def _expect_entry(call: DiscoveredCall, manager: Any) -> None:
    """See to a context manager of the SDK's, which asks when it is entered."""
    kind = type(manager)
    if not kind.__module__.startswith(f"{call.vendor.package}."):
        return
    for name, wrapper in (("__enter__", _wrap_enter), ("__aenter__", _wrap_aenter)):
        original = getattr(kind, name, None)
        if original is not None and not hasattr(original, "__tessen__"):
            wrapped = wrapper(original)
            wrapped.__tessen__ = True
            setattr(kind, name, wrapped)
    setattr(manager, _PENDING, call)


def _wrap_enter(original: Callable[[Any], Any]) -> Any:
    @uncounted
    @functools.wraps(original)
    def __enter__(self: Any) -> Any:  # noqa: N807
        call = vars(self).pop(_PENDING, None)
        if call is None:
            return original(self)
        result = in_context(call, functools.partial(original, self))
        call.finished(result)
        return result

    return __enter__


def _wrap_aenter(original: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
    @uncounted
    @functools.wraps(original)
    async def __aenter__(self: Any) -> Any:  # noqa: N807
        call = vars(self).pop(_PENDING, None)
        return await (original(self) if call is None else awaited(call, original(self)))

    return __aenter__
