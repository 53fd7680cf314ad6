"""Where in the user's own code a call was made.

What belongs here is telling the user's code from everything else on the stack: the recorder, the standard
library, and installed packages. A program that is itself installed as a package has no frame outside them;
for it the nearest frame counts that belongs neither to a vendor's SDK nor to what that stands on.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple, TypeVar

from tessen import _guard
from tessen.vendors import BY_PACKAGE

_OWN = str(Path(__file__).parent) + "/"
_STDLIB = str(Path(os.__file__).parent) + "/"  # as sysconfig has it, which is slow to import
_INSTALLED = ("/site-packages/", "/dist-packages/")
_PLUMBING = frozenset(
    [
        *("anthropic", "openai", "google", "cohere", "mistralai", "boto3", "botocore", "tenacity"),
        *("httpx2", "httpx", "httpcore2", "httpcore", "urllib3", "requests", "aiohttp"),
        *("anyio", "trio", "uvloop"),
    ]
)

_UNCOUNTED = f"{_OWN}(as importlib._bootstrap)"
"""A name of code that `warnings` passes over when it counts frames up to the caller that a warning is about:
in all versions of Python, whatever holds both words (source: `warnings._is_internal_frame`)."""

SomeFunction = TypeVar("SomeFunction", bound=Callable[..., Any])

_MAX_WAITING = 20
"""Tasks that wait for one another are followed no further than this."""

_USER, _PACKAGE, _SKIP = range(3)
_kinds: dict[str, int] = {}


def uncounted(function: SomeFunction) -> SomeFunction:
    """Have a function that stands between the program and its SDK's method not be taken for the caller."""
    code = function.__code__
    function.__code__ = code.replace(co_filename=_UNCOUNTED)
    return function


class CallSite(NamedTuple):
    """One place in the program's code, as written under an event's `call_site`."""

    file: str
    line: int
    func: str


def call_site() -> CallSite | None:
    """Return the innermost frame of the user's own code above the caller; None if there is none at all.

    In a task that a framework has started, that is the line that waits for the task, as far as it can be
    found: below the task there is only who runs the event loop.
    """
    task = current_task()
    root = None if task is None else _coroutine_frame(task)
    nearest: FrameType | None = None
    beyond = False
    frame: FrameType | None = sys._getframe(1)
    known = _kinds.get
    while frame is not None:
        kind = known(frame.f_code.co_filename)
        if kind is None:
            kind = _kind(frame)
        if kind != _SKIP:
            if kind == _USER:
                waiting = _waiting_frame(task) if beyond else None
                return _site(waiting or frame)
            nearest = nearest or frame
        if frame is root:
            beyond = True
        frame = frame.f_back
    found = _waiting_frame(task) or nearest
    return _site(found) if found is not None else None


def package_of(frame: FrameType) -> str | None:
    """Return the package whose code a frame runs; None for the recorder, HTTP libraries and the like."""
    package, _, rest = str(frame.f_globals.get("__name__", "")).partition(".")
    if package == "google":
        package = f"{package}.{rest.partition('.')[0]}"
    return package if package in BY_PACKAGE or _kind(frame) != _SKIP else None


def belongs_to_user(frame: FrameType) -> bool:
    """Whether a frame runs the user's own code."""
    return _kind(frame) == _USER


def current_task() -> Any:
    """Return asyncio's task that is running in this thread; None if there is none."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None or asyncio._get_running_loop() is None:
        return None
    return asyncio.current_task()


def _coroutine_frame(task: Any) -> FrameType | None:
    frame: FrameType | None = getattr(task.get_coro(), "cr_frame", None)
    return frame


@_guard.guarded("looking for the caller")
def _waiting_frame(task: Any) -> FrameType | None:
    """Return the innermost frame of the user's own code in the tasks that wait for this one."""
    for _ in range(_MAX_WAITING):
        task = _waiting_task(task)
        if task is None:
            return None
        found: FrameType | None = None
        awaited = task.get_coro()
        while awaited is not None:
            frame: FrameType | None = getattr(awaited, "cr_frame", None) or getattr(awaited, "ag_frame", None)
            if frame is not None and _kind(frame) == _USER:
                found = frame
            awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "ag_await", None)
        if found is not None:
            return found
    return None


def _waiting_task(future: Any, depth: int = 0) -> Any:
    """Return the task that a future will wake when it is done; None if there is none, or it does not say.

    It wakes it by a method of the task, or, in `gather`, `wait` and `wait_for`, by way of another future.
    """
    for callback, _ in getattr(future, "_callbacks", None) or ():
        owner = getattr(callback, "__self__", None)
        if hasattr(owner, "get_coro"):
            return owner
        cells = getattr(callback, "__closure__", None) or ()
        for held in (*getattr(callback, "args", ()), *map(_content, cells)):
            if depth < _MAX_WAITING and held is not future and hasattr(held, "_callbacks"):
                return _waiting_task(held, depth + 1)
    return None


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None  # a variable that has no value yet


def _kind(frame: FrameType) -> int:
    filename = frame.f_code.co_filename
    kind = _kinds.get(filename)
    if kind is None:
        kind = _kinds[filename] = _classify(filename, frame.f_globals.get("__name__", ""))
    return kind


def _site(frame: FrameType) -> CallSite:
    return CallSite(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)


def _classify(filename: str, module: str) -> int:
    # By the module's name first: bundles and layers keep packages in folders of any name.
    if module.partition(".")[0] in _PLUMBING or filename.startswith((_OWN, "<frozen ")):
        return _SKIP
    if any(marker in filename for marker in _INSTALLED):
        return _PACKAGE
    return _SKIP if filename.startswith(_STDLIB) else _USER
