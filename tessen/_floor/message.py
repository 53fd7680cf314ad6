"""A request and its answer as every HTTP library has them.

What belongs here is the one shape in which a call sees them. It is a part of httpx2's and httpx's own shape,
whose objects are therefore passed on as they are; for other libraries, objects of these classes are made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property


class Headers:
    """The headers of a request or an answer."""

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        """Take names and values, names in any case."""
        self.raw = list(raw)

    @classmethod
    def of(cls, pairs: Iterable[tuple[str | bytes, str | bytes]]) -> Headers:
        """Take names and values as text or bytes."""
        return cls((_bytes(name), _bytes(value)) for name, value in pairs)

    def get(self, name: str) -> str | None:
        """Return a header's first value; `name` is in lower case."""
        wanted = name.encode()
        return next((value.decode("latin-1") for key, value in self.raw if key.lower() == wanted), None)


class Sent:
    """A request on its way."""

    def __init__(self, method: str, url: str, headers: Headers, body: Callable[[], bytes | None]) -> None:
        """Take what is known of the request; `body` is asked at most once, and gives None for an upload."""
        self.method = method.upper()
        self.url = url
        self.headers = headers
        self._body = body

    @cached_property
    def content(self) -> bytes:
        """The body.

        Raises:
            ValueError: It is an upload that is read as it is sent.
        """
        body = self._body()
        if body is None:
            raise ValueError("a body that is not in memory")
        return body


class Received:
    """An answer whose headers have come."""

    def __init__(
        self,
        status: int,
        headers: Headers,
        body: bytes | None = None,
        decoder: Callable[[str], Callable[[bytes], bytes]] | None = None,
    ) -> None:
        """Take what is known of the answer.

        Args:
            status: The HTTP status.
            headers: Its headers.
            body: None where the program is still to read it.
            decoder: Makes a decoder for a content encoding that the standard library has none for.
        """
        self.status_code = status
        self.headers = headers
        self.decoder = decoder
        self._body = body

    @property
    def content(self) -> bytes:
        """The body.

        Raises:
            ValueError: It has not been read, and is not ours to read.
        """
        if self._body is None:
            raise ValueError("a body that has not been read")
        return self._body


def body_of(value: object) -> bytes | None:
    """Return the bytes of a body that a program hands to its HTTP library; None if it is not in memory."""
    if value is None:
        return b""
    if isinstance(value, str):
        return value.encode()
    return bytes(value) if isinstance(value, bytes | bytearray | memoryview) else None


def path_of(url: str) -> str:
    """Return the path of an address, without its query."""
    path = url.partition("://")[2].partition("/")[2]
    return "/" + path.partition("?")[0].partition("#")[0]


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else str(text).encode("latin-1", "replace")
