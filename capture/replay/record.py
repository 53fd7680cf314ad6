"""A session's exchanges as answers that can be given again: who asked, in which order, and what came back.

What belongs here is reading `api_captures.jsonl` and `raw_dumps`, also AgentLens's. Rows of ours say who
asked; for others it is told from the request itself, as the recorder does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

from capture.cursor.session import requests_of
from capture.proxy import ProxyRequest, StoredAnswer
from capture.proxy.asked import Asked, asked_of
from capture.proxy.callers import Caller, caller_of, offers_tools_if_claude
from capture.proxy.dumps import DumpError, read_request
from capture.proxy.formats import Operation, operation_of
from capture.proxy.headers import Headers, forwarded
from capture.proxy.refusals import BAD_GATEWAY
from capture.runs.files import read_lines
from capture.runs.folder import SessionFolder

Json = dict[str, Any]

_FRAMING = (b"content-length", b"content-encoding", b"retry-after")
"""Headers of an answer that are made anew, or that only cost time."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One recorded exchange, its bodies on the disk."""

    session: SessionFolder
    number: int
    caller: Caller
    method: str
    target: str
    """Path and query."""
    asks_a_model: bool
    whole: bool
    """Whether its answer had come to its end."""

    def asked(self) -> bytes:
        """Return the request's body.

        Raises:
            DumpError: it cannot be read.
        """
        return read_request(self.session.path, self.number)

    def answer(self) -> StoredAnswer | None:
        """Return the answer; None where none is on record that had come to its end."""
        if not self.whole:
            return None
        folder = self.session.dumps
        head = _object(folder / f"response_{self.number:03d}_headers.json")
        status = head.get("status")
        try:
            body = (folder / f"response_{self.number:03d}.txt").read_bytes()
        except OSError:
            return None
        if not isinstance(status, int):
            return None
        return StoredAnswer(status, _headers(head.get("headers")), body)


def read_record(session: SessionFolder) -> list[Exchange]:
    """Return a session's exchanges, in order, without those that failed and were asked again."""
    rows = {row.get("request_index"): row for row in read_lines(session.captures)[0]}
    found: list[Exchange] = []
    for request in requests_of(session):
        row = rows.get(request.number, {})
        target = str(row.get("path") or request.path)
        method = str(row.get("method") or _head(session, request.number).get("method") or "POST")
        operation = operation_of(method, target)
        caller = _caller(session, request.number, row, _Sent(_pairs(request.headers), operation))
        asks, whole = operation is not None, _is_whole(row, bool(rows))
        found.append(Exchange(session, request.number, caller, method, target, asks, whole))
    return _without_superseded(found, rows)


def who_asked(request: ProxyRequest) -> tuple[Caller, Operation | None]:
    """Return who sent a request, and what it asks a model for; None if it asks none."""
    operation = operation_of(request.method, request.target)
    return _caller_of(_Sent(_pairs(dict(request.headers)), operation), request.body), operation


def same_place(one: str, other: str) -> bool:
    """Whether two targets are of one path, whatever their queries."""
    return urlsplit(one).path == urlsplit(other).path


@dataclass(frozen=True, slots=True)
class _Sent:
    headers: Headers
    operation: Operation | None


def _without_superseded(exchanges: list[Exchange], rows: Mapping[Any, Json]) -> list[Exchange]:
    """Leave out what failed and was asked again: nobody waits for that twice."""
    again: set[Caller] = set()
    kept: list[Exchange] = []
    for exchange in reversed(exchanges):
        row = rows.get(exchange.number, {})
        if exchange.asks_a_model and exchange.caller in again and _failed(row):
            continue
        again.discard(exchange.caller)
        if isinstance(row.get("attempt"), int) and row["attempt"] > 1:
            again.add(exchange.caller)
        kept.append(exchange)
    return kept[::-1]


def _is_whole(row: Json, are_rows: bool) -> bool:
    """Whether an answer is: AgentLens's rows do not say, and one without a row was under way at the end."""
    if not row:
        return not are_rows
    return row.get("outcome", "complete") == "complete" or row.get("status") == BAD_GATEWAY


def _failed(row: Json) -> bool:
    status = row.get("status")
    return row.get("outcome", "complete") != "complete" or (isinstance(status, int) and status >= 400)


def _caller(session: SessionFolder, number: int, row: Json, sent: _Sent) -> Caller:
    context, agent_id = row.get("agent_context"), row.get("agent_id")
    if "api_format" in row and context in ("main", "subagent", "sdk_internal"):
        return Caller(context, agent_id if isinstance(agent_id, str) else None)
    try:
        return _caller_of(sent, read_request(session.path, number))
    except DumpError:
        return Caller("sdk_internal", None)


def _caller_of(sent: _Sent, body: bytes) -> Caller:
    asked = asked_of(sent.operation.api_format, body) if sent.operation else Asked()
    return caller_of(sent, asked, offers_tools_if_claude)


def _pairs(headers: Mapping[str, str]) -> Headers:
    return [
        (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name, value in headers.items()
    ]


def _headers(value: object) -> Headers:
    """Return the headers that can be given again."""
    named = value if isinstance(value, dict) else {}
    pairs = _pairs({str(name): text for name, text in named.items() if isinstance(text, str)})
    return forwarded(pairs, *_FRAMING)


def _head(session: SessionFolder, number: int) -> Json:
    return _object(session.dumps / f"request_{number:03d}_headers.json")


def _object(path: Any) -> Json:
    try:
        value = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    return value if isinstance(value, dict) else {}
