"""A proxy in front of a server of either kind, the real SDKs on it, and what it leaves on the disk."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anthropic
import openai

from capture.proxy import Capture, CaptureProxy

TIMEOUT_S = 60.0
KEY = "sk-ant-api03-0123456789-secret-of-the-test"

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""What a raw server does with one connection."""


class Watched:
    """A running proxy, and what it has written."""

    def __init__(self, proxy: CaptureProxy, session: Path, captures: asyncio.Queue[Capture]) -> None:
        self.proxy = proxy
        self.session = session
        self.captures = captures
        self._clients: list[anthropic.AsyncAnthropic | openai.AsyncOpenAI] = []

    @property
    def url(self) -> str:
        return self.proxy.url

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    async def capture(self) -> Capture:
        """The next row."""
        return await asyncio.wait_for(self.captures.get(), TIMEOUT_S)

    def rows(self) -> list[dict[str, Any]]:
        return rows(self.session)

    def dump(self, name: str) -> bytes:
        return (self.session / "raw_dumps" / name).read_bytes()

    def dumped(self) -> set[str]:
        return {path.name for path in (self.session / "raw_dumps").iterdir()}

    def files(self) -> list[Path]:
        """Everything below the session's folder."""
        return list(self.session.rglob("*"))

    def claude(self, **more: Any) -> anthropic.AsyncAnthropic:
        settings = {"base_url": self.url, "api_key": KEY, "max_retries": 0, "timeout": TIMEOUT_S, **more}
        client = anthropic.AsyncAnthropic(**settings)
        self._clients.append(client)
        return client

    def gpt(self, **more: Any) -> openai.AsyncOpenAI:
        settings = {"base_url": f"{self.url}/v1", "api_key": KEY, "max_retries": 0, "timeout": TIMEOUT_S}
        client = openai.AsyncOpenAI(**(settings | more))
        self._clients.append(client)
        return client

    async def raw(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection of one's own."""
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def say(self, data: bytes) -> bytes:
        """Send bytes over a connection of one's own, and return what comes until it is closed."""
        reader, writer = await self.raw()
        writer.write(data)
        try:
            return await asyncio.wait_for(reader.read(), TIMEOUT_S)
        finally:
            writer.close()

    async def close(self) -> None:
        for client in self._clients:
            await client.close()


def rows(session: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (session / "api_captures.jsonl").read_bytes().splitlines()]


@asynccontextmanager
async def watching(session: Path, upstream: str, **more: Any) -> AsyncIterator[Watched]:
    """Run a proxy that writes to a session's folder."""
    captures: asyncio.Queue[Capture] = asyncio.Queue()
    async with CaptureProxy(session, upstream, on_capture=captures.put_nowait, **more) as proxy:
        watched = Watched(proxy, session, captures)
        try:
            yield watched
        finally:
            await watched.close()


@asynccontextmanager
async def raw_server(talk: Talk, **more: Any) -> AsyncIterator[str]:
    """Run a server that does as it likes with its connections; gives its URL."""
    secure = "https" if "ssl" in more else "http"
    server = await asyncio.start_server(talk, "127.0.0.1", 0, **more)
    try:
        yield f"{secure}://localhost:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def read_request(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Read a request with a content-length; returns its head and its body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return head, await reader.readexactly(int(length[0].split(b":")[1])) if length else b""


def answer(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """An answer with a content-length, as bytes."""
    lines = [b"HTTP/1.1 " + status, b"content-length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def post(path: str, body: bytes, *headers: bytes) -> bytes:
    """A request with a content-length that asks for the connection to be closed after it, as bytes."""
    lines = [b"POST %s HTTP/1.1" % path.encode(), b"Host: proxy", b"content-length: %d" % len(body), *headers]
    return b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n" + body
