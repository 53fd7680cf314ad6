"""What goes wrong between an engine and its API: it is on the record, and each side learns what it should."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from pathlib import Path

import anthropic
import httpx2
import openai
import pytest
import trustme

from capture.proxy import disk, spool
from capture.scripted import Answer, ScriptedServer
from tests.capture.proxy.proxied import Watched, answer, post, raw_server, read_request, watching
from tests.capture.proxy.test_relay import ASK, CHAT

EVENTS = b"content-type: text/event-stream"
DEAD = "http://127.0.0.1:1"
"""A port that nothing listens on."""


async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def test_a_stream_is_relayed_as_it_comes_and_so_is_a_request(session: Path) -> None:
    """Each side waits for the other's first half before it sends its second: no buffer lies between."""
    first_half, got_event = asyncio.Event(), asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(5)
        first_half.set()
        await reader.readexactly(5)
        writer.write(b"HTTP/1.1 200 OK\r\n%s\r\n\r\ndata: 1\n\n" % EVENTS)
        await got_event.wait()
        writer.write(b"data: 2\n\n")
        writer.close()

    async with raw_server(talk) as url, watching(session, url) as watched:
        reader, writer = await watched.raw()
        writer.write(post("/v1/messages", b"0123456789")[:-5])
        await asyncio.wait_for(first_half.wait(), 60)
        await watched.proxy.settled()
        assert watched.dump("request_001.json") == b"01234"
        writer.write(b"56789")
        await asyncio.wait_for(reader.readuntil(b"data: 1\n\n"), 60)
        await watched.proxy.settled()
        assert watched.dump("response_001.txt") == b"data: 1\n\n"
        got_event.set()
        rest = await asyncio.wait_for(reader.read(), 60)
        writer.close()
    assert b"data: 2\n\n" in rest
    assert rest.endswith(b"0\r\n\r\n")
    assert watched.dump("request_001.json") == b"0123456789"


async def test_a_chunked_upload_keeps_its_bytes(session: Path) -> None:
    received: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.readuntil(b"0\r\n\r\n"))
        writer.write(answer(b"{}"))

    head = b"POST /v1/messages HTTP/1.1\r\nHost: p\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    async with raw_server(talk) as url, watching(session, url) as watched:
        said = await watched.say(head + b'5\r\n{"a":\r\n3;note=x\r\n 1}\r\n0\r\n\r\n')
    assert said.endswith(b"{}")
    assert received[0].lower().count(b"transfer-encoding: chunked") == 1
    assert watched.dump("request_001.json") == b'{"a": 1}'


async def test_an_engine_that_waits_for_permission_gets_it(session: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head, body = await read_request(reader)
        writer.write(answer(body if b"Expect" not in head else b"no"))

    async with raw_server(talk) as url, watching(session, url) as watched:
        reader, writer = await watched.raw()
        writer.write(post("/v1/messages", b"", b"Expect: 100-continue").replace(b"length: 0", b"length: 4"))
        assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60) == b"HTTP/1.1 100 \r\n\r\n"
        writer.write(b"body")
        assert (await asyncio.wait_for(reader.read(), 60)).endswith(b"\r\n\r\nbody")
        writer.close()


async def test_large_bodies_both_ways(server: ScriptedServer, watched: Watched) -> None:
    server.enqueue(Answer(text="x" * 3_000_000))
    asked = {**ASK, "messages": [{"role": "user", "content": "y" * 5_000_000}]}
    message = await watched.claude().messages.create(**asked)
    assert len(message.content[0].text) == 3_000_000  # type: ignore[union-attr]
    row = await watched.capture()
    assert row.message_count == 1
    assert row.request_body() == server.requests[0].body
    assert len(watched.dump("response_001.txt")) > 3_000_000


async def test_a_body_too_large_to_be_taken_apart_is_stored_all_the_same(
    server: ScriptedServer, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "TAKEN_APART", 1000)
    server.enqueue(Answer(text="z" * 5000))
    await watched.claude().messages.create(**{**ASK, "system": "s" * 2000})
    row = await watched.capture()
    assert (row.message_count, row.system_prompt_hash, row.usage) == (None, None, None)
    assert (row.status, row.api_format, row.agent_context) == (200, "anthropic_messages", "main")
    assert row.request_body() == server.requests[0].body
    assert b"z" * 5000 in watched.dump("response_001.txt")


