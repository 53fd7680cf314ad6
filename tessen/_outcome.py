"""What a call came to: its answer, the error that an answer states, the exception that the program gets.

What belongs here is the one shape of all these, and the reading of errors from what ended the call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tessen import _bodies, _json, _problems
from tessen._event import Error

if TYPE_CHECKING:
    from tessen._call import Call
    from tessen.usage import Usage
    from tessen.vendors.interface import Failure


class Outcome(NamedTuple):
    """What a call came to."""

    error: Error | None
    streamed: bool
    body: bytes = _bodies.NULL
    value: object = None
    outcome: str = "complete"
    chunks: int | None = None
    ttft_ms: float | None = None
    collected: bool = False
    usage: Usage | None = None
    """The tokens that were told, where the answer is not of one piece."""


def stated_error(call: Call, failure: Failure | None, body: bytes, value: object) -> Error | None:
    """Return the error that an answer itself states, by its content or its HTTP status.

    Args:
        call: The call that was answered.
        failure: What a stream was seen to fail with.
        body: The answer's body, as a JSON fragment.
        value: The same, parsed.
    """
    dialect = call.endpoint.dialect
    if failure is None and dialect is not None and isinstance(value, dict) and not call.refused:
        failure = dialect.failure(value)
    if failure is not None:
        told = _json.dumps(failure.body)
        names = failure.names
        return Error(names[0], failure.message, "", call.status, told, call.headers, names)
    if call.refused:
        return Error("HTTPStatusError", f"HTTP {call.status}", "", call.status, body, call.headers)
    return None


def raised_error(call: Call, problem: BaseException, failure: Failure | None = None) -> Error:
    """Return the error of a call that ended in an exception.

    Args:
        call: The call.
        problem: The exception.
        failure: What the vendor said before it.
    """
    body = _bodies.NULL
    if failure is not None:
        body = _json.dumps(failure.body)
    elif call.stream is None:
        body = _bodies.of_problem(problem, call.response)
    stated = () if failure is None else failure.names
    status = _problems.status(problem) or call.status
    return Error(
        type(problem).__name__,
        _problems.message(problem),
        _problems.trace(problem),
        status,
        body,
        call.headers,
        stated + _problems.names(problem),
    )


def cut_off(call: Call) -> Outcome:
    """Return what a call came to that the end of the process leaves without an answer."""
    message = "the process ended before the answer came"
    error = Error("ProcessEnded", message, "", call.status, _bodies.NULL, call.headers)
    return Outcome(error, call.asked_to_stream, outcome="killed")
