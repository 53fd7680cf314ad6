"""How answers travel: retries, cuts, silence, broken bodies, big bodies, connections kept and lost."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from typing import Any
from urllib.parse import urlsplit

import anthropic
import httpx2
import openai
import pytest

from capture.scripted import Answer, ErrorAnswer, Received, ScriptedServer

ASK: Any = {"model": "claude-sonnet-4-6", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]}
CHAT: Any = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "hi"}]}


def test_the_sdks_wait_as_long_as_retry_after_says(server: ScriptedServer) -> None:
    limited = ErrorAnswer(429, retry_after=0.3)
    server.enqueue(limited, Answer(text="at last"), limited, Answer(text="at last"))
    with anthropic.Anthropic(base_url=server.url, api_key="none", max_retries=1) as claude:
        assert claude.messages.create(**ASK).content[0].text == "at last"
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=1) as gpt:
        assert gpt.chat.completions.create(**CHAT).choices[0].message.content == "at last"
    times = [request.received_at for request in server.requests]
    assert times[1] - times[0] >= 0.3
    assert times[3] - times[2] >= 0.3
    assert [request.headers["x-stainless-retry-count"] for request in server.requests] == ["0", "1", "0", "1"]


def test_a_cut_stream_delivers_what_came_before(server: ScriptedServer, claude: anthropic.Anthropic) -> None:
    server.enqueue(Answer(text="12345678", chunks=8, cut_after=3))
    seen = ""
    with pytest.raises(httpx2.RemoteProtocolError):
        for event in claude.messages.create(**ASK, stream=True):
            seen += event.delta.text if event.type == "content_block_delta" else ""
    assert seen == "123"


def test_a_stream_is_cut_at_its_very_end_or_not_at_all(server: ScriptedServer, gpt: openai.OpenAI) -> None:
    server.enqueue(Answer(text="1234", chunks=4, cut_after=4), Answer(text="1234", chunks=4, cut_after=5))
    with pytest.raises(openai.APIConnectionError):
        list(gpt.chat.completions.create(**CHAT, stream=True))
    whole = list(gpt.chat.completions.create(**CHAT, stream=True))
    assert whole[-1].choices[0].finish_reason == "stop"


def test_a_stream_is_cut_before_its_first_piece(server: ScriptedServer, claude: anthropic.Anthropic) -> None:
    server.enqueue(Answer(text="never", cut_after=0))
    seen = []
    with pytest.raises(httpx2.RemoteProtocolError):
        seen.extend(event.type for event in claude.messages.create(**ASK, stream=True))
    assert seen == ["message_start", "content_block_start"]


def test_a_cut_plain_answer_raises(server: ScriptedServer, gpt: openai.OpenAI) -> None:
    server.enqueue(Answer(text="never whole", cut_after=0))
    with pytest.raises(openai.APIConnectionError):
        gpt.chat.completions.create(**CHAT)


def test_silence_runs_into_the_clients_timeout(server: ScriptedServer, claude: anthropic.Anthropic) -> None:
    server.enqueue(Answer(hang=True))
    with pytest.raises(anthropic.APITimeoutError):
        claude.with_options(timeout=0.3).messages.create(**ASK)
    (received,) = server.wait_for_requests(1, 60)
    assert received.status is None


def test_a_stream_may_fall_silent(server: ScriptedServer) -> None:
    server.enqueue(Answer(text="12345678", chunks=8, cut_after=2, hang=True))
    body = json.dumps({**CHAT, "stream": True}).encode()
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body)
    with socket.create_connection(("127.0.0.1", urlsplit(server.url).port), timeout=60) as line:
        line.sendall(head + body)
        seen = b""
        while b'"content":"2"' not in seen or not seen.endswith(b"\n\n\r\n"):
            seen += line.recv(65536)
        line.settimeout(0.5)
        with pytest.raises(TimeoutError):
            line.recv(1)
    assert b'"content":"3"' not in seen


def test_malformed_bodies(server: ScriptedServer, gpt: openai.OpenAI) -> None:
    server.enqueue(Answer(malformed=True), Answer(malformed=True))
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|delimiter"):
        gpt.chat.completions.create(**CHAT)
    with pytest.raises(ValueError, match="Expecting value"):
        list(gpt.chat.completions.create(**CHAT, stream=True))


def test_status_and_headers_of_an_answer(server: ScriptedServer, gpt: openai.OpenAI) -> None:
    server.enqueue(Answer(status=202, headers={"x-mine": "yes", "x-request-id": "req_mine"}))
    response = gpt.chat.completions.with_raw_response.create(**CHAT)
    assert (response.status_code, response.headers["x-mine"], response.request_id) == (202, "yes", "req_mine")


@pytest.mark.parametrize("size", [1_000_000, 20_000_000])
def test_big_bodies_both_ways(server: ScriptedServer, claude: anthropic.Anthropic, size: int) -> None:
    server.enqueue(Answer(text="{{last_user}}"))
    message = claude.messages.create(**ASK | {"messages": [{"role": "user", "content": "x" * size}]})
    assert len(message.content[0].text) == size
    assert len(server.requests[0].body) > size


def test_one_connection_serves_many_requests(server: ScriptedServer) -> None:
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    connection.connect()
    kept = connection.sock
    for _ in range(5):
        connection.request("GET", "/v1/models")
        assert connection.getresponse().read()
        assert connection.sock is kept
    connection.close()


def test_two_requests_sent_at_once_are_answered_in_order(server: ScriptedServer) -> None:
    request = b"GET /v1/models/%s HTTP/1.1\r\nhost: x\r\n\r\n"
    with socket.create_connection(("127.0.0.1", urlsplit(server.url).port), timeout=60) as line:
        line.sendall(
            request % b"first" + (request % b"second").replace(b"host", b"connection: close\r\nhost")
        )
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert answer.index(b'"first"') < answer.index(b'"second"')


def test_curls_way_of_asking_before_sending(server: ScriptedServer) -> None:
    head = b"POST /v1/messages HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n"
    with socket.create_connection(("127.0.0.1", urlsplit(server.url).port), timeout=60) as line:
        line.sendall(head)
        assert line.recv(12) == b"HTTP/1.1 100"
        line.sendall(b"{}")
        answer = line.recv(65536)
        while b"HTTP/1.1 400" not in answer:
            answer += line.recv(65536)


def test_what_is_not_http_is_refused(server: ScriptedServer) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(server.url).port), timeout=60) as line:
        line.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 400")


def test_unknown_addresses_and_methods_say_what_there_is(server: ScriptedServer) -> None:
    lost = httpx2.post(f"{server.url}/v1/elsewhere", json={})
    wrong = httpx2.get(f"{server.url}/v1/messages")
    assert (lost.status_code, wrong.status_code) == (404, 405)
    assert "POST /v1/messages" in lost.json()["error"]["message"]


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b"\xff", b'{"model": 3}', b'{"model": "m"}', b'{"model":"m","messages":3}']
)
def test_bodies_that_make_no_sense(server: ScriptedServer, body: bytes) -> None:
    answers = [
        httpx2.post(server.url + path, content=body) for path in ("/v1/messages", "/v1/chat/completions")
    ]
    assert [answer.status_code for answer in answers] == [400, 400]


def test_a_client_that_leaves_ends_the_work_for_it() -> None:
    gone = threading.Event()
    left: list[Received] = []

    def answered(received: Received) -> None:
        left.append(received)
        gone.set()

    with ScriptedServer(
        [Answer(text="a long story", chunks=10, chunk_delay=30)], on_answered=answered
    ) as server:
        body = b'{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true}'
        with socket.create_connection(("127.0.0.1", urlsplit(server.url).port), timeout=60) as line:
            line.sendall(
                b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body
            )
            assert line.recv(100).startswith(b"HTTP/1.1 200")
        assert gone.wait(60)
    assert (left[0].status, left[0].answered_at) == (200, None)
