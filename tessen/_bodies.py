"""Bodies of answers as JSON fragments.

What belongs here is what a body becomes in a line: its own bytes where they are JSON, a string where they are
other text, its beginning where that text is long, and only a description where they are neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tessen import _headers, _json
from tessen._cut import whole_words
from tessen._stream import MOST_TEXT, StreamRecord

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
        return _of_text(kind, body, len(body))
    return _described(kind, len(body)), None


def of_request(body: bytes, headers: Any) -> bytes:
    """Return the fragment of a body that is sent; files are not kept.

    Args:
        body: Not empty.
        headers: Those of the request, of httpx2 or httpx, or `Headers`.
    """
    kind = headers.get("content-type") or ""
    if kind.startswith("multipart/") or not _begins_as_text(body):
        return _described(kind, len(body))
    return _of_text(kind, body, len(body))[0]


def of_upload(headers: Any) -> bytes:
    """Return the fragment of a body that is read as it is sent, of which only its headers are known.

    Args:
        headers: Those of the request.
    """
    kind, size = headers.get("content-type"), headers.get("content-length") or ""
    if kind is None:
        return NULL
    told = {"content_type": _without_boundary(kind)}
    return _json.dumps(told | ({"bytes": int(size)} if size.isdecimal() else {}))


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
        if stream.assembler.cut:
            return _described(stream.content_type, stream.size, value), None
        return (NULL if value is None else _json.dumps(value)), value
    if not stream.size:
        return NULL, None
    if _headers.is_text(stream.content_type):
        return _of_text(stream.content_type, bytes(stream.raw), stream.size)
    return _described(stream.content_type, stream.size), None


def _of_text(kind: str, kept: bytes, size: int) -> tuple[bytes, object]:
    """Return the fragment and the value of a text.

    Args:
        kind: Its content type.
        kept: What is there of it.
        size: Bytes that it had.
    """
    if len(kept) == size:
        fragment, value = _json.fragment(kept)
        if size <= MOST_TEXT or not isinstance(value, str):
            return fragment, value
    text = kept[:MOST_TEXT].decode("utf-8", "ignore")
    return _described(kind, size, whole_words(text)), None


def _begins_as_text(body: bytes) -> bool:
    beginning = body[:MOST_TEXT]
    try:
        beginning.decode()
    except UnicodeDecodeError as problem:
        return len(body) > MOST_TEXT and problem.start > MOST_TEXT - 4  # cut within a character
    return True


def _described(kind: str, size: int, beginning: object = None) -> bytes:
    """Return the fragment that stands for a body of which no more than the beginning is written."""
    told = {"content_type": _without_boundary(kind), "bytes": size}
    return _json.dumps(told if beginning is None else {**told, "beginning": beginning})


def _without_boundary(kind: str) -> str:
    """Return a content type without what stands between the parts of a body: it is a new one each time."""
    return kind.partition("; boundary=")[0]


def error_name(response: Any) -> str | None:
    """Return what the vendor calls its error, from the body of a failed request."""
    value = of_response(response)[1]
    error = value.get("error", value) if isinstance(value, Mapping) else None
    if not isinstance(error, Mapping):
        return None
    kinds = (error.get(name) for name in ("type", "status", "code"))
    return next((kind for kind in kinds if isinstance(kind, str)), None)
