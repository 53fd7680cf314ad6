"""Exceptions as text.

What belongs here is how much is said of an exception, and that saying it cannot fail: an exception's own
`__str__` is the program's code.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from tessen._cut import beginning, ending

if TYPE_CHECKING:
    from traceback import TracebackException

_OWN = str(Path(__file__).parent) + "/"
_MAX_FRAMES = 100
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
    return beginning(f"{type(problem).__name__}: {message(problem)}", _MAX_SHORT)


def trace(problem: BaseException) -> str:
    """Return an exception's traceback and those of its causes; the middle of a very long one is left out.

    It begins where the program's own code came from, as Python would print it had nobody caught the
    exception, and leaves out the recorder's frames.
    """
    import traceback  # for failed calls only: it takes longer to import than to use

    told = traceback.TracebackException.from_exception(problem)
    around = islice(_frames_around(problem), _MAX_FRAMES)
    outer = traceback.StackSummary.extract(around, lookup_lines=False)
    told.stack[:0] = reversed(outer)
    _leave_out_own(told)
    text = "".join(told.format())
    if len(text) <= _MAX_TRACEBACK:
        return text
    from tessen._redact import without_shapes

    text = without_shapes(text)  # what introduces a secret may be in what is left out
    half = _MAX_TRACEBACK // 2
    head, tail = beginning(text, half), ending(text, half)
    return f"{head}\n… {len(text) - len(head) - len(tail)} characters left out …\n{tail}"


def _frames_around(problem: BaseException) -> Iterator[tuple[FrameType, int]]:
    """The frames that called what the exception's traceback begins with, innermost first.

    They are kept nowhere: a frame of ours that were, with the exception in it, would keep that alive.
    """
    traceback = problem.__traceback__
    frame = None if traceback is None else traceback.tb_frame.f_back
    frame = frame or sys._getframe(1)
    while frame is not None:
        yield frame, frame.f_lineno
        frame = frame.f_back


def _leave_out_own(told: TracebackException) -> None:
    told.stack[:] = [frame for frame in told.stack if not frame.filename.startswith(_OWN)]
    for cause in (told.__cause__, told.__context__):
        if cause is not None:
            _leave_out_own(cause)


def names(problem: BaseException) -> tuple[str, ...]:
    """Return what an exception's classes are called, its own first."""
    return tuple(kind.__name__ for kind in type(problem).__mro__)


def status(problem: BaseException) -> int | None:
    """Return the HTTP status that an SDK's exception carries."""
    found = getattr(problem, "status_code", None) or getattr(problem, "code", None)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def is_cancellation(problem: BaseException) -> bool:
    """Whether an exception means that somebody called the work off: a cancelled task, Ctrl-C, an exit."""
    if isinstance(problem, KeyboardInterrupt | SystemExit | GeneratorExit):
        return True
    return not {"CancelledError", "Cancelled"}.isdisjoint(names(problem))
