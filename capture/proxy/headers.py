"""Headers: which travel on, and which may be written down.

What belongs here is the two choices. What travels on does so in its own order and spelling; only what
concerns one connection, and not the message, stays behind (RFC 9110, section 7.6.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

Headers = list[tuple[bytes, bytes]]
"""Names and values, in the order and spelling in which they came."""

_HOP_BY_HOP = frozenset(
    {
        *(b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"proxy-authorization"),
        *(b"te", b"trailer", b"transfer-encoding", b"upgrade"),
    }
)
_SECRET = re.compile(
    r"cookie|authorization|secret|credential|password|signature"
    r"|(?:^|-)(?:api|access|auth|subscription|secret|private)-?key(?:$|-)"
    r"|(?:^|-)(?:access|api|auth|bearer|csrf|id|refresh|security|session|xsrf)-?token$|^token$|^x-token$"
    r"|(?:^|-)(?:organi[sz]ation|org|account|project|device|installation|machine|customer|tenant)(?:$|-)",
    re.I,
)
"""Names of headers whose values identify or authorise somebody."""

_KEY_SHAPE = re.compile(r"\b[Bb]earer \S{8}|\bsk-[A-Za-z0-9_\-]{16}|\bAIza[A-Za-z0-9_\-]{30}")


def forwarded(headers: Iterable[tuple[bytes, bytes]], *without: bytes) -> Headers:
    """Return the headers that travel on.

    Args:
        headers: As they came.
        without: More names to leave out, in lower case.
    """
    headers = list(headers)
    named = values_of(headers, b"connection").lower().split(b",")
    left_out = _HOP_BY_HOP.union(without, (name.strip() for name in named))
    return [(name, value) for name, value in headers if name.lower() not in left_out]


def values_of(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> bytes:
    """Return a header's values, joined by commas; empty where there is none. `wanted` is in lower case."""
    return b",".join(value for name, value in headers if name.lower() == wanted)


def text_of(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> str | None:
    """Return a header's values as text; None where there is none or it is empty."""
    return values_of(headers, wanted).decode("latin-1").strip() or None


def recorded(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the headers that may be written: no credential, cookie, organisation, account or device.

    Names keep their spelling; the values of repeated ones are joined.
    """
    kept: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if _SECRET.search(name) or _KEY_SHAPE.search(value):
            continue
        kept[name] = f"{kept[name]}, {value}" if name in kept else value
    return kept
