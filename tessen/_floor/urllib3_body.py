"""What stands between an answer of urllib3 and its reader.

What belongs here is the passing on of bytes, unchanged and at once. urllib3 reads a body through the answer
object of the standard library that it keeps in `_fp`: by `read`, or, where the body is sent in chunks, by
taking the chunks apart itself. Both pass here, under everything that a program may read with.
"""

from __future__ import annotations

import http.client
import sys
import weakref
from collections.abc import Callable
from typing import Any

from tessen._stream import StreamRecord


class BodyTee:
    """Passes the raw body on, and everything else that is asked of it."""

    def __init__(self, inner: Any, record: StreamRecord) -> None:
        """Stand before `inner`, an `http.client.HTTPResponse`."""
        self._inner = inner
        self._record = record
        self._left = 0
        """Bytes of the present chunk that are still to come, where the body is sent in chunks."""

    def __getattr__(self, name: str) -> Any:
        if name in ("_inner", "_record"):
            raise AttributeError(name)  # half made, or being taken apart
        return getattr(self._inner, name)

    def __del__(self) -> None:
        if not sys.is_finalizing():
            self._record.dropped()

    @property
    def fp(self) -> Any:
        """The file under the body, from which urllib3 reads the sizes of chunks; None when it is closed."""
        inner = self._inner.fp
        return None if inner is None else _ChunkLines(inner, self)

    def read(self, *amount: int) -> bytes:
        """Read from the body."""
        return self._pass_on(self._inner.read, *amount)

    def read1(self, *amount: int) -> bytes:
        """Read from the body what is there."""
        return self._pass_on(self._inner.read1, *amount)

    def _safe_read(self, amount: int) -> bytes:
        """Read a part of a chunk, or the line end behind it."""
        in_chunk = self._left > 0
        try:
            data: bytes = self._inner._safe_read(amount)
        except BaseException as problem:
            self._record.broke(problem)
            raise
        if in_chunk:
            self._left -= len(data)
            self._record.feed(data)
        return data

    def close(self) -> None:
        """Close the body, which urllib3 does when there is no more of it."""
        self._exhausted(b"")
        self._inner.close()

    def chunk_begins(self, line: bytes) -> None:
        """Note the line before a chunk, which gives its size; the last is empty."""
        try:
            self._left = int(line.partition(b";")[0], 16)
        except ValueError:
            self._record.broke(http.client.IncompleteRead(b""))
            return
        if self._left == 0:
            self._record.ended()

    def _pass_on(self, read: Callable[..., bytes], *amount: int) -> bytes:
        try:
            data = read(*amount)
        except BaseException as problem:
            self._record.broke(problem)
            raise
        if data:
            self._record.feed(data)
        if self._inner.isclosed():
            self._exhausted(data)
        return data

    def _exhausted(self, last: bytes) -> None:
        missing = self._inner.length
        if missing:  # urllib3 finds out by counting
            self._record.broke(http.client.IncompleteRead(last, missing))
        else:
            self._record.ended()


def install(response: Any, record: StreamRecord) -> None:
    """Put a tee between a response of urllib3, its body not read yet, and that body."""
    response._fp = BodyTee(response._fp, record)
    response.close = _closing(weakref.ref(response), record)


def _closing(response: weakref.ref[Any], record: StreamRecord) -> Callable[[], None]:
    """Return the response's own `close`, before which what it means is noted."""

    def close() -> None:
        closed = response()
        if closed is None:
            return
        if getattr(closed, "_finalizing", False):  # the interpreter closes what it collects
            record.dropped()
        else:
            record.closed()
        type(closed).close(closed)

    return close


class _ChunkLines:
    """The file under a body, from which the lines between the chunks are read."""

    def __init__(self, inner: Any, body: BodyTee) -> None:
        self._inner = inner
        self._body = body

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def readline(self, *limit: int) -> bytes:
        """Read the line before a chunk, or one behind the last."""
        line: bytes = self._inner.readline(*limit)
        if line.strip() or not line:
            self._body.chunk_begins(line)
        return line
