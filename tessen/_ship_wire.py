"""One request to the ingest server, and how often it is tried.

What belongs here is HTTP by the standard library alone, which none of the recorder's own hooks can see:
proxies and certificates as the environment names them, no redirect followed (it would carry the key
elsewhere), one connection for as long as there is something to send, and the rules for trying again.
"""

from __future__ import annotations

import contextlib
import gzip
import http.client
import os
import time
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from tessen import __version__, _headers

FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
LONGEST_ASKED_WAIT = 3600.0
"""Seconds before an attempt: the first time, at most, and at most where the server asks for a time itself."""

_COMPRESSION = 6
_PIECE = 65536
_LONGEST_REASON = 200


class UnreachableError(Exception):
    """No answer arrived; the message says why, without the address's secrets."""


class Answer(NamedTuple):
    """What the server said."""

    status: int
    retry_after: float | None
    """Seconds that it asks to wait, if it does."""


class Delivery(NamedTuple):
    """How the sending of one body ended."""

    acknowledged: bool
    refused: bool = False
    """Whether the server does not want it, so that trying again is useless."""
    why: str = ""


class Wire:
    """The way to one server."""

    def __init__(self, url: str, api_key: str, timeout: float) -> None:
        """Make it; nothing is opened before the first request.

        Args:
            url: Where to post to.
            api_key: What to authorise with; empty for nothing.
            timeout: Seconds that one request may take.

        Raises:
            ValueError: One of them cannot be used; the message says which, and never holds the key.
        """
        self._parts = _address(url)
        try:
            self._port = self._parts.port
        except ValueError:
            raise ValueError("TESSEN_INGEST_URL has a port that is no number") from None
        if not (api_key.isascii() and api_key.isprintable()):
            raise ValueError("TESSEN_API_KEY holds a character that no HTTP header can carry")
        self._api_key = api_key
        self._timeout = timeout
        self._target = (self._parts.path or "/") + (f"?{self._parts.query}" if self._parts.query else "")
        if not self._target.isascii() or any(map(str.isspace, self._target)):
            raise ValueError("TESSEN_INGEST_URL holds a character that must be percent-encoded")
        self._more_headers: dict[str, str] = {}
        self._connection: http.client.HTTPConnection | None = None

    @property
    def where(self) -> str:
        """The server, for messages: scheme, host and port."""
        port = f":{self._port}" if self._port else ""
        host = str(self._parts.hostname)
        return f"{self._parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"

    def post(self, body: bytes, idempotency_key: str) -> Answer:
        """Send one body, compressed, and wait for the whole answer.

        Args:
            body: JSON.
            idempotency_key: The same for every attempt with this body.

        Raises:
            UnreachableError: No whole answer arrived in time.
        """
        headers = {
            **({"Authorization": f"Bearer {self._api_key}"} if self._api_key else {}),
            "User-Agent": f"tessen/{__version__}",
            "Content-Type": "application/json",
            "Content-Encoding": "gzip",
            "Idempotency-Key": idempotency_key,
        }
        try:
            return self._exchange(gzip.compress(body, _COMPRESSION, mtime=0), headers)
        except (OSError, http.client.HTTPException) as problem:
            self.close()
            told = getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
            raise UnreachableError(_in_words(told)) from problem
        except BaseException:
            self.close()  # Ctrl-C: the next answer on this connection would be this request's
            raise

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _exchange(self, body: bytes, headers: dict[str, str]) -> Answer:
        until = time.monotonic() + self._timeout
        if self._connection is None:
            self._connection = self._connect()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may have answered before that
            self._connection.request("POST", self._target, body, {**headers, **self._more_headers})
        response = self._connection.getresponse()
        while response.read1(_PIECE):  # what `read` waits for may come in one byte at a time
            if time.monotonic() > until:
                raise TimeoutError("the answer did not end in time")
        if response.length:
            raise http.client.IncompleteRead(b"", response.length)
        response.close()
        kept = _headers.kept(
            (name.encode("latin-1"), value.encode("latin-1")) for name, value in response.getheaders()
        )
        if response.will_close:
            self.close()
        return Answer(response.status, _headers.retry_after(kept))

    def _connect(self) -> http.client.HTTPConnection:
        proxy = _proxy_for(self._parts.scheme, self._parts.netloc.rpartition("@")[2])
        make = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
        if proxy is None:
            return make(str(self._parts.hostname), self._port, timeout=self._timeout)
        try:
            via = _address(proxy if "://" in proxy else f"http://{proxy}")
            connection = make(str(via.hostname), via.port or 80, timeout=self._timeout)
            login = _login(via.username, via.password)
        except ValueError:  # which quotes a part of it, and that may be the password
            raise UnreachableError("the proxy that the environment names is no http address") from None
        if self._parts.scheme == "https":
            connection.set_tunnel(str(self._parts.hostname), self._port, login)
        else:
            self._target = self._parts._replace(
                netloc=self._parts.netloc.rpartition("@")[2], fragment=""
            ).geturl()
            self._more_headers = login
        return connection


def _address(url: str) -> SplitResult:
    """Take an address apart.

    Raises:
        ValueError: It is none that HTTP can be spoken with.
    """
    try:
        parts = urlsplit(url)
        named = parts.scheme in ("http", "https") and bool((parts.hostname or "").encode("idna"))
    except ValueError:
        named = False
    if not named:
        raise ValueError("TESSEN_INGEST_URL is not an http or https address")
    return parts


def _in_words(told: str) -> str:
    """What an exception says, as it may be shown: it quotes what a server sent."""
    from tessen.sanitise import one_line

    return one_line(told, _LONGEST_REASON)


def _proxy_for(scheme: str, netloc: str) -> str | None:
    from urllib.request import getproxies, proxy_bypass

    proxy = getproxies().get(scheme)
    return proxy if proxy and not proxy_bypass(netloc) else None


def _login(user: str | None, password: str | None) -> dict[str, str]:
    if user is None:
        return {}
    from base64 import b64encode

    pair = f"{unquote(user)}:{unquote(password or '')}".encode()
    return {"Proxy-Authorization": f"Basic {b64encode(pair).decode()}"}


def deliver(
    wire: Wire, body: bytes, idempotency_key: str, retries: int, pause: Callable[[float], bool]
) -> Delivery:
    """Send one body, and again where that may help: no answer, 408, 429 or a failure of the server's own.

    Args:
        wire: The way to the server.
        body: JSON.
        idempotency_key: What the server knows the body by, should it get it twice.
        retries: How many further attempts there are.
        pause: Waits that many seconds; returns whether to go on.
    """
    for attempt in range(retries + 1):
        asked_wait = None
        try:
            status, asked_wait = wire.post(body, idempotency_key)
        except UnreachableError as problem:
            why = str(problem)
        else:
            if 200 <= status < 300:
                return Delivery(True)
            why = f"HTTP {status}"
            if status not in (408, 429) and status < 500:
                return Delivery(False, refused=True, why=why)
        if attempt == retries or not pause(wait_before_retry(attempt, asked_wait)):
            break
    return Delivery(False, why=why)


def wait_before_retry(attempt: int, asked_wait: float | None) -> float:
    """Return how many seconds to wait after a failed attempt.

    Args:
        attempt: Its number, from 0.
        asked_wait: What the server asks for; it is never asked again sooner.
    """
    chance = int.from_bytes(os.urandom(4), "big") / 2**32
    wait: float = min(FIRST_WAIT * 2**attempt, LONGEST_WAIT) * (0.5 + chance / 2)
    return max(wait, min(asked_wait or 0.0, LONGEST_ASKED_WAIT))
