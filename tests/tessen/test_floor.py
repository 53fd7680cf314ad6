"""The HTTP floor: a model asked through any HTTP library leaves one event, however the asking ends."""

from __future__ import annotations

import asyncio
import gc
import gzip
import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import aiohttp
import pytest
import requests
import urllib3

from capture.scripted import Answer, ErrorAnswer, ScriptedServer
from tessen import _recorder
from tessen._stream import StreamRecord
from tests.gate import Gate

CHAT = "/v1/chat/completions"
MESSAGES = "/v1/messages"
ASK: dict[str, Any] = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "count"}]}
STREAM = {**ASK, "stream": True}
PIECES = Answer(text="one two three four", chunks=4)
SLOW = Answer(text="owls two three four", chunks=4, chunk_delay=0.05)
HELD = Answer(text="one two three four", chunks=4, chunk_delay=600)
"""Of which only the beginning is there before whoever reads it leaves."""
CUT = Answer(text="one two three four", chunks=4, cut_after=2)
KEY = "opaque-key-of-the-test-0a1b2c"
HEADERS = {"authorization": f"Bearer {KEY}", "cookie": "sid=cookie-of-the-test"}
KINDS = ["requests", "urllib3", "aiohttp"]


class Asker:
    """Asks through one library, and reads as a program would."""

    def __init__(self, url: str) -> None:
        self.url = url

    def read(self, path: str, body: dict[str, Any]) -> bytes:
        """Read the whole body."""
        raise NotImplementedError

    def read_some(self, path: str, body: dict[str, Any]) -> None:
        """Read the first line of the body, and close the answer."""
        raise NotImplementedError

    def raise_inside(self, path: str, body: dict[str, Any]) -> None:
        """Read the first line of the body, and fail."""
        raise NotImplementedError


class Requests(Asker):
    def read(self, path: str, body: dict[str, Any]) -> bytes:
        if body.get("stream"):
            with requests.post(self.url + path, json=body, headers=HEADERS, stream=True) as response:
                return b"".join(response.iter_content(None))
        return requests.post(self.url + path, json=body, headers=HEADERS).content

    def read_some(self, path: str, body: dict[str, Any]) -> None:
        with requests.post(self.url + path, json=body, stream=True) as response:
            next(response.iter_lines(chunk_size=1))

    def raise_inside(self, path: str, body: dict[str, Any]) -> None:
        with requests.post(self.url + path, json=body, stream=True) as response:
            for _ in response.iter_lines(chunk_size=1):
                raise ZeroDivisionError


class Urllib3(Asker):
    def read(self, path: str, body: dict[str, Any]) -> bytes:
        pool = urllib3.PoolManager(retries=False)
        streamed = bool(body.get("stream"))
        response = pool.request(
            "POST", self.url + path, json=body, headers=HEADERS, preload_content=not streamed
        )
        return b"".join(response.stream()) if streamed else response.data

    def read_some(self, path: str, body: dict[str, Any]) -> None:
        response = urllib3.request("POST", self.url + path, json=body, preload_content=False)
        response.read1()
        response.close()

    def raise_inside(self, path: str, body: dict[str, Any]) -> None:
        response = urllib3.request("POST", self.url + path, json=body, preload_content=False)
        try:
            response.read1()
            raise ZeroDivisionError
        finally:
            response.close()


class Aiohttp(Asker):
    def read(self, path: str, body: dict[str, Any]) -> bytes:
        async def ask() -> bytes:
            async with (
                aiohttp.ClientSession(self.url, headers=HEADERS) as session,
                session.post(path, json=body) as response,
            ):
                if body.get("stream"):
                    return b"".join([chunk async for chunk in response.content.iter_any()])
                return await response.read()

        return asyncio.run(ask())

    def read_some(self, path: str, body: dict[str, Any]) -> None:
        async def ask() -> None:
            async with aiohttp.ClientSession(self.url) as session, session.post(path, json=body) as response:
                await response.content.readline()

        asyncio.run(ask())

    def raise_inside(self, path: str, body: dict[str, Any]) -> None:
        async def ask() -> None:
            async with aiohttp.ClientSession(self.url) as session, session.post(path, json=body) as response:
                await response.content.readline()
                raise ZeroDivisionError

        asyncio.run(ask())