async def test_an_engine_that_leaves_in_the_middle_is_cut_and_so_is_the_api(session: Path) -> None:
    left = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        start = {"type": "message_start", "message": {"id": "msg_1", "usage": {"input_tokens": 3}}}
        writer.write(b"HTTP/1.1 200 OK\r\n%s\r\n\r\ndata: %s\n\n" % (EVENTS, json.dumps(start).encode()))
        await reader.read()
        left.set()

    async with raw_server(talk) as url, watching(session, url) as watched:
        reader, writer = await watched.raw()
        writer.write(post("/v1/messages", b"{}"))
        await asyncio.wait_for(reader.readuntil(b"\n\n"), 60)
        writer.close()
        row = await watched.capture()
        await asyncio.wait_for(left.wait(), 60)
    assert (row.outcome, row.status, row.message_id) == ("cut", 200, "msg_1")
    assert row.error == "the engine closed the connection before the answer was complete"
    assert row.usage is not None
    assert row.usage["input_tokens"] == 3
    assert b"message_start" in watched.dump("response_001.txt")


async def test_an_engine_that_leaves_after_the_last_event_has_its_answer(session: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n%s\r\n\r\n" % EVENTS + b'data: {"type": "message_stop"}\n\n')
        await reader.read()

    async with raw_server(talk) as url, watching(session, url) as watched:
        reader, writer = await watched.raw()
        writer.write(post("/v1/messages", b"{}"))
        await asyncio.wait_for(reader.readuntil(b"\n\n"), 60)
        writer.close()
        row = await watched.capture()
    assert (row.outcome, row.error) == ("complete", None)


async def test_an_engine_that_leaves_before_an_answer(server: ScriptedServer, watched: Watched) -> None:
    server.enqueue(Answer(hang=True))
    _, writer = await watched.raw()
    writer.write(post("/v1/messages", json.dumps(ASK).encode()))
    await asyncio.to_thread(server.wait_for_requests, 1)
    writer.close()
    row = await watched.capture()
    assert (row.outcome, row.status, row.ttfb_ms) == ("cut", None, None)
    assert row.request_body() == json.dumps(ASK).encode()


async def test_an_engine_that_leaves_while_it_asks(session: Path) -> None:
    half = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"01234")
        half.set()
        await reader.read()

    async with raw_server(talk) as url, watching(session, url) as watched:
        _, writer = await watched.raw()
        writer.write(post("/v1/messages", b"0123456789")[:-5])
        await asyncio.wait_for(half.wait(), 60)
        writer.close()
        row = await watched.capture()
    assert row.outcome == "cut"
    assert row.request_body() == b"01234"


async def test_an_api_that_is_not_there(session: Path) -> None:
    async with watching(session, DEAD) as watched:
        with pytest.raises(anthropic.InternalServerError) as claudes:
            await watched.claude().messages.create(**ASK)
        with pytest.raises(openai.InternalServerError) as gpts:
            await watched.gpt().chat.completions.create(**CHAT)
        first, second = await watched.capture(), await watched.capture()
    assert claudes.value.status_code == gpts.value.status_code == 502
    assert claudes.value.body["error"]["type"] == "api_error"  # type: ignore[index]
    assert "cannot connect to http://127.0.0.1:1" in claudes.value.body["error"]["message"]  # type: ignore[index]
    assert gpts.value.code == "bad_gateway"
    assert (first.outcome, first.status, first.message_count) == ("failed", 502, 1)
    assert second.error is not None
    assert second.error.startswith("ConnectionRefusedError: cannot connect")
    assert json.loads(watched.dump("request_002.json"))["model"] == "gpt-5-mini"
    assert json.loads(watched.dump("response_002_headers.json"))["answered_by"] == "proxy"
    assert "request_002_headers.json" in watched.dumped()


async def test_an_api_that_resets_the_connection(session: Path) -> None:
    async with raw_server(refuse) as url, watching(session, url) as watched:
        with pytest.raises(anthropic.InternalServerError):
            await watched.claude().messages.create(**ASK)
        row = await watched.capture()
    assert (row.outcome, row.status) == ("failed", 502)
    assert row.request_body()


async def test_an_api_that_breaks_off_in_the_middle(server: ScriptedServer, watched: Watched) -> None:
    server.enqueue(Answer(text="12345678", chunks=8, cut_after=3))
    seen = ""
    with pytest.raises(httpx2.RemoteProtocolError, match="incomplete chunked read"):
        async for event in await watched.claude().messages.create(**ASK, stream=True):
            seen += event.delta.text if event.type == "content_block_delta" else ""  # type: ignore[union-attr]
    assert seen == "123"
    row = await watched.capture()
    assert (row.outcome, row.status) == ("failed", 200)
    assert row.error is not None
    assert "connection broke" in row.error
    assert row.answer["content"][0]["text"] == "123"


