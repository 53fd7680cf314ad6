"""Events from Amazon's event-stream framing, from bytes that arrive in any pieces.

What belongs here is the wire format (`application/vnd.amazon.eventstream`): a prelude of two lengths and a
checksum, headers, a payload, a checksum. What the events mean is not decided here; only the wrapping of one
model's own events, base64 in a `chunk`, is taken off.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

CONTENT_TYPE = "application/vnd.amazon.eventstream"

_PRELUDE = 12
_CHECKSUM = 4
_SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""Type of a header's value → its bytes; types 6 (bytes) and 7 (text) state their length."""


class AwsEventParser:
    """Turns chunks of an event stream into events; keeps no more than the event being received."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> list[tuple[str | None, str]]:
        """Take the next bytes, split anywhere.

        Returns:
            The events that these bytes complete: (the type, the data). A failure has the type `error` and
            data in the shape in which the vendors of models state theirs.
        """
        self._buffer += chunk
        events = []
        while len(self._buffer) >= _PRELUDE:
            size = int.from_bytes(self._buffer[:4])
            if not _PRELUDE + _CHECKSUM <= size <= len(self._buffer):
                break
            events.append(_event(bytes(self._buffer[:size])))
            del self._buffer[:size]
        return events

    def end(self) -> list[tuple[str | None, str]]:
        """Return nothing: an event that is not whole cannot be read."""
        return []


def _event(message: bytes) -> tuple[str | None, str]:
    end = _PRELUDE + int.from_bytes(message[4:8])
    headers = dict(_headers(message[_PRELUDE:end]))
    payload = message[end:-_CHECKSUM].decode("utf-8", "replace")
    failure = headers.get(":exception-type") or headers.get(":error-code")
    if failure is not None:
        said = _parsed(payload).get("message") or headers.get(":error-message") or ""
        return "error", json.dumps({"type": "error", "error": {"type": failure, "message": said}})
    wrapped = _parsed(payload).get("bytes") if headers.get(":event-type") == "chunk" else None
    if isinstance(wrapped, str):
        return None, base64.b64decode(wrapped).decode("utf-8", "replace")
    return headers.get(":event-type"), payload


def _headers(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield the headers; values that are not text are left out."""
    at = 0
    while at < len(data):
        name_end = at + 1 + data[at]
        name, kind = data[at + 1 : name_end].decode(), data[name_end]
        at = name_end + 1
        if kind not in (6, 7):
            at += _SIZES[kind]
            continue
        end = at + 2 + int.from_bytes(data[at : at + 2])
        if kind == 7:
            yield name, data[at + 2 : end].decode()
        at = end


def _parsed(payload: str) -> dict[str, object]:
    try:
        value = json.loads(payload)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
