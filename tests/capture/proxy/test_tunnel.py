"""A secure API behind the proxy that the machine is told to use."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from tests.capture.proxy.proxied import answer, post, raw_server, read_request, watching


@pytest.fixture(autouse=True)
def no_proxy_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@asynccontextmanager
async def secure_api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(answer(b'{"secure": true}'))
        await writer.drain()

    async with raw_server(talk, ssl=context) as url:
        yield url


class Tunnels:
    """A proxy that makes tunnels, and the heads of what it was asked."""

    def __init__(self, refusal: bytes = b"") -> None:
        self.heads: list[bytes] = []
        self._refusal = refusal

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        if self._refusal:
            writer.write(self._refusal)
            writer.close()
            return
        host, _, port = head.split(b" ")[1].rpartition(b":")
        there, up = await asyncio.open_connection(host.decode(), int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_copy(reader, up), _copy(there, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
async def test_the_proxy_makes_a_tunnel(
    session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    tunnels = Tunnels()
    async with raw_server(tunnels.talk) as proxy, secure_api(tmp_path, monkeypatch) as url:
        monkeypatch.setenv(variable, proxy.replace("http://", "http://me:p%40ss@"))
        async with watching(session, url) as watched:
            said = await watched.say(post("/v1/messages", b"{}"))
            row = await watched.capture()
    assert said.endswith(b'{"secure": true}')
    assert row.ok
    (head,) = tunnels.heads
    assert head.startswith(b"CONNECT %s HTTP/1.1\r\n" % url.removeprefix("https://").encode())
    assert b"Basic " + base64.b64encode(b"me:p@ss") in head
    assert not any(b"p@ss" in path.read_bytes() for path in watched.files() if path.is_file())


@pytest.mark.parametrize("spared", ["localhost", "*"])
async def test_what_no_proxy_names_is_reached_directly(
    session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spared: str
) -> None:
    tunnels = Tunnels()
    async with raw_server(tunnels.talk) as proxy, secure_api(tmp_path, monkeypatch) as url:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        monkeypatch.setenv("NO_PROXY", spared)
        async with watching(session, url) as watched:
            assert (await watched.say(post("/v1/messages", b"{}"))).endswith(b'{"secure": true}')
    assert tunnels.heads == []


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        (b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n", "the proxy answered 407 Who are you"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "through the proxy localhost:"),
    ],
)
async def test_a_proxy_that_makes_none_is_told_of(
    session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: bytes, told: str
) -> None:
    async with raw_server(Tunnels(refusal).talk) as proxy, secure_api(tmp_path, monkeypatch) as url:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        async with watching(session, url) as watched:
            said = await watched.say(post("/v1/messages", b"{}"))
            row = await watched.capture()
    assert said.startswith(b"HTTP/1.1 502")
    assert row.outcome == "failed"
    assert told in (row.error or "")


async def test_a_proxy_of_another_kind_is_told_of(
    session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://me:secret@127.0.0.1:1")
    async with secure_api(tmp_path, monkeypatch) as url, watching(session, url) as watched:
        await watched.say(post("/v1/messages", b"{}"))
        row = await watched.capture()
    assert row.error is not None
    assert "HTTPS_PROXY must be an http:// URL, and its scheme is 'socks5'" in row.error
    assert "secret" not in row.error
