"""What an engine and its API see of each other through the proxy: everything, and nothing else."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

from capture.proxy import CaptureProxy
from capture.scripted import Answer, ErrorAnswer, ScriptedServer, ToolCall
from tests.capture.proxy.proxied import KEY, Watched, answer, post, raw_server, read_request, watching

ASK: Any = {"model": "claude-sonnet-4-6", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]}
CHAT: Any = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "hi"}]}


async def test_the_sdks_get_what_they_would_get_directly(server: ScriptedServer, watched: Watched) -> None:
    replies = [Answer(text="hello", tool_calls=[ToolCall("search", {"query": "tea"})])] * 8
    server.enqueue(*replies)
    direct = (
        anthropic.AsyncAnthropic(base_url=server.url, api_key=KEY),
        openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key=KEY),
    )
    seen = []
    for claude, gpt in (direct, (watched.claude(), watched.gpt())):
        async with claude.messages.stream(**ASK) as stream:
            message = await stream.get_final_message()
        response = await gpt.responses.create(model="gpt-5", input="hi")
        chunks = [chunk async for chunk in await gpt.chat.completions.create(**CHAT, stream=True)]
        plain = await claude.messages.create(**ASK)
        seen.append(
            (
                message.content[1].input,  # type: ignore[union-attr]
                response.output_text,
                len(chunks),
                plain.usage.output_tokens,
            )
        )
        await claude.close()
        await gpt.close()
    assert seen[0] == seen[1]
    assert seen[0][0] == {"query": "tea"}


async def test_bytes_headers_and_query_travel_as_they_are(session: Path) -> None:
    received: list[tuple[bytes, bytes]] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await read_request(reader))
        writer.write(
            answer(b'{"a":  1}\n', b"X-Odd-Name: Kept", b"keep-alive: timeout=5", b"set-cookie: a=b")
        )

    body = b'{ "model":"m",\n "messages" :[]}'
    async with raw_server(talk) as url, watching(session, url) as watched:
        said = await watched.say(
            post("/v1/messages?beta=true&x=%20", body, b"X-CuStOm: one", b"X-CuStOm: two", b"TE: trailers")
        )
        await watched.capture()
    head, sent = received[0]
    assert sent == body
    assert head.startswith(b"POST /v1/messages?beta=true&x=%20 HTTP/1.1\r\n")
    assert b"Host: localhost:" + url.rpartition(":")[2].encode() in head
    assert head.index(b"X-CuStOm: one") < head.index(b"X-CuStOm: two")
    assert b"TE:" not in head
    assert b"Connection" not in head
    assert said.endswith(b'\r\n\r\n{"a":  1}\n')
    assert b"X-Odd-Name: Kept\r\n" in said
    assert b"set-cookie: a=b" in said
    assert b"keep-alive: timeout" not in said
    assert watched.dump("request_001.json") == body
    assert watched.dump("response_001.txt") == b'{"a":  1}\n'


@pytest.mark.parametrize(
    ("prefix", "asked", "target"),
    [
        ("", b"/v1/messages?beta=true", b"/v1/messages?beta=true"),
        ("/", b"/v1/messages", b"/v1/messages"),
        ("/api", b"/v1/messages", b"/api/v1/messages"),
        ("/api/v1", b"/v1/responses", b"/api/v1/responses"),
        ("/api/v1", b"/responses", b"/api/v1/responses"),
        ("/api/v1", b"/v10/responses", b"/api/v1/v10/responses"),
        ("/api", b"http://proxy/v1/models?a=b", b"/api/v1/models?a=b"),
    ],
)
async def test_the_upstreams_path_comes_first(
    session: Path, prefix: str, asked: bytes, target: bytes
) -> None:
    received: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append((await read_request(reader))[0])
        writer.write(answer(b"{}"))

    async with raw_server(talk) as url, watching(session, url + prefix) as watched:
        await watched.say(b"GET %s HTTP/1.1\r\nHost: p\r\nConnection: close\r\n\r\n" % asked)
    assert received[0].split(b" ")[1] == target


async def test_one_connection_serves_many_requests_over_one_connection_to_the_api(session: Path) -> None:
    connections = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        while not reader.at_eof():
            await read_request(reader)
            writer.write(answer(b'{"n": %d}' % len(connections)))

    async with raw_server(talk) as url, watching(session, url) as watched:
        reader, writer = await watched.raw()
        for _ in range(3):
            writer.write(b"POST /v1/messages HTTP/1.1\r\nHost: p\r\ncontent-length: 2\r\n\r\n{}")
            assert (await reader.readuntil(b'{"n": 1}')).startswith(b"HTTP/1.1 200")
        writer.close()
    assert len(connections) == 1
    assert [row["request_index"] for row in watched.rows()] == [1, 2, 3]


async def test_an_idle_connection_that_the_api_closes_is_closed_to_the_engine(session: Path) -> None:
    idle = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(answer(b"{}"))
        await idle.wait()
        writer.close()

    async with raw_server(talk) as url, watching(session, url) as watched:
        reader, writer = await watched.raw()
        writer.write(b"POST /v1/messages HTTP/1.1\r\nHost: p\r\ncontent-length: 2\r\n\r\n{}")
        await watched.capture()
        idle.set()
        said = await asyncio.wait_for(reader.read(), 60)
        writer.close()
    assert said.endswith(b"{}")


async def test_a_request_that_meets_a_closing_connection_is_sent_anew(session: Path) -> None:
    heads: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await read_request(reader))[0])
        writer.write(answer(b'{"first": true}'))
        if len(heads) == 1:
            await reader.readuntil(b"\r\n\r\n")  # the second request's head: too late to close now
            writer.close()
            return
        heads.append(b"")

    async with raw_server(talk) as url, watching(session, url) as watched:
        reader, writer = await watched.raw()
        for _ in range(2):
            writer.write(b"POST /v1/messages HTTP/1.1\r\nHost: p\r\ncontent-length: 2\r\n\r\n{}")
            await asyncio.wait_for(reader.readuntil(b'{"first": true}'), 60)
        writer.close()
        assert [(await watched.capture()).status for _ in range(2)] == [200, 200]
    assert watched.dump("request_002.json") == b"{}"


async def test_errors_of_the_api_travel_as_they_are(server: ScriptedServer, watched: Watched) -> None:
    server.enqueue(ErrorAnswer(529, type="overloaded_error", message="busy", retry_after=2))
    with pytest.raises(anthropic.APIStatusError) as problem:
        await watched.claude().messages.create(**ASK)
    assert problem.value.response.headers["retry-after"] == "2"
    row = (await watched.capture()).row()
    assert (row["status"], row["error"], row["outcome"]) == (529, "overloaded_error: busy", "complete")


async def test_parallel_requests_never_share_a_number(server: ScriptedServer, watched: Watched) -> None:
    server.enqueue(*[Answer(text=f"answer {n}", chunk_delay=0.002) for n in range(40)])
    claude = watched.claude()

    async def ask(n: int) -> None:
        asked = {**ASK, "messages": [{"role": "user", "content": f"question {n}"}]}
        async with claude.messages.stream(**asked) as stream:
            await stream.get_final_message()

    await asyncio.gather(*(ask(n) for n in range(40)))
    await watched.proxy.settled()
    found = watched.rows()
    assert sorted(row["request_index"] for row in found) == list(range(1, 41))
    for row in found:
        number = row["request_index"]
        assert row["message_id"].encode() in watched.dump(f"response_{number:03d}.txt")
        assert json.loads(watched.dump(f"request_{number:03d}.json"))["stream"] is True
    bodies = {watched.dump(f"request_{n:03d}.json") for n in range(1, 41)}
    assert len(bodies) == 40


async def test_numbers_go_on_where_an_earlier_proxy_has_stopped(
    session: Path, server: ScriptedServer
) -> None:
    for expected in (1, 2):
        async with watching(session, server.url) as watched:
            await watched.claude().messages.create(**ASK)
            assert (await watched.capture()).request_index == expected
    assert [row["request_index"] for row in watched.rows()] == [1, 2]


async def test_heads_and_lists_of_models_are_relayed_and_recorded(watched: Watched) -> None:
    listed = await watched.claude().models.list()
    assert listed.data
    said = await watched.say(b"HEAD /v1/models HTTP/1.1\r\nHost: p\r\nConnection: close\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 ")
    first, second = await watched.capture(), await watched.capture()
    assert (first.method, first.agent_context, first.api_format) == ("GET", "sdk_internal", None)
    assert (second.method, second.status) == ("HEAD", int(said.split(b" ")[1]))
    assert "request_001.json" not in watched.dumped()


async def test_only_this_machine_is_listened_to(watched: Watched) -> None:
    assert watched.url.startswith("http://127.0.0.1:")


def test_a_url_that_is_none_is_an_error_before_anything_starts(session: Path) -> None:
    with pytest.raises(ValueError, match="'ftp://x' is not an http"):
        CaptureProxy(session, "ftp://x")
