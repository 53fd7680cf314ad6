"""Exceptions as text.

What belongs here is how much is said of an exception, and that saying it cannot fail: an exception's own
`__str__` is the program's code.
"""

from __future__ import annotations

_MAX_TRACEBACK = 32_000
_MAX_SHORT = 300


def message(problem: BaseException) -> str:
    """Return an exception's message."""
    try:
        return str(problem)
    except Exception:
        return f"<{type(problem).__name__} whose message cannot be read>"


def short(problem: BaseException) -> str:
    """Return an exception's type and the beginning of its message."""
    return f"{type(problem).__name__}: {message(problem)}"[:_MAX_SHORT]


def trace(problem: BaseException) -> str:
    """Return an exception's traceback and those of its causes; the middle of a very long one is left out."""
    import traceback  # for failed calls only: it takes longer to import than to use

    text = "".join(traceback.format_exception(problem))
    if len(text) <= _MAX_TRACEBACK:
        return text
    half = _MAX_TRACEBACK // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"


def names(problem: BaseException) -> tuple[str, ...]:
    """Return what an exception's classes are called, its own first."""
    return tuple(kind.__name__ for kind in type(problem).__mro__)


def is_cancellation(problem: BaseException) -> bool:
    """Whether an exception means that somebody called the work off: a cancelled task, Ctrl-C, an exit."""
    if isinstance(problem, KeyboardInterrupt | SystemExit | GeneratorExit):
        return True
    return not {"CancelledError", "Cancelled"}.isdisjoint(names(problem))