PATIENCE_S = 3000.5
"""How long an API may be silent where it is said when that is over."""


class Silences:
    """The silences that a proxy bears with; no clock says when the last one has lasted too long."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.limits: list[asyncio.Timeout] = []
        self._limit = asyncio.timeout
        monkeypatch.setattr(asyncio, "timeout", self._noted)

    def _noted(self, delay: float | None) -> asyncio.Timeout:
        limit = self._limit(delay)
        if delay == PATIENCE_S:
            self.limits.append(limit)
        return limit

    async def end(self) -> None:
        """Have the silence that the proxy is in last too long, once it is in one."""
        async with self._limit(60):
            while True:
                try:
                    return self.limits[-1].reschedule(0)
                except (IndexError, RuntimeError):  # that one is over already
                    await asyncio.sleep(0.005)


async def test_an_api_that_says_nothing(session: Path, server: ScriptedServer) -> None:
    server.enqueue(Answer(hang=True))
    async with watching(session, server.url, idle_timeout=0.2) as watched:
        with pytest.raises(anthropic.InternalServerError, match=r"silent for 0\.2 s"):
            await watched.claude().messages.create(**ASK)
        row = await watched.capture()
    assert (row.outcome, row.status) == ("failed", 502)


async def test_an_api_that_falls_silent_in_the_middle(
    session: Path, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.enqueue(Answer(text="1234", chunks=4, cut_after=1, hang=True))
    silences = Silences(monkeypatch)
    async with watching(session, server.url, idle_timeout=PATIENCE_S) as watched:
        stream = await watched.claude().messages.create(**ASK, stream=True)
        async for event in stream:
            if event.type == "content_block_delta":
                break
        await silences.end()
        with pytest.raises(httpx2.RemoteProtocolError, match="incomplete chunked read"):
            [event async for event in stream]
        row = await watched.capture()
    assert (row.outcome, row.status, row.error) == (
        "failed",
        200,
        "TimeoutError: the API was silent for 3000.5 s",
    )


async def test_only_silence_has_a_limit(session: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each piece that comes ends one silence, and begins another, with all the time there is."""
    said = asyncio.Semaphore(0)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n%s\r\n\r\n" % EVENTS)
        for number in range(10):
            writer.write(b"data: %d\n\n" % number)
            await said.acquire()
        writer.close()

    silences = Silences(monkeypatch)
    async with raw_server(talk) as url, watching(session, url, idle_timeout=PATIENCE_S) as watched:
        reader, writer = await watched.raw()
        writer.write(post("/v1/messages", b"{}"))
        for number in range(10):
            await asyncio.wait_for(reader.readuntil(b"data: %d\n\n" % number), 60)
            said.release()
        await asyncio.wait_for(reader.read(), 60)
        writer.close()
        row = await watched.capture()
    assert row.outcome == "complete"
    ends = [limit.when() or 0.0 for limit in silences.limits]
    assert len(ends) >= 10
    assert ends == sorted(set(ends))


async def test_an_answer_before_the_request_has_come_to_its_end(session: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer(b'{"error": {"type": "request_too_large"}}', status=b"413 Too Large"))
        await writer.drain()
        await reader.read()

    async with raw_server(talk) as url, watching(session, url) as watched:
        reader, writer = await watched.raw()
        writer.write(post("/v1/messages", b"x" * 1_000_000)[:-500_000])
        said = await asyncio.wait_for(reader.readuntil(b"}}"), 60)
        row = await watched.capture()
        writer.close()
    assert said.startswith(b"HTTP/1.1 413 Too Large\r\n")
    assert (row.status, row.outcome, row.error) == (413, "complete", "request_too_large: ")


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 600_000,
    ],
    ids=["not HTTP", "no host", "two lengths", "endless head"],
)
async def test_what_is_not_http_is_refused(watched: Watched, nonsense: bytes) -> None:
    said = await watched.say(nonsense)
    assert said.startswith((b"HTTP/1.1 400", b"HTTP/1.1 431"))
    assert watched.dumped() == set()


async def test_a_body_that_is_not_http_fails_the_exchange(watched: Watched) -> None:
    head = b"POST /v1/messages HTTP/1.1\r\nHost: p\r\nTransfer-Encoding: chunked\r\n\r\n"
    said = await watched.say(head + b"zz\r\n")
    assert said.startswith(b"HTTP/1.1 400")
    assert (await watched.capture()).outcome == "failed"


