"""Which session a call belongs to: the block it is made in, or the process.

What belongs here is how `tessen.session()` follows the program's own concurrency. Tasks take the context they
were made in along by themselves; threads do not, so from the first block on a thread's session is noted when
it is started, and that of a function when it is handed to a pool.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from contextvars import ContextVar, Token
from types import ModuleType, TracebackType
from typing import Any, NamedTuple

from tessen import _guard
from tessen._imports import when_imported


class _Scope:
    """One block: shared by everything that was begun in it, so that all of it can go on under a new id."""

    __slots__ = ("session_id",)

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id


class _Here(NamedTuple):
    """What a context says of its session."""

    scope: _Scope | None
    """None: outside any block, whatever the thread was started in."""


_here: ContextVar[_Here | None] = ContextVar("tessen_session", default=None)
_STARTED_IN = "_tessen_scope"
"""The name under which a thread carries the block it was started in."""


def current(outside: str) -> str:
    """Return the id of the block that the caller is in; `outside` if it is in none."""
    if not _following:
        return outside  # there has never been a block
    scope = _scope()
    return outside if scope is None else scope.session_id


def renew(session_id: str) -> bool:
    """Give the block that the caller is in another id; return whether there is a block."""
    scope = _scope()
    if scope is None:
        return False
    scope.session_id = session_id
    return True


def _scope() -> _Scope | None:
    here = _here.get()
    if here is not None:
        return here.scope
    return getattr(threading.current_thread(), _STARTED_IN, None) if _following else None


class Session:
    """One block, as `tessen.session()` gives it; it may be entered again, one entry after the other."""

    def __init__(self, session_id: str | None) -> None:
        """Make a block.

        Args:
            session_id: Its id; None for a new one at each entry.
        """
        self._given = session_id
        self._token: Token[_Here | None] | None = None

    def __enter__(self) -> str:
        """Begin the block; return its id."""
        from tessen._recorder import new_id

        _follow_threads()
        scope = _Scope(str(self._given) if self._given else new_id())
        self._token = _here.set(_Here(scope))
        return scope.session_id

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the block."""
        token, self._token = self._token, None
        if token is None:
            return
        try:
            _here.reset(token)
        except ValueError:
            return  # a generator that was begun in one context and is closed in another


_following = False


@_guard.guarded("following threads")
def _follow_threads() -> None:
    """Have threads and pools take the session along, from now on."""
    global _following  # noqa: PLW0603 - threads are the process's
    if _following:
        return
    _following = True
    threading.Thread.start = _noting(threading.Thread.start)  # type: ignore[method-assign]
    when_imported("concurrent.futures.thread", _follow_pools)


def _noting(start: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(start)
    def noted(self: threading.Thread) -> None:
        _note(self)
        start(self)

    return noted


@_guard.guarded("following a thread")
def _note(thread: threading.Thread) -> None:
    scope = _scope()
    if scope is not None:
        setattr(thread, _STARTED_IN, scope)


def _follow_pools(module: ModuleType) -> None:
    module.ThreadPoolExecutor.submit = _carrying(module.ThreadPoolExecutor.submit)


def _carrying(submit: Callable[..., Any]) -> Callable[..., Any]:
    """The pool's threads live on, and work for many: each function brings its own session, or none."""

    @functools.wraps(submit)
    def carried(self: Any, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        return submit(self, _within, _Here(_scope()), fn, *args, **kwargs)

    return carried


def _within(here: _Here, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    token = _here.set(here)
    try:
        return fn(*args, **kwargs)
    finally:
        _here.reset(token)
