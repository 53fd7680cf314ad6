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


def of_response(response: Any) -> tuple[bytes, object]:
    """Return the fragment and the value of a response's body; `null` and None where it has not been read.

    Args:
        response: A response of httpx2 or httpx.
    """
    try:
        content: bytes = response.content
    except Exception:
        return NULL, None  # the program has not read it, and it is not ours to read
    if not content:
        return NULL, None
    kind = response.headers.get("content-type") or ""
    if _headers.is_text(kind):
        return _json.fragment(content)
    return _json.dumps({"content_type": kind, "bytes": len(content)}), None


def of_failure(response: Any) -> bytes:
    """Return the fragment of what came instead of an answer.

    Args:
        response: As for `of_response`; or botocore's, a dictionary that states the error under `Error`.
    """
    return _json.dumps(response.get("Error")) if isinstance(response, dict) else of_response(response)[0]


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
    error = value.get("error") if isinstance(value, Mapping) else None
    if not isinstance(error, Mapping):
        return None
    kind = error.get("type") or error.get("code")
    return kind if isinstance(kind, str) else None
