"""Finding the methods that ask a model by their shape, where an SDK's base request method is not to be found.

What belongs here is the second tier, which holds no name of any SDK: a public method that takes a `model` is
taken for one that asks it, in whatever class of the SDK's package, and is wrapped as its module is imported.
The same machinery wraps the methods of all SDKs where `TESSEN_LEAF_FALLBACK` asks for it.
"""

from __future__ import annotations

import functools
import inspect
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from tessen import _guard, _recorder
from tessen._call import discovery_underway
from tessen._discovered import DiscoveredCall, ahead, awaited, in_context
from tessen._frames import call_site, uncounted
from tessen._imports import when_any_imported
from tessen.vendors.interface import Endpoint, Vendor


class Method(NamedTuple):
    """One method of an SDK that takes a model."""

    vendor: Vendor
    tier: int
    surface: str
    """What its calls are called while no request has told."""
    parameters: tuple[str, ...]


def start(vendor: Vendor, tier: int) -> None:
    """Wrap the methods of a vendor's SDK that ask a model, now and as the program imports more of it."""
    when_any_imported(vendor.package, functools.partial(_wrap_module, vendor, tier))


def _wrap_module(vendor: Vendor, tier: int, module: ModuleType) -> None:
    for owner in list(vars(module).values()):
        # By its type alone: an SDK's lazy objects import what they stand for if asked for their class.
        if issubclass(type(owner), type) and owner.__module__ == module.__name__:
            _wrap_class(vendor, tier, owner)


def _wrap_class(vendor: Vendor, tier: int, owner: type) -> None:
    resource = owner.__name__.removeprefix("Async").lower()
    for name, function in list(vars(owner).items()):
        if type(function) is not FunctionType or name.startswith("_") or hasattr(function, "__tessen__"):
            continue
        parameters = _parameters(function)
        if parameters[:1] == ("self",) and "model" in parameters:
            wrapped = _wrap(Method(vendor, tier, f"{resource}.{name}", parameters), function)
            wrapped.__tessen__ = True
            setattr(owner, name, wrapped)


def _parameters(function: Any) -> tuple[str, ...]:
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    code = function.__code__
    names: tuple[str, ...] = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return names


def _wrap(method: Method, original: Any) -> Any:
    @uncounted
    @functools.wraps(original)
    def ask(*args: Any, **kwargs: Any) -> Any:
        call = _begin(method, args, kwargs)
        if call is None:
            return original(*args, **kwargs)
        return ahead(call, in_context(call, functools.partial(original, *args, **kwargs)))

    @uncounted
    @functools.wraps(original)
    async def ask_async(*args: Any, **kwargs: Any) -> Any:
        call = _begin(method, args, kwargs)
        if call is None:
            return await original(*args, **kwargs)
        return await awaited(call, original(*args, **kwargs))

    return ask_async if inspect.iscoroutinefunction(original) else ask


@_guard.guarded("recording the start of a call")
def _begin(method: Method, args: tuple[Any, ...], kwargs: dict[str, Any]) -> DiscoveredCall | None:
    recorder = _recorder.active
    if recorder is None or discovery_underway(method.vendor):
        return None
    endpoint = Endpoint(method.surface, billed=True)
    call = DiscoveredCall(recorder, method.vendor, endpoint, method.tier, call_site())
    call.options_body = {**dict(zip(method.parameters[1:], args[1:], strict=False)), **kwargs}
    model = call.options_body.get("model")
    call.asked_model = model if isinstance(model, str) else None
    call.asked_to_stream = call.options_body.get("stream") is True
    return call
