"""The promise that recording never harms the program: failures of ours are counted and swallowed here.

What belongs here is what happens to an exception that is our fault. Exceptions that belong to the program
pass through the hooks untouched and never come here.
"""

from __future__ import annotations

import itertools
import os
import sys

TYPE_CHECKING = False  # as in typing, whose import would be a third of what starting the recorder takes
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Token
    from typing import Any, ParamSpec, TypeVar

    P = ParamSpec("P")
    R = TypeVar("R")

_count = itertools.count(1)


def swallow(where: str) -> None:
    """Count the exception being handled, and say so on stderr the first time.

    With `TESSEN_DEBUG=1` every failure prints its traceback.

    Args:
        where: What the recorder was doing, for the message.
    """
    number = next(_count)
    try:
        debug = os.environ.get("TESSEN_DEBUG", "").strip().lower() in {"1", "true", "yes", "on"}
        if number == 1 or debug:
            kind = getattr(sys.exc_info()[0], "__name__", "error")
            say(f"{where} failed ({kind}); the program is not affected. TESSEN_DEBUG=1 shows the traceback.")
        if debug:
            import traceback

            _print(traceback.format_exc())
    except Exception:
        return  # no memory or no stack is left: nothing can be said


def guarded(where: str) -> Callable[[Callable[P, R]], Callable[P, R | None]]:
    """Make a function swallow its own failures and return None for them.

    What is not an `Exception` (Ctrl-C, an exit) is the program's and passes.

    Args:
        where: What the function does, for the message.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R | None]:
        def safe(*args: P.args, **kwargs: P.kwargs) -> R | None:
            try:
                return function(*args, **kwargs)
            except Exception:
                swallow(where)
                return None

        safe.__name__, safe.__doc__ = getattr(function, "__name__", safe.__name__), function.__doc__
        return safe

    return decorate


def leave(token: Token[Any]) -> None:
    """Put a context variable back to what it was."""
    try:
        token.var.reset(token)
    except ValueError:
        return  # a coroutine that was dropped half-way is closed in another context than it ran in


def say(message: str) -> None:
    """Print one line of the recorder's own on stderr, if there is one that still works."""
    _print(f"tessen: {message}\n")


def _print(text: str) -> None:
    """Write to stderr, which may be closed, or an object of the program's own; never to stdout instead."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except Exception:
        return  # nobody is left to be told
