"""Errors that an SDK raises only after its base client has returned.

What belongs here is the wait of a failing call for the exception that the program is about to get,
so that its event can name it. The exception is seen as it is made. Where none is made, the event is written
when the next call begins in the same context, or when recording ends.
"""

from __future__ import annotations

import functools
from contextvars import ContextVar
from types import ModuleType
from typing import Any

from tessen import _guard
from tessen._call import Call


class _Waiting:
    """A call that has failed and has no exception yet."""

    def __init__(self, call: Call) -> None:
        self._call: Call | None = call
        call.recorder.stream_opened(self)

    def raised(self, problem: BaseException) -> None:
        """Note the exception, if it is this call's."""
        status = getattr(problem, "status_code", None)
        call = self._call
        if call is not None and status in (None, call.status):
            self._settle()
            call.failed(problem)

    def dropped(self) -> None:
        """Note that no exception will be made."""
        call = self._call
        self._settle()
        if call is not None:
            call.returned()

    def forget(self) -> None:
        """Let the call go without an event: it is another process's to record."""
        self._call = None

    def _settle(self) -> None:
        if self._call is not None:
            self._call.recorder.stream_closed(self)
            self._call = None


_waiting: ContextVar[_Waiting | None] = ContextVar("tessen_late", default=None)


def wrap(name: str, module: ModuleType) -> None:
    """Watch an exception class of an SDK being instantiated; a second time changes nothing."""
    kind = getattr(module, name, None)
    original = getattr(kind, "__init__", None)
    if kind is None or original is None or hasattr(original, "__tessen__"):
        return

    @functools.wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        original(self, *args, **kwargs)
        _raised(self)

    __init__.__tessen__ = True  # type: ignore[attr-defined]
    kind.__init__ = __init__


@_guard.guarded("recording a call")
def returned(call: Call) -> None:
    """Note that the base client has returned; one over whose answer the SDK will raise waits for that."""
    if _waiting.get() is not None:
        settle()
    if call.vendor.errors and call.failing:
        _waiting.set(_Waiting(call))
    else:
        call.take_answer()


def settle() -> None:
    """Record the call of this context that has waited in vain."""
    waiting = _waiting.get()
    if waiting is not None:
        _waiting.set(None)
        waiting.dropped()


@_guard.guarded("recording a failed call")
def _raised(problem: BaseException) -> None:
    waiting = _waiting.get()
    if waiting is not None:
        waiting.raised(problem)