async def test_an_api_that_does_not_speak_http(session: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"220 mail.example.com ESMTP\r\n\r\n")

    async with raw_server(talk) as url, watching(session, url) as watched:
        said = await watched.say(post("/v1/messages", b"{}"))
        row = await watched.capture()
    assert said.startswith(b"HTTP/1.1 502 Bad Gateway")
    assert row.outcome == "failed"


async def test_an_answer_that_ends_with_its_connection(session: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n{}")
        writer.close()

    async with raw_server(talk) as url, watching(session, url) as watched:
        newer = await watched.say(post("/v1/messages", b"{}"))
        older = await watched.say(b"POST /v1/messages HTTP/1.0\r\ncontent-length: 2\r\n\r\n{}")
        rows = [await watched.capture(), await watched.capture()]
    assert newer.endswith(b"2\r\n{}\r\n0\r\n\r\n")
    assert older.endswith(b"\r\n\r\n{}")
    assert b"chunked" not in older
    assert [row.outcome for row in rows] == ["complete", "complete"]


async def test_what_is_going_on_when_the_proxy_stops_is_recorded(
    session: Path, server: ScriptedServer
) -> None:
    server.enqueue(Answer(hang=True))
    async with watching(session, server.url) as watched:
        _, writer = await watched.raw()
        writer.write(post("/v1/messages", json.dumps(ASK).encode()))
        await asyncio.to_thread(server.wait_for_requests, 1)
    writer.close()
    (row,) = watched.rows()
    assert (row["outcome"], row["error"]) == ("cut", "the proxy was stopped")


async def test_a_disk_that_fails_costs_the_record_and_not_the_exchange(
    server: ScriptedServer, watched: Watched
) -> None:
    for name in ("request_001.json", "response_001_headers.json"):
        (watched.session / "raw_dumps" / name).mkdir()
    (watched.session / "api_captures.jsonl").mkdir()
    server.enqueue(Answer(text="all the same"))
    message = await watched.claude().messages.create(**ASK)
    assert message.content[0].text == "all the same"  # type: ignore[union-attr]
    row = await watched.capture()
    assert row.record_error is not None
    assert "request_001.json: File exists" in row.record_error
    assert "response_001_headers.json: Is a directory" in row.record_error
    assert watched.proxy.problem is not None
    assert "Is a directory" in watched.proxy.problem


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", None])
async def test_a_secure_api_is_believed_only_with_a_certificate_that_is_trusted(
    session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str | None
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    if variable:
        monkeypatch.setenv(variable, str(tmp_path / "ca.pem"))

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(answer(b'{"secure": true}'))
        await writer.drain()

    async with raw_server(talk, ssl=context) as url, watching(session, url) as watched:
        said = await watched.say(post("/v1/messages", b"{}"))
        row = await watched.capture()
    if variable:
        assert said.endswith(b'{"secure": true}')
        assert row.ok
    else:
        assert said.startswith(b"HTTP/1.1 502")
        assert row.error is not None
        assert "certificate verify failed" in row.error


async def test_an_exchange_that_cannot_be_described_ends_nothing(
    session: Path, server: ScriptedServer
) -> None:
    def broken(*_: object) -> bool:
        raise RuntimeError("no idea")

    async with watching(session, server.url, main_agent=broken) as watched:
        await watched.claude().messages.create(**ASK)
        await watched.proxy.settled()
        assert watched.proxy.problem == "request 1 has no row (RuntimeError: no idea)"
    assert watched.dump("request_001.json") == server.requests[0].body


async def test_a_slow_disk_holds_a_fast_network_up(session: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for the disk is bounded: while it stands still, so does the relay."""
    monkeypatch.setattr(disk, "LAG", 100_000)
    gate = threading.Event()
    write = spool.Spool._write

    def slow_write(self: spool.Spool, data: bytes) -> None:
        assert gate.wait(120)
        write(self, data)

    monkeypatch.setattr(spool.Spool, "_write", slow_write)
    body = b"x" * 10_000_000

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(answer(body))

    async with raw_server(talk) as url, watching(session, url) as watched:
        reader, writer = await watched.raw()
        writer.write(b"POST /v1/messages HTTP/1.1\r\nHost: p\r\ncontent-length: 0\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        got = bytearray()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                while len(got) < len(body):
                    got += await reader.read(65536)
        gate.set()
        while len(got) < len(body):
            got += await reader.read(65536)
        writer.close()
        await watched.capture()
    assert got == body
    assert watched.dump("response_001.txt") == body
