"""Sending one request until it is answered, and reading the answer, streamed or not.

What belongs here is the wire: which of the recorded headers travel again, when to try again, and how an
answer's bytes become its body. A stream is put together by the vendor's own assembler.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from capture.resample.destination import Destination
from tessen.observed import SseParser
from tessen.vendors.interface import Endpoint

if TYPE_CHECKING:
    import httpx2

ATTEMPTS = 6
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
LONGEST_ASKED_PAUSE_S = 600.0
"""A server that asks to wait longer than this is taken at its word: it will not answer today."""
TIMEOUT_S = 900.0
"""Of silence."""
PASSING = (408, 409, 429, 500, 502, 503, 504, 529)

_NOT_AGAIN = frozenset(
    {
        *("host", "content-length", "content-encoding", "accept-encoding", "connection", "transfer-encoding"),
        *("authorization", "x-api-key", "x-goog-api-key", "x-stainless-retry-count", "expect", "te"),
        *("keep-alive", "upgrade", "trailer", "cookie", "x-harness-agent-id"),
    }
)


@dataclass(frozen=True, slots=True)
class Question:
    """A request as it is to be sent."""

    destination: Destination
    endpoint: Endpoint
    headers: Mapping[str, str]
    """As recorded."""
    body: bytes

    def wire_headers(self) -> dict[str, str]:
        """Return the headers that travel: the recorded ones but for a connection's own, and who asks."""
        kept = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in _NOT_AGAIN and name.isascii() and value.isascii() and value.isprintable()
        }
        names = {name.lower() for name in kept}
        if "content-type" not in names:
            kept["content-type"] = "application/json"
        if "x-api-key" in self.destination.credentials and "anthropic-version" not in names:
            kept["anthropic-version"] = "2023-06-01"
        return kept | self.destination.credentials


@dataclass(slots=True)
class Asked:
    """What came of a question."""

    status: int | None = None
    """None where no answer came."""
    body: Any = None
    """The answer in the shape of one that was not streamed; as far as it came."""
    error: str | None = None
    """What went wrong, in one line; None for a whole answer."""
    streamed: bool = False
    duration_ms: float = 0.0
    """Of the last attempt, to its last byte."""
    ttfb_ms: float | None = None
    request_id: str | None = None
    attempts: list[dict[str, Any]] = field(default_factory=list)
    """Those before the last: status, error, and how long was waited after it."""


async def ask(client: httpx2.AsyncClient, question: Question, attempts: int = ATTEMPTS) -> Asked:
    """Send a request until it is answered, or there is no point. Only a cancellation is raised.

    Args:
        client: What sends it.
        question: The request.
        attempts: How often it is sent at most.
    """
    before: list[dict[str, Any]] = []
    pause = FIRST_PAUSE_S
    while True:
        asked, headers = await _once(client, question)
        asked.attempts = before
        wait = _wait(asked, headers, pause) if len(before) + 1 < attempts else None
        _take_out_secrets(asked, question.destination)
        if wait is None:
            return asked
        before.append({"status": asked.status, "error": asked.error, "waited_s": round(wait, 3)})
        await asyncio.sleep(wait)
        pause *= 2


def _take_out_secrets(asked: Asked, destination: Destination) -> None:
    """Take the key out of what was answered: some servers repeat it when they do not like it."""
    for value in destination.credentials.values():
        key = value.removeprefix("Bearer ")
        if asked.error is not None:
            asked.error = asked.error.replace(key, "[redacted]")
        written = json.dumps(asked.body)
        if key in written:
            asked.body = json.loads(written.replace(key, "[redacted]"))


def _wait(asked: Asked, headers: Mapping[str, str], pause: float) -> float | None:
    """Return how long to wait before the next attempt, in seconds; None for not to try again.

    A stream that broke off is not asked anew: its tokens are paid for, and it is kept as it is.
    """
    if asked.error is None or (asked.body is not None and asked.status == 200):
        return None
    if headers.get("x-should-retry") == "false" or asked.status not in (None, *PASSING):
        return None
    wanted = retry_after(headers)
    if wanted is not None and wanted > LONGEST_ASKED_PAUSE_S:
        return None
    return max(wanted or 0.0, min(pause, LONGEST_PAUSE_S) * random.uniform(0.8, 1.2))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return how long a server asks to wait, in seconds; None where it does not say."""
    try:
        if "retry-after-ms" in headers:
            return float(headers["retry-after-ms"]) / 1000
        said = headers.get("retry-after")
        if said is None:
            return None
        if said.strip().replace(".", "", 1).isdigit():
            return float(said)
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


async def _once(client: httpx2.AsyncClient, question: Question) -> tuple[Asked, Mapping[str, str]]:
    import httpx2

    asked, started = Asked(), time.perf_counter()
    headers: Mapping[str, str] = {}
    try:
        async with client.stream(
            "POST", question.destination.url, content=question.body, headers=question.wire_headers()
        ) as response:
            asked.ttfb_ms = _ms_since(started)
            asked.status, headers = response.status_code, response.headers
            asked.request_id = headers.get("request-id") or headers.get("x-request-id")
            asked.streamed = headers.get("content-type", "").lower().startswith("text/event-stream")
            await (_read_stream if asked.streamed else _read_whole)(asked, response, question.endpoint)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        asked.error = f"{type(error).__name__}: {error or 'no answer'}"
    asked.duration_ms = _ms_since(started)
    return asked, headers


async def _read_whole(asked: Asked, response: httpx2.Response, endpoint: Endpoint) -> None:
    data = await response.aread()
    try:
        asked.body = json.loads(data)
    except ValueError:
        asked.body = None
        asked.error = f"HTTP {response.status_code}: {_one_line(data[:300].decode('utf-8', 'replace'))}"
        return
    if not response.is_success:
        asked.error = f"HTTP {response.status_code}: {_message(asked.body)}"
    elif isinstance(asked.body, dict) and endpoint.dialect is not None:
        failure = endpoint.dialect.failure(asked.body)
        asked.error = failure and f"{failure.names[0]}: {_one_line(failure.message)}"


async def _read_stream(asked: Asked, response: httpx2.Response, endpoint: Endpoint) -> None:
    assert endpoint.dialect is not None
    assembler, parser = endpoint.dialect.assembler(), SseParser()
    try:
        async for piece in response.aiter_bytes():
            for event, data in parser.feed(piece):
                assembler.feed(event, data)
        for event, data in parser.end():
            assembler.feed(event, data)
    finally:
        asked.body = assembler.body()
    if assembler.failure is not None:
        asked.error = f"{assembler.failure.names[0]}: {_one_line(assembler.failure.message)}"
    elif not assembler.ended_well():
        asked.error = "IncompleteStream: the stream ended before the answer was complete"


def _message(body: object) -> str:
    error = body.get("error", body.get("message")) if isinstance(body, dict) else body
    return _one_line(str((error.get("message") if isinstance(error, dict) else error) or "no reason given"))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _ms_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 3)
