"""The API behind the proxy: where it is, how it is reached, and what a request's target becomes there.

What belongs here is the base URL, name and trust, and connecting. Certificates are checked against the
system's, and against those that `SSL_CERT_FILE`, `SSL_CERT_DIR`, `NODE_EXTRA_CA_CERTS` or
`CODEX_CA_CERTIFICATE` name, and `HTTPS_PROXY` and `NO_PROXY` are followed: the engine would have honoured
them, had it connected itself.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

import h11

from capture.proxy.line import Line
from capture.proxy.tunnel import ask_for_tunnel, proxy_for
from tessen.observed import public_url

_EXTRA_CERTIFICATES = ("NODE_EXTRA_CA_CERTS", "CODEX_CA_CERTIFICATE")


class UpstreamError(Exception):
    """The API could not be reached, or broke off."""

    def __init__(self, message: str, *names: str) -> None:
        super().__init__(message)
        self.names = names
        """What it is called, the most particular name first."""

    @classmethod
    def of(cls, problem: Exception, doing: str, kind: str = "ConnectionError") -> UpstreamError:
        """Say what an exception means for the request.

        Args:
            problem: The exception.
            doing: What failed.
            kind: What it is called whatever its class.
        """
        names = [each.__name__ for each in type(problem).__mro__ if issubclass(each, Exception)]
        said = f": {problem}" if str(problem) else ""
        return cls(f"{doing}{said}", *names, kind)


class Upstream:
    """One API.

    Args:
        base_url: `http://` or `https://`, with a path in front of every target or without.
        connect_timeout: Seconds until a connection must stand, TLS included.

    Raises:
        ValueError: The URL is not one of these.
    """

    def __init__(self, base_url: str, connect_timeout: float) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"upstream {public_url(base_url)!r} is not an http:// or https:// URL")
        self._connect_timeout = connect_timeout
        self._secure = parts.scheme == "https"
        self._host = parts.hostname
        self._port = parts.port or (443 if self._secure else 80)
        self._prefix = parts.path.rstrip("/").encode()
        self._context: ssl.SSLContext | None = None
        self.authority = parts.netloc.rpartition("@")[2].encode()
        """What the `Host` header says."""
        self._origin = f"{parts.scheme}://{self.authority.decode()}"

    def target(self, asked: bytes) -> bytes:
        """Return what to ask the API for, given what the engine asked the proxy for.

        The base URL's path comes first. Where it ends in the segment that the target begins with (`/api/v1`
        and `/v1/responses`), that segment is not said twice.
        """
        if not asked.startswith(b"/"):
            parts = urlsplit(asked)  # the absolute form, or `*`
            if not parts.netloc:
                return asked
            asked = (parts.path or b"/") + (b"?" + parts.query if parts.query else b"")
        first = asked[: asked.find(b"/", 1)] if b"/" in asked[1:] else b""
        if first and self._prefix.endswith(first):
            asked = asked[len(first) :]
        return self._prefix + asked

    def url(self, target: bytes) -> str:
        """Return the real address of a target, without secrets."""
        return public_url(self._origin + target.decode("latin-1"))

    async def connect(self, on_gone: Callable[[], None]) -> Line:
        """Connect.

        Raises:
            UpstreamError: That failed, or took too long.
        """
        where = f"cannot connect to {self._origin}"
        try:
            if self._secure and self._context is None:
                self._context = await asyncio.to_thread(_trust)
            proxy = proxy_for(self._host, self._port) if self._secure else None
            async with asyncio.timeout(self._connect_timeout):
                line = Line(h11.CLIENT, on_gone)
                if proxy is None:
                    await _connected(line, self._host, self._port, self._context)
                else:
                    where += f" through the proxy {proxy.hostname}:{proxy.port or 80}"
                    await self._through(proxy, line)
        except TimeoutError as problem:
            raise UpstreamError(f"{where} within {self._connect_timeout:g} s", "TimeoutError") from problem
        except (OSError, ValueError, h11.RemoteProtocolError) as problem:
            raise UpstreamError.of(problem, where) from problem
        return line

    async def _through(self, proxy: SplitResult, line: Line) -> None:
        """Connect a line through a proxy."""
        assert self._context is not None
        tunnel = Line(h11.CLIENT, _nothing)
        await _connected(tunnel, proxy.hostname or "", proxy.port or 80, None)
        try:
            await ask_for_tunnel(tunnel, proxy, self._host, self._port)
            await tunnel.go_on_as(line, self._context, self._host)
        except BaseException:
            tunnel.abort()
            raise


async def _connected(line: Line, host: str, port: int, context: ssl.SSLContext | None) -> None:
    loop = asyncio.get_running_loop()
    await loop.create_connection(lambda: line, host, port, ssl=context, happy_eyeballs_delay=0.25)


def _nothing() -> None:
    """What happens when a tunnel's other side closes: whoever waits for it is told."""


def _trust() -> ssl.SSLContext:
    """Return whom to trust; reading the system's certificates takes a while."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    for variable in _EXTRA_CERTIFICATES:
        if os.environ.get(variable):
            context.load_verify_locations(os.environ[variable])
    return context
