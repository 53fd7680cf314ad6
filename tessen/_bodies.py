"""Bodies of answers as JSON fragments.

What belongs here is what a body becomes in a line: its own bytes where they are JSON, a string where they are
other text, and only a description where they are neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tessen import _headers, _json
from tessen._stream import StreamRecord

NULL = b"null"


def content(response: Any) -> bytes:
    """Return the bytes of a response's body; none where it has not been read, and so is not ours to read.

    Args:
        response: A response of httpx2 or httpx, or what an SDK takes for one.
    """
    try:
        body = response.content
    except Exception:
        return b""
    return body if isinstance(body, bytes) else b""


def of_response(response: Any) -> tuple[bytes, object]:
    """Return the fragment and the value of a response's body; `null` and None where it has not been read.

    Args:
        response: A response of httpx2 or httpx.
    """
    body = content(response)
    if not body:
        return NULL, None
    kind = response.headers.get("content-type") or ""
    if _headers.is_text(kind):
        return _json.fragment(body)
    return _json.dumps({"content_type": kind, "bytes": len(body)}), None


def of_problem(problem: BaseException, response: Any) -> bytes:
    """Return the fragment of the body that an exception is about.

    Args:
        problem: The exception; SDKs attach the response to it, or what they have read of it.
        response: The last answer, for an exception that says nothing.
    """
    attached = getattr(problem, "response", None)
    if isinstance(attached, dict):  # botocore's states the error under `Error`
        return _json.dumps(attached.get("Error"))
    for source in (attached, response):
        fragment = of_response(source)[0]
        if fragment != NULL:
            return fragment
    told = getattr(problem, "body", None) or getattr(problem, "details", None)
    return _json.fragment(told.encode())[0] if isinstance(told, str) else _json.dumps(told)


def of_stream(stream: StreamRecord) -> tuple[bytes, object]:
    """Return the fragment and the value of what has arrived of a streamed answer."""
    if stream.assembler is not None:
        value = stream.assembler.body()
        return (NULL if value is None else _json.dumps(value)), value
    if not stream.size:
        return NULL, None
    if _headers.is_text(stream.content_type):
        return _json.fragment(bytes(stream.raw))
    return _json.dumps({"content_type": stream.content_type, "bytes": stream.size}), None


def error_name(response: Any) -> str | None:
    """Return what the vendor calls its error, from the body of a failed request."""
    value = of_response(response)[1]
    error = value.get("error", value) if isinstance(value, Mapping) else None
    if not isinstance(error, Mapping):
        return None
    kinds = (error.get(name) for name in ("type", "status", "code"))
    return next((kind for kind in kinds if isinstance(kind, str)), None)
