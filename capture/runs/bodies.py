"""What went back and forth in a call of a session, read when it is wanted.

What belongs here is the way from the files of `raw_dumps` to `tessen.exchange`; which calls there are is
`capture.runs.calls`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from capture.cursor.cursor import spoken_at
from capture.proxy.dumps import DumpError, read_request
from capture.runs.calls import Call, head_of, parsed, text_in
from tessen.exchange import Exchange
from tessen.observed import AwsEventParser, SseParser
from tessen.vendors.interface import Endpoint

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bodies:
    """What went back and forth in a call."""

    exchange: Exchange
    request: bytes
    response: bytes
    request_headers: dict[str, str] = field(default_factory=dict)
    response_headers: dict[str, str] = field(default_factory=dict)
    problems: Sequence[str] = ()
    """What could not be read, each in one line; raw."""


def sent_before(exchange: Exchange, previous: Exchange) -> int:
    """Return how many messages a request has, from its first on, that the one before it had too."""
    pairs = zip(exchange.request.messages, previous.request.messages, strict=False)
    return next(
        (number for number, (one, other) in enumerate(pairs) if one != other),
        min(len(exchange.request.messages), len(previous.request.messages)),
    )


def read_answer(call: Call) -> Exchange:
    """Read the answer alone, which takes less: a request is often to be put together from those after it."""
    try:
        response = _response(call).read_bytes()
    except OSError:
        response = b""
    return Exchange.from_event(_event(call, None, response, {}))


def read_bodies(call: Call) -> Bodies:
    """Read what went back and forth; what is not there is said in `problems`."""
    problems = []
    try:
        request = read_request(call.session.path, call.number)
    except DumpError as error:
        request = b""
        problems.append(str(error).removeprefix(f"{call.session.path.parent}/"))
    try:
        response = _response(call).read_bytes()
    except OSError as error:
        response = b""
        problems.append(f"{_response(call).name}: {error.strerror}")
    sent = head_of(call.session, f"request_{call.number:03d}_headers.json")
    came = head_of(call.session, f"response_{call.number:03d}_headers.json")
    return Bodies(
        Exchange.from_event(_event(call, parsed(request), response, sent)),
        request,
        response,
        _named(sent),
        _named(came),
        problems,
    )


def _response(call: Call) -> Path:
    return call.session.dumps / f"response_{call.number:03d}.txt"


def _event(call: Call, request: object, response: bytes, sent: Json) -> Json:
    """The call as an event of the log says it."""
    spoken = spoken_at(call.path)
    event: Json = {
        "provider": spoken[0].provider if spoken else None,
        "surface": spoken[1].surface if spoken else None,
        "http_method": sent.get("method"),
        "http_url": sent.get("target"),
        "request_body": request if isinstance(request, dict) else None,
        "response_body": _answer(response, spoken[1] if spoken else None),
        "streamed": call.row.get("streamed") is True,
        "duration_ms": call.milliseconds("duration_ms"),
        "usage": call.usage.as_dict() if call.usage else None,
        "outcome": "complete",
        "model": call.model,
        "ts": _moment(text_in(call.row, "timestamp")),
    }
    if call.problem:
        body = parsed(response)
        event["error"] = {"type": "failed", "msg": call.problem, "status_code": call.status, "body": body}
    return {name: value for name, value in event.items() if value is not None}


def _answer(response: bytes, endpoint: Endpoint | None) -> object:
    """An answer's body, put together where it was streamed."""
    body = parsed(response)
    if body is not None or endpoint is None or endpoint.dialect is None:
        return body
    assembler = endpoint.dialect.assembler()
    parser = AwsEventParser() if response.startswith(b"\0") else SseParser()  # a frame begins with its length
    for event, data in (*parser.feed(response), *parser.end()):
        assembler.feed(event, data)
    return assembler.body()


def _named(head: Json) -> dict[str, str]:
    headers = head.get("headers")
    return {str(k): str(v) for k, v in headers.items()} if isinstance(headers, dict) else {}


def _moment(written: str) -> float | None:
    try:
        return datetime.fromisoformat(written).timestamp()
    except ValueError:
        return None
