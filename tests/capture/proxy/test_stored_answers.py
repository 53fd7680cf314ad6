"""Answers that are given in the API's place: the engine cannot tell, and nothing goes up."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from capture.proxy import ProxyRequest, StoredAnswer, Unanswered
from capture.proxy.dumps import read_original, read_request
from capture.scripted import Answer, ScriptedServer
from tests.capture.proxy.proxied import post, watching
from tests.capture.proxy.test_relay import ASK

NOWHERE = "http://127.0.0.1:9"


async def recorded(session: Path, server: ScriptedServer) -> StoredAnswer:
    """A streamed answer as it was recorded."""
    server.enqueue(Answer(text="Hello from then."))
    async with watching(session, server.url) as watched:
        async with watched.claude().messages.stream(**ASK) as stream:
            await stream.until_done()
        await watched.capture()
        head = json.loads(watched.dump("response_001_headers.json"))
        body = watched.dump("response_001.txt")
    kept = [(b"content-type", head["headers"]["content-type"].encode())]
    return StoredAnswer(head["status"], kept, body)


async def test_it_is_given_without_a_connection(
    session: Path, server: ScriptedServer, tmp_path: Path
) -> None:
    stored = await recorded(session, server)

    def answer(request: ProxyRequest) -> StoredAnswer | None:
        return stored if request.method == "POST" else StoredAnswer(200, [], b"not for a HEAD")

    async with watching(tmp_path / "again", NOWHERE, rewrite=answer) as watched:
        for _ in range(2):  # the connection goes on being good
            async with watched.claude().messages.stream(**ASK) as stream:
                said = await stream.get_final_text()
            assert said == "Hello from then."
            row = await watched.capture()
        assert (row.answered_by, row.outcome, row.status, row.rewritten) == ("record", "complete", 200, False)
        assert watched.dump("response_002.txt") == stored.body
        assert json.loads(watched.dump("response_002_headers.json"))["answered_by"] == "record"
        assert json.loads(read_request(watched.session, 2))["messages"] == ASK["messages"]
        head = await watched.say(b"HEAD /api/hello HTTP/1.1\r\nHost: p\r\nConnection: close\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        assert head.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("asked", [None, b'{"model": "m", "messages": []}'])
async def test_where_there_is_none_the_request_is_on_record_all_the_same(
    session: Path, asked: bytes | None
) -> None:
    arrived = asyncio.Event()

    def silent(_: ProxyRequest) -> Unanswered:
        arrived.set()
        return Unanswered(asked)

    body = json.dumps(ASK).encode()
    async with watching(session, NOWHERE, rewrite=silent) as watched:
        _, writer = await watched.raw()
        writer.write(post("/v1/messages", body))
        await asyncio.wait_for(arrived.wait(), 30)
        writer.close()
        row = await watched.capture()
    assert (row.outcome, row.status, row.answered_by) == ("cut", None, None)
    assert read_request(session, 1) == (asked or body)
    assert read_original(session, 1) == (body if asked else None)