ASKERS: dict[str, Callable[[str], Asker]] = {"requests": Requests, "urllib3": Urllib3, "aiohttp": Aiohttp}


@pytest.fixture(params=KINDS)
def asker(request: pytest.FixtureRequest, server: ScriptedServer) -> Asker:
    return ASKERS[request.param](server.url)


def text_of(body: dict[str, Any]) -> str:
    if "choices" in body:
        return str(body["choices"][0]["message"]["content"])
    return "".join(block["text"] for block in body["content"])


def test_a_plain_answer(asker: Asker, server: ScriptedServer, log: Any) -> None:
    server.enqueue(Answer(text="hi there"))
    body = asker.read(CHAT, ASK)
    event = log.one()
    assert event["casted_response"] == json.loads(body)
    assert event["request_body"] == server.requests[0].json
    assert (event["_tessen_tier"], event["provider"]) == (3, "openai")
    assert (event["surface"], event["streamed"]) == ("chat.completions.create", False)
    assert (event["status"], event["quality_signals"]) == ("ok", [])
    assert (event["http_method"], event["http_url"]) == ("POST", server.url + CHAT)
    assert event["call_site"]["file"] == __file__
    assert event["usage"]["output_tokens"] > 0
    assert "x-request-id" in event["response_headers"]
    assert "attempts" not in event


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
@pytest.mark.parametrize("kind", KINDS)
def test_a_streamed_answer_is_followed_to_its_end(
    kind: str, path: str, server: ScriptedServer, log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its duration is that of the stream, and not that of its headers, nor of its first token."""
    take = StreamRecord._take

    def opening(record: StreamRecord, data: bytes) -> None:
        take(record, data)
        if record.ttft_ms is not None and not gate.opened.is_set():
            time.sleep(SLOW.chunk_delay)
            gate.opened.set()

    monkeypatch.setattr(StreamRecord, "_take", opening)
    server.enqueue(SLOW)
    with Gate(server, after=b"owl") as gate:
        received = ASKERS[kind](gate.url).read(path, {**STREAM, "max_tokens": 9})
    event = log.one()
    assert text_of(event["response_body"]) == SLOW.text
    assert (event["status"], event["streamed"]) == ("ok", True)
    assert event["surface"].endswith(".stream")
    assert event["chunks_captured"] == received.count(b"data: {") - received.count(b"event: ping")
    assert event["duration_ms"] >= 3 * SLOW.chunk_delay * 1000
    assert 0 < event["ttft_ms"] < event["duration_ms"] - SLOW.chunk_delay * 1000


def test_a_failure_by_status(asker: Asker, server: ScriptedServer, log: Any) -> None:
    server.enqueue(ErrorAnswer(429, retry_after=7), ErrorAnswer(529))
    body = asker.read(CHAT, ASK)
    asker.read(MESSAGES, STREAM)
    limited, overloaded = log.events()
    assert (limited["status"], limited["quality_signals"]) == ("error", ["rate_limited"])
    assert limited["error"]["body"] == json.loads(body)
    assert limited["error"]["status_code"] == 429
    (attempt,) = limited["attempts"]
    assert (attempt["status"], attempt["retry_after_s"]) == (429, 7.0)
    assert attempt["request_id"] == limited["error"]["response_headers"]["x-request-id"]
    assert (overloaded["status"], overloaded["quality_signals"]) == ("error", ["overloaded"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_connection_refused(kind: str, log: Any) -> None:
    with pytest.raises((OSError, urllib3.exceptions.HTTPError)):
        ASKERS[kind]("http://127.0.0.1:9").read(CHAT, ASK)
    event = log.one()
    assert (event["status"], event["quality_signals"]) == ("error", ["connection_error"])
    assert [attempt["status"] for attempt in event["attempts"]] == [None]


@pytest.mark.parametrize("body", [ASK, STREAM], ids=["plain", "streamed"])
def test_a_connection_cut_in_the_middle(
    body: dict[str, Any], asker: Asker, server: ScriptedServer, log: Any
) -> None:
    server.enqueue(CUT)
    with pytest.raises((OSError, urllib3.exceptions.HTTPError, aiohttp.ClientError)):
        asker.read(CHAT, body)
    event = log.one()
    assert (event["status"], event["quality_signals"]) == ("error", ["connection_error"])
    assert event["error"]["status_code"] in (200, None)  # urllib3 has no answer before it has the body
    assert ("one" in json.dumps(event.get("response_body"))) or not body.get("stream")


def test_a_stream_closed_early_is_abandoned(asker: Asker, server: ScriptedServer, log: Any) -> None:
    server.enqueue(HELD)
    asker.read_some(CHAT, STREAM)
    event = log.one()
    assert (event["outcome"], event["quality_signals"]) == ("abandoned", ["stream_abandoned"])


def test_an_exception_of_the_programs_own(asker: Asker, server: ScriptedServer, log: Any) -> None:
    server.enqueue(HELD)
    with pytest.raises(ZeroDivisionError):
        asker.raise_inside(CHAT, STREAM)
    assert (log.one()["outcome"], log.one()["quality_signals"]) == ("exception", [])


async def test_a_cancelled_task(server: ScriptedServer, log: Any) -> None:
    server.enqueue(Answer(text="a b c d", chunks=4, chunk_delay=30), Answer(hang=True))
    started = asyncio.Event()

    async def ask() -> None:
        async with aiohttp.ClientSession(server.url) as session, session.post(CHAT, json=STREAM) as response:
            async for _ in response.content:
                started.set()

    task = asyncio.create_task(ask())
    await asyncio.wait_for(started.wait(), 60)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with aiohttp.ClientSession(server.url) as session:
        task = asyncio.ensure_future(session.post(CHAT, json=ASK))
        await asyncio.to_thread(server.wait_for_requests, 2, 60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    in_stream, before_answer = log.events()
    assert (in_stream["status"], in_stream["outcome"]) == ("ok", "cancelled")
    assert (before_answer["status"], before_answer["outcome"]) == ("error", "cancelled")


def test_a_dropped_answer_is_abandoned_and_freed(server: ScriptedServer, log: Any) -> None:
    server.enqueue(HELD)
    response = requests.post(server.url + CHAT, json=STREAM, stream=True)
    next(response.iter_lines(chunk_size=1))
    del response
    gc.collect()
    assert _recorder.active is not None
    assert _recorder.active.flush(60)
    assert log.one()["outcome"] == "abandoned"
    assert not _recorder.active._streams


def test_retries_of_urllib3_are_attempts_of_one_call(server: ScriptedServer, log: Any) -> None:
    """As a session of requests with a retrying adapter makes them."""
    server.enqueue(ErrorAnswer(502), ErrorAnswer(503, retry_after=0), PIECES)
    retry = urllib3.Retry(3, status_forcelist=[502, 503], allowed_methods=None, backoff_factor=0)
    with requests.Session() as session:
        session.mount("http://", requests.adapters.HTTPAdapter(max_retries=retry))
        session.post(server.url + CHAT, json=ASK)
    event = log.one()
    assert [attempt["status"] for attempt in event["attempts"]] == [502, 503, 200]
    assert all(attempt["request_id"] for attempt in event["attempts"])
    assert (event["status"], event["quality_signals"]) == ("ok", ["silent_retry"])
    assert text_of(event["casted_response"]) == PIECES.text


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_other_requests_are_none_of_ours(method: str, server: ScriptedServer, log: Any) -> None:
    urllib3.request(method, f"{server.url}/v1/models")
    requests.request(method, f"{server.url}/v1/elsewhere", json=ASK)
    requests.post(server.url + CHAT, json={"messages": "of another kind"})
    requests.post(server.url + CHAT, data=iter([b"an upload"]))
    assert log.events() == []


def test_no_credential_in_any_byte(asker: Asker, server: ScriptedServer, log: Any) -> None:
    server.enqueue(Answer(text=f"you are {KEY}"), ErrorAnswer(401, message=f"bad key {KEY}"))
    asker.read(CHAT, ASK)
    asker.read(f"{CHAT}?api_key=in-the-address", ASK)
    written = b"".join(log.lines())
    assert len(log.lines()) == 2
    for secret in (KEY, "cookie-of-the-test", "in-the-address"):
        assert secret.encode() not in written


READINGS: dict[str, Callable[[Any], Any]] = {
    "read": lambda r: r.read(),
    "read in parts": lambda r: b"".join(iter(lambda: r.read(7), b"")),
    "stream": lambda r: b"".join(r.stream(5)),
    "read1": lambda r: b"".join(iter(lambda: r.read1(9), b"")),
    "data": lambda r: r.data,
    "lines": lambda r: b"".join(r),
}


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("body", [ASK, STREAM], ids=["sized", "chunked"])
def test_every_way_to_read_from_urllib3(
    reading: str, body: dict[str, Any], server: ScriptedServer, log: Any
) -> None:
    server.enqueue(Answer(text="one two\r\n three four", chunks=9))
    response = urllib3.request("POST", server.url + CHAT, json=body, preload_content=False)
    assert type(response) is urllib3.HTTPResponse
    assert b"one" in READINGS[reading](response)
    event = log.one()
    assert text_of(event.get("casted_response") or event["response_body"]) == "one two\r\n three four"
    assert "outcome" not in event


async def test_every_way_to_read_from_aiohttp(server: ScriptedServer, log: Any) -> None:
    async def exactly(content: aiohttp.StreamReader) -> bytes:
        return await content.readexactly(40) + await content.read()

    async def until(content: aiohttp.StreamReader) -> bytes:
        return await content.readuntil(b"]") + await content.read()

    async def nowait(content: aiohttp.StreamReader) -> bytes:
        return await content.readany() + content.read_nowait() + await content.read()

    async def joined(parts: Any) -> bytes:
        return b"".join([part if isinstance(part, bytes) else part[0] async for part in parts])

    readings: list[Callable[[aiohttp.StreamReader], Any]] = [
        *(exactly, until, nowait),
        *(lambda c: c.read(), lambda c: joined(c), lambda c: joined(c.iter_any())),
        *(lambda c: joined(c.iter_chunked(7)), lambda c: joined(c.iter_chunks())),
    ]
    async with aiohttp.ClientSession(server.url) as session:
        for body in (ASK, STREAM):
            for read in readings:
                server.enqueue(Answer(text="one two three four", chunks=9, chunk_delay=0.001))
                async with session.post(CHAT, json=body) as response:
                    assert type(response) is aiohttp.ClientResponse
                    assert isinstance(response.content, aiohttp.StreamReader)
                    assert await read(response.content)
    assert len(log.events()) == 2 * len(readings)
    for event in log.events():
        assert text_of(event.get("casted_response") or event["response_body"]) == "one two three four"
        assert "outcome" not in event


@pytest.fixture
def compressing() -> Iterator[str]:
    """A server that compresses its answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            answer = {"model": "m", "choices": [{"message": {"content": "compressed"}}]}
            body = gzip.compress(json.dumps(answer).encode())
            self.send_response(200)
            for name, value in (
                ("type", "application/json"),
                ("encoding", "gzip"),
                ("length", str(len(body))),
            ):
                self.send_header(f"content-{name}", value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.mark.parametrize("kind", KINDS)
def test_a_compressed_answer(kind: str, compressing: str, log: Any) -> None:
    body = ASKERS[kind](compressing).read(CHAT, ASK)
    assert log.one()["casted_response"] == json.loads(body)


def test_requests_follows_a_redirection_in_one_call(server: ScriptedServer, log: Any) -> None:
    server.enqueue(Answer(status=307, headers={"location": f"{server.url}{CHAT}?again"}), PIECES)
    requests.post(server.url + CHAT, json=ASK)
    assert len(server.requests) == 2
    assert text_of(log.one()["casted_response"]) == PIECES.text
