"""The stream classes that stand between an answer of httpx2 or httpx and its reader.

What belongs here is the passing on of bytes, unchanged and at once. The classes subclass the HTTP library's
own, so that its type checks hold, and are made when that library is in use; this package imports none.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from functools import cache
from typing import Any

from tessen import _bodies
from tessen._stream import StreamRecord


class _Tee:
    """What both kinds have in common: the inner stream, and what is learned from it."""

    def __init__(self, inner: Any, record: StreamRecord) -> None:
        self._tessen_inner = inner
        self._tessen_record = record

    def __getattr__(self, name: str) -> Any:
        # Who looks for something on the stream (its elapsed time, an SDK's observer) finds what was there.
        if name.startswith("_tessen_"):
            raise AttributeError(name)
        return getattr(self._tessen_inner, name)

    def __del__(self) -> None:
        if not sys.is_finalizing():
            self._tessen_record.dropped()


class SyncTee(_Tee):
    """Passes a body on to a reader that does not await."""

    def __iter__(self) -> Iterator[bytes]:
        record = self._tessen_record
        try:
            for chunk in self._tessen_inner:
                record.feed(chunk)
                yield chunk
        except BaseException as problem:
            record.broke(problem)
            raise
        record.ended()

    def close(self) -> None:
        """Close the inner stream, once what that means is noted."""
        self._tessen_record.closed()
        self._tessen_inner.close()


class AsyncTee(_Tee):
    """Passes a body on to a reader that awaits."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        record = self._tessen_record
        chunks = self._tessen_inner.__aiter__()
        try:
            async for chunk in chunks:
                record.feed(chunk)
                yield chunk
        except BaseException as problem:
            record.broke(problem)
            raise
        finally:
            if isinstance(chunks, AsyncGenerator):
                await chunks.aclose()
        record.ended()

    async def aclose(self) -> None:
        """Close the inner stream, once what that means is noted."""
        self._tessen_record.closed()
        await self._tessen_inner.aclose()


@cache
def _class_for(tee: type[_Tee], base: type) -> type[Any]:
    return type(tee.__name__, (tee, base), {})


def install(response: Any, record: StreamRecord, *, is_async: bool) -> None:
    """Put a tee between a response and its body; one that a hook of the program's has read is taken as it is.

    Args:
        response: A response of httpx2 or httpx.
        record: What learns from the body.
        is_async: Whether the reader awaits.
    """
    body = _bodies.content(response) if response.is_stream_consumed else b""
    if body:
        record.was_read(body)
        return
    library = sys.modules[type(response).__module__.partition(".")[0]]
    base = library.AsyncByteStream if is_async else library.SyncByteStream
    tee = _class_for(AsyncTee if is_async else SyncTee, base)
    response.stream = tee(response.stream, record)
