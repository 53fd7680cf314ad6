"""What happens to a request that was taken in whole, before any of it goes up: it waits, and is rewritten.

What belongs here is the hooks of the proxy's owner, and that the record holds what goes up, or what would
have gone up where the owner has the answer already.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from capture.proxy.decoding import decoded
from capture.proxy.headers import Headers
from capture.proxy.held import HeldBody
from capture.proxy.recording import ProxyRequest, Recording
from capture.proxy.upstream import UpstreamError


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer to give in the API's place, which is not asked."""

    status: int
    headers: Headers
    """Without those that concern one connection, or the body's length and encoding."""
    body: bytes
    asked: bytes | None = None
    """The request as it would have gone up; None where it is the engine's own."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No answer at all: the engine waits until it is ended, and the API is not asked."""

    asked: bytes | None = None
    """The request as it would have gone up; None where it is the engine's own."""


Hold = Callable[[ProxyRequest], Awaitable[None]]
Rewritten = bytes | StoredAnswer | Unanswered | None
Rewrite = Callable[[ProxyRequest], Rewritten | Awaitable[Rewritten]]
Refuse = Callable[[], Awaitable[str | None]]


class RefusedError(Exception):
    """The owner does not let a model call go up."""


async def let_through(
    held: HeldBody, record: Recording, hold: Hold | None, rewrite: Rewrite | None
) -> Rewritten:
    """Let a request wait for what has to be settled first, and have it rewritten; record what goes up.

    Returns:
        The body that goes up instead, or what the engine gets; None where its own goes up.

    Raises:
        UpstreamError: One of the two failed; nothing goes up.
    """
    doing = "held back"
    try:
        if hold is not None:
            await hold(_shown(record, held.if_small()))
        doing = "rewritten"
        changed = await _rewritten(rewrite, held, record) if rewrite is not None else None
    except Exception as problem:
        await _keep(held, record)
        raise UpstreamError.of(problem, f"the request could not be {doing}", "HoldError") from problem
    if _asked(changed) is None:
        await _keep(held, record)
    return changed


async def _rewritten(rewrite: Rewrite, held: HeldBody, record: Recording) -> Rewritten:
    """Have a request rewritten; the engine's own is kept beside what goes up."""
    request = _shown(record, held.whole())
    changed = rewrite(request)
    if inspect.isawaitable(changed):
        changed = await changed
    body = _asked(changed)
    if body is None or body == request.body:
        return None if changed is None or isinstance(changed, bytes) else replace(changed, asked=None)
    record.replaced(request.body, body)
    return changed


def _asked(changed: Rewritten) -> bytes | None:
    """Return what goes up or would have; None where that is the engine's own."""
    return changed if changed is None or isinstance(changed, bytes) else changed.asked


def _shown(record: Recording, body: bytes) -> ProxyRequest:
    """Return a request as its owner is shown it."""
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in record.headers)
    return ProxyRequest(record.number, record.method, record.target, headers, decoded(record.encoding, body))


async def _keep(held: HeldBody, record: Recording) -> None:
    """Record a request as the engine sent it."""
    for piece in held.pieces():
        record.request_data(piece)
        await record.room()
