"""Asking the ingest server whether it is there and takes the key, by a batch without events.

What belongs here is that one request, and what its answer means.
"""

from __future__ import annotations

import os
import time
from typing import NamedTuple

from tessen._checks import Finding
from tessen._config import Settings


class Ping(NamedTuple):
    """What came of it."""

    url: str
    """The server, without path or parameters."""
    reachable: bool
    status: int | None
    duration_ms: float | None
    problem: str | None
    """Why it was not reached."""


def ping(settings: Settings) -> Ping:
    """Send an empty batch, once."""
    from tessen._ship_body import events_body
    from tessen._ship_wire import UnreachableError, Wire

    try:
        wire = Wire(settings.ingest_url, settings.api_key or "", settings.http_timeout_sec)
    except ValueError as problem:
        return Ping("", False, None, None, str(problem))
    started = time.perf_counter()
    try:
        answer = wire.post(events_body("tessen doctor", ()), os.urandom(16).hex())
    except UnreachableError as problem:
        return Ping(wire.where, False, None, None, str(problem))
    finally:
        wire.close()
    return Ping(wire.where, True, answer.status, (time.perf_counter() - started) * 1000, None)


def finding(settings: Settings, result: Ping) -> Finding | None:
    """Return what is wrong, if something is. An empty batch may well be refused; that is no fault."""
    if not result.reachable:
        fix = "look at TESSEN_INGEST_URL, the network, and HTTPS_PROXY if there is a proxy"
        where = f"{result.url} ({result.problem})" if result.url else result.problem
        return Finding(True, f"the ingest server is not reached: {where}", fix)
    if result.status in (401, 403):
        state = "refuses TESSEN_API_KEY" if settings.api_key else "wants a key, and TESSEN_API_KEY is not set"
        fatal = settings.api_key is not None
        return Finding(fatal, f"{result.url} {state} (HTTP {result.status})", "set the key you were given")
    if result.status == 404 or 300 <= (result.status or 0) < 400:
        fix = "look at the path in TESSEN_INGEST_URL; redirects are not followed"
        return Finding(True, f"{result.url} takes no events at this address (HTTP {result.status})", fix)
    if (result.status or 0) >= 500:
        what = f"{result.url} is there and has trouble of its own (HTTP {result.status})"
        return Finding(False, what, "try again later; the log is kept, and `tessen upload` sends it")
    return None
