"""What happens to a request that was taken in whole, before any of it goes up: it waits, and is rewritten.

What belongs here is the two hooks of the proxy's owner, and that the record holds what goes up.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable

from capture.proxy.decoding import decoded
from capture.proxy.held import HeldBody
from capture.proxy.recording import ProxyRequest, Recording
from capture.proxy.upstream import UpstreamError

Hold = Callable[[ProxyRequest], Awaitable[None]]
Rewrite = Callable[[ProxyRequest], bytes | Awaitable[bytes | None] | None]


async def let_through(
    held: HeldBody, record: Recording, hold: Hold | None, rewrite: Rewrite | None
) -> bytes | None:
    """Let a request wait for what has to be settled first, and have it rewritten; record what goes up.

    Returns:
        The body that goes up instead; None where it is the engine's own.

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
    if changed is None:
        await _keep(held, record)
    return changed


async def _rewritten(rewrite: Rewrite, held: HeldBody, record: Recording) -> bytes | None:
    """Have a request rewritten; the engine's own is kept beside what goes up."""
    request = _shown(record, held.whole())
    changed = rewrite(request)
    if inspect.isawaitable(changed):
        changed = await changed
    if changed is None or changed == request.body:
        return None
    record.replaced(request.body, changed)
    return changed


def _shown(record: Recording, body: bytes) -> ProxyRequest:
    """Return a request as its owner is shown it."""
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in record.headers)
    return ProxyRequest(record.number, record.method, record.target, headers, decoded(record.encoding, body))


async def _keep(held: HeldBody, record: Recording) -> None:
    """Record a request as the engine sent it."""
    for piece in held.pieces():
        record.request_data(piece)
        await record.room()
