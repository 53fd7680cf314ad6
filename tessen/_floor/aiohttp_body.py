"""What stands between an answer of aiohttp and its reader.

What belongs here is the passing on of bytes, unchanged and at once, by every way in which aiohttp lets a
program read. The class subclasses the library's own, so that its type checks hold, and is made when that
library is in use; this package imports none.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from tessen._stream import StreamRecord

T = TypeVar("T", bytes, tuple[bytes, bool])

_OWN = frozenset({"_tessen_inner", "_tessen_record"})

if TYPE_CHECKING:

    class _Forwarding:
        """What is not told apart here belongs to the inner reader."""

        _tessen_inner: Any
        _tessen_record: StreamRecord

else:

    class _Forwarding:
        """What is not told apart here belongs to the inner reader, on which the library works on."""

        def __getattr__(self, name: str) -> Any:
            if name in _OWN:
                raise AttributeError(name)
            return getattr(self._tessen_inner, name)

        def __setattr__(self, name: str, value: Any) -> None:
            if name in _OWN:
                object.__setattr__(self, name, value)
            else:
                setattr(self._tessen_inner, name, value)


class ReaderTee(_Forwarding):
    """Passes a body on to a reader that awaits."""

    def __init__(self, inner: Any, record: StreamRecord) -> None:
        """Stand before `inner`, an `aiohttp.StreamReader`."""
        self._tessen_inner = inner
        self._tessen_record = record

    def __del__(self) -> None:
        if not sys.is_finalizing():
            self._tessen_record.dropped()

    async def read(self, n: int = -1) -> bytes:
        """Read this many bytes at most; all of the body for a negative number."""
        return await self._pass_on(self._tessen_inner.read(n))

    async def readany(self) -> bytes:
        """Read what is there."""
        return await self._pass_on(self._tessen_inner.readany())

    async def readexactly(self, n: int) -> bytes:
        """Read this many bytes."""
        return await self._pass_on(self._tessen_inner.readexactly(n))

    async def readline(self, **limits: Any) -> bytes:
        """Read a line."""
        return await self._pass_on(self._tessen_inner.readline(**limits))

    async def readuntil(self, *separator: bytes, **limits: Any) -> bytes:
        """Read up to a separator."""
        return await self._pass_on(self._tessen_inner.readuntil(*separator, **limits))

    async def readchunk(self) -> tuple[bytes, bool]:
        """Read what is there of a chunk, and whether that is its end."""
        return await self._pass_on(self._tessen_inner.readchunk())

    def read_nowait(self, n: int = -1) -> bytes:
        """Read what is there, without waiting."""
        data: bytes = self._tessen_inner.read_nowait(n)
        self._note(data)
        return data

    def set_exception(self, problem: BaseException, *cause: BaseException) -> None:
        """Refuse further reading: the answer is closed. A broken connection goes past here."""
        self._tessen_record.closed()
        self._tessen_inner.set_exception(problem, *cause)

    async def _pass_on(self, reading: Awaitable[T]) -> T:
        try:
            result = await reading
        except BaseException as problem:
            self._tessen_record.broke(problem)
            raise
        self._note(result if isinstance(result, bytes) else result[0])
        return result

    def _note(self, data: bytes) -> None:
        if data:
            self._tessen_record.feed(data)
        if self._tessen_inner.at_eof():
            self._tessen_record.ended()


@cache
def _class_under(base: type) -> type[Any]:
    return type(ReaderTee.__name__, (ReaderTee, base), {})


def install(response: Any, record: StreamRecord) -> None:
    """Put a tee between a `ClientResponse`, its body not read yet, and that body."""
    if response.content.at_eof():
        record.ended()  # there is none
    else:
        response.content = _class_under(sys.modules["aiohttp.streams"].StreamReader)(response.content, record)
