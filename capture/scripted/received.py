"""The record of one request that the scripted server was sent, for tests and for `--record`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

SECRET_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie"}
)
"""Headers whose values are never written down."""


@dataclass
class Received:
    """One request, and what became of it."""

    number: int
    """Counted from 1."""
    method: str
    path: str
    """Without the query."""
    query: str
    headers: dict[str, str]
    """By lower-case name."""
    body: bytes
    received_at: float
    """Unix time, seconds."""
    model: str | None = None
    """The model asked for, if the request could be understood."""
    streamed: bool = False
    """Whether the answer was asked for as server-sent events."""
    rule: str = ""
    """Where the answer came from: a rule's name or number, queue, otherwise, default, no rule."""
    status: int | None = None
    """The HTTP status sent; None while there is none."""
    answered_at: float | None = None
    """Unix time in seconds when the answer's last byte was handed over; None if that never happened."""

    @cached_property
    def json(self) -> Any:
        """The body parsed; None where it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def as_line(self) -> bytes:
        """Return one JSON line for a file: no header that carries a credential is in it."""
        known = self.json is not None
        record = {
            "number": self.number,
            "received_at": self.received_at,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": {k: v for k, v in self.headers.items() if k not in SECRET_HEADERS},
            "body": self.json if known else self.body.decode("utf-8", "replace"),
            "rule": self.rule,
            "status": self.status,
            "answered_at": self.answered_at,
        }
        return json.dumps(record).encode() + b"\n"
