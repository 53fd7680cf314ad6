"""Requests that are changed on their way: what went up is the record, the engine's own stands beside it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import anthropic
import pytest
import zstandard

from capture.proxy import ProxyRequest
from capture.proxy.dumps import read_original, read_request
from capture.scripted import ScriptedServer
from tests.capture.proxy.proxied import answer, post, raw_server, watching
from tests.capture.proxy.proxied import read_request as read_raw
from tests.capture.proxy.test_relay import ASK

MARKER = {"type": "text", "text": "the marker"}


def without_marker(request: ProxyRequest) -> bytes | None:
    """Drop the marker's block; leave everything else as it is, to the byte."""
    return request.body.replace(b", " + json.dumps(MARKER).encode(), b"")


def body_of(*blocks: object, filler: str = "") -> bytes:
    return json.dumps(
        {**ASK, "messages": [{"role": "user", "content": [*blocks]}], "system": filler}
    ).encode()


async def test_a_block_is_dropped_and_the_original_kept(session: Path, server: ScriptedServer) -> None:
    hello = {"type": "text", "text": "hello"}
    async with watching(session, server.url, rewrite=without_marker) as watched:
        said = await watched.say(post("/v1/messages?beta=true", body_of(hello, MARKER)))
        row = await watched.capture()
    assert said.startswith(b"HTTP/1.1 200")
    (received,) = server.requests
    assert received.body == body_of(hello)
    assert received.headers["content-length"] == str(len(received.body))
    assert received.query == "beta=true"
    assert row.rewritten
    assert row.request_body() == received.body
    assert read_original(session, 1) == body_of(hello, MARKER)


async def test_what_is_left_alone_has_no_original(session: Path, server: ScriptedServer) -> None:
    async with watching(session, server.url, rewrite=lambda _: None) as watched:
        await watched.claude().messages.create(**ASK)
        row = await watched.capture()
        await watched.say(b"GET /v1/models HTTP/1.1\r\nHost: p\r\nConnection: close\r\n\r\n")
    assert not row.rewritten
    assert row.request_body() == server.requests[0].body
    assert read_original(session, 1) is None
    assert "content-length" not in server.requests[1].headers


async def test_originals_are_stored_as_differences_too(session: Path, server: ScriptedServer) -> None:
    filler = " ".join(f"word{n}" for n in range(3000))
    bodies = [
        body_of(*[{"type": "text", "text": f"turn {n}"} for n in range(k)], MARKER, filler=filler)
        for k in (1, 2, 3)
    ]
    async with watching(session, server.url, rewrite=without_marker) as watched:
        for body in bodies:
            await watched.say(post("/v1/messages", body))
            await watched.capture()
        await watched.proxy.settled()
        assert "request_002_original.json.from_002.zst" in watched.dumped()
    assert [read_original(session, n) for n in (1, 2, 3)] == bodies
    assert [read_request(session, n) for n in (1, 2, 3)] == [request.body for request in server.requests]


async def test_a_request_waits_for_a_rewriting_that_takes_its_time(
    session: Path, server: ScriptedServer
) -> None:
    asked, allowed = asyncio.Event(), asyncio.Event()

    async def rewrite(request: ProxyRequest) -> bytes | None:
        asked.set()
        await allowed.wait()
        return None

    async with watching(session, server.url, rewrite=rewrite) as watched:
        asking = asyncio.create_task(watched.claude().messages.create(**ASK))
        await asyncio.wait_for(asked.wait(), 30)
        assert server.requests == []
        allowed.set()
        await asking
        assert (await watched.capture()).ok


async def test_a_rewriting_that_fails_sends_nothing(session: Path, server: ScriptedServer) -> None:
    def broken(request: ProxyRequest) -> bytes | None:
        raise KeyError("no marker")

    async with watching(session, server.url, rewrite=broken) as watched:
        with pytest.raises(anthropic.InternalServerError, match="could not be rewritten"):
            await watched.claude().messages.create(**ASK)
        row = await watched.capture()
    assert server.requests == []
    assert row.outcome == "failed"
    assert json.loads(row.request_body())["model"] == ASK["model"]


async def test_an_encoded_request_is_rewritten_as_what_it_stands_for(session: Path) -> None:
    received: list[tuple[bytes, bytes]] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await read_raw(reader))
        writer.write(answer(b"{}"))

    packed = zstandard.compress(b'{"model": "old"}')
    rewrites = (lambda request: request.body.replace(b"old", b"new"), lambda _: None)
    async with raw_server(talk) as url:
        for rewrite in rewrites:
            async with watching(session, url, rewrite=rewrite) as watched:
                await watched.say(post("/v1/responses", packed, b"Content-Encoding: zstd"))
    assert received[0][1] == b'{"model": "new"}'
    assert b"Content-Encoding" not in received[0][0]
    assert received[1][1] == packed
    assert b"Content-Encoding: zstd" in received[1][0]
