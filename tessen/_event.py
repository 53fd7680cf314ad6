"""One event as one line of JSON.

What belongs here is the shape of the line: which members, in which order, and how they are spelled. Bodies
arrive as JSON fragments and are spliced in as they are; nothing that was JSON on the wire is encoded again.
Source of the format: the documented tessen log, whose additions of ours stand before `quality_signals`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from tessen import _json
from tessen._frames import CallSite
from tessen.usage import Usage

FORMAT_VERSION = 2
_USAGE = ',"usage":{' + ",".join(f'"{name}":%d' for name in Usage._fields) + "}"


class Attempt(NamedTuple):
    """One HTTP request made for a call."""

    status: int | None
    """None where no answer arrived."""
    duration_ms: float
    error: str | None
    retry_after_s: float | None
    request_id: str | None


class Error(NamedTuple):
    """How a call failed."""

    type: str
    msg: str
    tb: str
    status_code: int | None
    body: bytes
    """A JSON fragment; `null` where there is none."""
    response_headers: Mapping[str, str]
    names: tuple[str, ...] = ()
    """What the failure is called, by the vendor and by Python, base classes last; not written."""


class Event(NamedTuple):
    """Everything a line says. Bodies are JSON fragments in UTF-8; None leaves a member out."""

    event_id: str
    session_id: str
    agent_name: str
    ts: float
    tier: int
    provider: str
    surface: str | None
    http_method: str
    http_url: str
    call_site: CallSite | None
    duration_ms: float
    request_body: bytes
    streamed: bool
    error: Error | None
    casted_response: bytes | None
    response_body: bytes | None
    response_headers: Mapping[str, str]
    chunks_captured: int | None
    model: str | None
    usage: Usage | None
    ttft_ms: float | None
    attempts: tuple[Attempt, ...]
    outcome: str
    quality_signals: tuple[str, ...]


_TIER, _SITE = Event._fields.index("tier"), Event._fields.index("call_site")


def line(event: Event) -> bytes:
    """Return the event's line, without its newline."""
    quote = _json.quote
    head = (
        f'{{"event_id":"{event.event_id}","session_id":{quote(event.session_id)},'
        f'"agent_name":{quote(event.agent_name)},"ts":{event.ts!r},{_asked(event[_TIER : _SITE + 1])},'
        f'"duration_ms":{event.duration_ms:.3f},"request_body":'
    )
    parts = [head.encode(), event.request_body]
    status = "ok" if event.error is None else "error"
    told = f',"streamed":{"true" if event.streamed else "false"},"status":"{status}"'
    if event.error is not None:
        parts.append(told.encode())
        parts += _error(event.error)
        told = ""
    if event.casted_response is not None:
        parts += (f'{told},"casted_response":'.encode(), event.casted_response)
        told = ""
    if event.response_body is not None:
        parts += (f'{told},"response_body":'.encode(), event.response_body)
        told = ""
    parts.append(f"{told}{_end(event)}".encode())
    return b"".join(parts)


def withheld(event: Event) -> Event:
    """Return the event without anything that came from the program, its models or its vendors."""
    nothing = b'"[withheld]"'
    error = event.error
    if error is not None:
        error = error._replace(msg="[withheld]", tb="", body=nothing)
    return event._replace(
        http_url="[withheld]",
        request_body=nothing,
        error=error,
        casted_response=None if event.casted_response is None else nothing,
        response_body=None if event.response_body is None else nothing,
        attempts=tuple(one._replace(error=one.error and "[withheld]") for one in event.attempts),
    )


@lru_cache(maxsize=256)
def _asked(members: tuple[Any, ...]) -> str:
    """What is asked, where, and from where: the same for all calls that one line of a program makes."""
    tier, provider, surface, method, url, site = members
    quote = _json.quote
    where = f'{{"file":{quote(site.file)},"line":{site.line},"func":{quote(site.func)}}}' if site else "null"
    return (
        f'"_tessen_tier":{tier},"provider":"{provider}","surface":{_text(surface)},"call_type":"request",'
        f'"http_method":{quote(method)},"http_url":{quote(url)},"call_site":{where}'
    )


def _error(error: Error) -> Iterable[bytes]:
    quote = _json.quote
    status = "null" if error.status_code is None else str(error.status_code)
    yield (
        f',"error":{{"type":{quote(error.type)},"msg":{quote(error.msg)},"tb":{quote(error.tb)},'
        f'"status_code":{status},"body":'
    ).encode()
    yield error.body
    yield f',"response_headers":{_headers(error.response_headers)}}}'.encode()


def _end(event: Event) -> str:
    """The members that follow the bodies."""
    told = "" if event.chunks_captured is None else f',"chunks_captured":{event.chunks_captured}'
    if event.error is None:
        told += f',"response_headers":{_headers(event.response_headers)}'
    if event.ttft_ms is not None:
        told += f',"ttft_ms":{event.ttft_ms:.3f}'
    last = event.attempts[-1] if event.attempts else None
    if len(event.attempts) > 1 or (last is not None and (last.error or (last.status or 0) >= 400)):
        told += f',"attempts":[{",".join(map(_attempt, event.attempts))}]'
    if event.outcome != "complete":
        told += f',"outcome":"{event.outcome}"'
    if event.usage is not None:
        told += _USAGE % event.usage
    if event.model is not None:
        told += f',"model":{_json.quote(event.model)}'
    signals = '","'.join(event.quality_signals)
    quoted = f'"{signals}"' if signals else ""
    return f'{told},"v":{FORMAT_VERSION},"quality_signals":[{quoted}]}}'


def _attempt(attempt: Attempt) -> str:
    status = "null" if attempt.status is None else str(attempt.status)
    retry_after = "null" if attempt.retry_after_s is None else repr(attempt.retry_after_s)
    return (
        f'{{"status":{status},"duration_ms":{attempt.duration_ms:.3f},"error":{_text(attempt.error)},'
        f'"retry_after_s":{retry_after},"request_id":{_text(attempt.request_id)}}}'
    )


def _headers(headers: Mapping[str, str]) -> str:
    quote = _json.quote
    return "{" + ",".join([f"{quote(name)}:{quote(value)}" for name, value in headers.items()]) + "}"


def _text(value: str | None) -> str:
    return "null" if value is None else _json.quote(value)
