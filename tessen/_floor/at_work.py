"""Whether the SDK's function that has sent a request is still at work, where nothing of the SDK is hooked.

What belongs here is finding that function on the stack, and telling later whether it has come to its end. It
is marked in the one place of a frame that is nobody's while nobody debugs: `f_trace`. The mark dies with the
frame, and keeps nothing alive: a frame held here would keep the program's objects for longer than they live.
"""

from __future__ import annotations

import gc
import inspect
import sys
import threading
import weakref
from collections.abc import Iterator
from types import FrameType
from typing import Any, Protocol

from tessen._frames import belongs_to_user, current_task, package_of
from tessen.vendors import BY_PACKAGE

_SUSPENDS = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_MOST_AWAITED = 200


class Expectant(Protocol):
    """Who wants to know when an SDK's function has come to its end."""

    def sdk_is_gone(self) -> None:
        """Called as the function's frame is freed, on whatever thread, while other code is running."""


class Mark:
    """Lies in the frame of a function at work, for one call."""

    __slots__ = ("__weakref__", "_hidden", "_task", "_thread", "owner")

    def __init__(self, frame: FrameType, owner: Expectant) -> None:
        """Mark a frame of the running thread."""
        self.owner: Expectant | None = owner
        """None once the mark means nothing any more."""
        self._thread = threading.get_ident()
        task = current_task()
        self._task = None if task is None else weakref.ref(task)
        suspends = bool(frame.f_code.co_flags & _SUSPENDS)
        self._hidden = task is None and (suspends or _in_greenlet(self._thread))
        """Whether it cannot be found while it waits: in another event loop than asyncio's, or a greenlet."""
        frame.f_trace = self

    def __call__(self, *_: object) -> Mark:
        """Be a trace function that does nothing, should a debugger come meanwhile."""
        return self

    def __del__(self) -> None:
        if self.owner is not None and not sys.is_finalizing():
            self.owner.sdk_is_gone()

    def goes_on(self) -> bool:
        """Whether the function has not come to its end, as far as can be told; any thread may ask."""
        if self._hidden:
            return True
        return self._is_running() or _is_among(self, self._awaiting()) or self._is_running()

    def _is_running(self) -> bool:
        return _is_among(self, _frames_from(sys._current_frames().get(self._thread)))

    def _awaiting(self) -> Iterator[FrameType]:
        """The frames of what its task is waiting in."""
        task = self._task() if self._task is not None else None
        awaited: Any = None if task is None else task.get_coro()
        for _ in range(_MOST_AWAITED):
            if awaited is None:
                return
            frame, awaited = _frame_and_awaited(awaited)
            if frame is not None:
                yield frame


def mark(owner: Expectant, *, retries: bool) -> Mark | None:
    """Mark the SDK's function in which the request under way was asked for.

    Args:
        owner: Whom it is marked for.
        retries: Whether the request says that its sender may send it again, as those of many SDKs do.

    Returns:
        None where the program itself has asked, or is being traced.
    """
    frame = _sdk_frame(retries=retries)
    if frame is None or not (frame.f_trace is None or isinstance(frame.f_trace, Mark)):
        return None
    return Mark(frame, owner)


def owners_above() -> Iterator[Expectant]:
    """Give those for whom the functions are marked that have called the caller, innermost first."""
    for frame in _frames_from(sys._getframe(1)):
        found = frame.f_trace
        if isinstance(found, Mark) and found.owner is not None:
            yield found.owner


def _sdk_frame(*, retries: bool) -> FrameType | None:
    """The outermost frame of the package that has called the HTTP library."""
    sdk: str | None = None
    found: FrameType | None = None
    for frame in _frames_from(sys._getframe(2)):
        package = package_of(frame)
        if package is None:
            continue
        if sdk is None:
            if package not in BY_PACKAGE and (belongs_to_user(frame) or not retries):
                return None
            sdk = package
        elif package != sdk:
            break
        found = frame
    return found


def _frames_from(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _is_among(mark: Mark, frames: Iterator[FrameType]) -> bool:
    return any(frame.f_trace is mark for frame in frames)


def _frame_and_awaited(awaited: Any) -> tuple[FrameType | None, Any]:
    """The frame of something awaited, and what that waits for in turn."""
    for kind in ("cr", "ag", "gi"):
        frame: FrameType | None = getattr(awaited, f"{kind}_frame", None)
        if frame is not None:
            inner = getattr(awaited, "gi_yieldfrom" if kind == "gi" else f"{kind}_await")
            return frame, inner
    # a step of an asynchronous generator does not say whose it is
    return None, next((held for held in gc.get_referents(awaited) if hasattr(held, "ag_frame")), None)


def _in_greenlet(thread: int) -> bool:
    """Whether the running code is a greenlet's, or the main one's where greenlets stand in for threads."""
    greenlet = sys.modules.get("greenlet")
    if greenlet is None:
        return False
    return greenlet.getcurrent().parent is not None or thread not in sys._current_frames()
