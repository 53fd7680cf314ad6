"""Attempts, retries and failures: what an SDK swallows is on the record, with the real SDKs."""

from __future__ import annotations

import contextlib
import gc
import socket
import weakref
from typing import Any

import anthropic
import httpx2
import openai
import pydantic
import pytest

from capture.scripted import Answer, ErrorAnswer, ScriptedServer, Usage

QUESTION: list[dict[str, Any]] = [{"role": "user", "content": "hello"}]


def ask(client: Any, **more: Any) -> Any:
    if isinstance(client, anthropic.Anthropic | anthropic.AsyncAnthropic):
        return client.messages.create(model="claude-haiku-4-5", max_tokens=9, messages=QUESTION, **more)
    return client.chat.completions.create(model="gpt-5-mini", messages=QUESTION, **more)


@pytest.mark.parametrize("vendor", ["anthropic", "openai"])
def test_a_retry_the_program_never_saw(vendor: str, server: ScriptedServer, clients: Any, log: Any) -> None:
    server.enqueue(ErrorAnswer(429, retry_after=0.02), ErrorAnswer(502), Answer(text="at last"))
    ask(getattr(clients, vendor)(max_retries=2))
    event = log.one()
    assert event["status"] == "ok"
    assert event["quality_signals"] == ["silent_retry"]
    assert [attempt["status"] for attempt in event["attempts"]] == [429, 502, 200]
    assert [attempt["retry_after_s"] for attempt in event["attempts"]] == [0.02, None, None]
    assert all(attempt["request_id"] and attempt["duration_ms"] > 0 for attempt in event["attempts"])
    assert event["attempts"][0]["error"]
    assert event["attempts"][2]["error"] is None
    assert sum(attempt["duration_ms"] for attempt in event["attempts"]) < event["duration_ms"]


async def test_a_retry_of_a_stream_in_async(server: ScriptedServer, clients: Any, log: Any) -> None:
    server.enqueue(ErrorAnswer(529), Answer(text="at last"))
    async for _ in await ask(clients.async_anthropic(max_retries=1), stream=True):
        pass
    event = log.one()
    assert [attempt["status"] for attempt in event["attempts"]] == [529, 200]
    assert event["response_body"]["content"][0]["text"] == "at last"
    assert event["quality_signals"] == ["silent_retry"]
    await clients.close()


STATUSES = {
    429: ("rate_limited", "RateLimitError"),
    529: ("overloaded", None),
    401: ("auth_error", "AuthenticationError"),
    403: ("permission_denied", "PermissionDeniedError"),
    404: ("not_found", "NotFoundError"),
    409: ("conflict", "ConflictError"),
    422: ("unprocessable", "UnprocessableEntityError"),
    400: ("invalid_request", "BadRequestError"),
    503: ("server_error", None),
    418: ("client_error", None),
}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("vendor", ["anthropic", "openai"])
def test_every_http_error(
    *, vendor: str, streamed: bool, status: int, server: ScriptedServer, clients: Any, log: Any
) -> None:
    server.enqueue(ErrorAnswer(status, message="no such luck"))
    with pytest.raises((anthropic.APIStatusError, openai.APIStatusError)) as raised:
        ask(getattr(clients, vendor)(), stream=streamed)
    event = log.one()
    error = event["error"]
    signal, expected = STATUSES[status]
    assert event["quality_signals"] == [signal]
    assert event["status"] == "error"
    assert event["streamed"] is streamed
    assert list(error) == ["type", "msg", "tb", "status_code", "body", "response_headers"]
    assert error["type"] == type(raised.value).__name__ == (expected or error["type"])
    assert error["msg"] == str(raised.value)
    assert error["status_code"] == status
    assert error["body"]["error"]["message"] == "no such luck"
    assert error["tb"].startswith("Traceback (most recent call last)")
    assert [attempt["status"] for attempt in event["attempts"]] == [status]
    assert event["model"] == ("claude-haiku-4-5" if vendor == "anthropic" else "gpt-5-mini")
    assert "response_body" not in event
    assert "outcome" not in event


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
def test_the_traceback_begins_in_the_program_and_is_free_of_the_recorder(
    *, streamed: bool, server: ScriptedServer, clients: Any, log: Any
) -> None:
    if streamed:
        server.enqueue(Answer(text="one two three", chunks=3, cut_after=1, error=ErrorAnswer(529)))
    else:
        server.enqueue(ErrorAnswer(529))

    def the_programs_own() -> None:
        for _ in ask(clients.anthropic(), stream=streamed):
            pass

    with pytest.raises(anthropic.APIStatusError) as raised:
        the_programs_own()
    trace = log.one()["error"]["tb"]
    assert trace.count("in the_programs_own") == 1
    assert trace.index("in the_programs_own") < trace.index("anthropic")
    assert trace.rstrip().endswith(str(raised.value))
    assert "/tessen/_" not in trace


@pytest.mark.parametrize("vendor", ["anthropic", "openai"])
def test_no_server_at_all(vendor: str, clients: Any, log: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        with pytest.raises((anthropic.APIConnectionError, openai.APIConnectionError)):
            ask(getattr(clients, vendor)(base_url=url, max_retries=1))
    event = log.one()
    assert event["quality_signals"] == ["connection_error", "silent_retry"]
    assert event["error"]["type"] == "APIConnectionError"
    assert event["error"]["status_code"] is None
    assert event["error"]["body"] is None
    assert event["http_url"].startswith(url)
    assert event["request_body"]["messages"] == QUESTION
    assert [attempt["status"] for attempt in event["attempts"]] == [None, None]
    assert event["attempts"][0]["error"].startswith("ConnectError: ")


def test_a_timeout(server: ScriptedServer, clients: Any, log: Any) -> None:
    server.enqueue(Answer(hang=True))
    with pytest.raises(anthropic.APITimeoutError):
        ask(clients.anthropic(timeout=0.1))
    assert log.one()["quality_signals"] == ["connection_error"]
    assert log.one()["error"]["type"] == "APITimeoutError"


def test_a_request_that_was_never_sent(clients: Any, log: Any) -> None:
    """An object that JSON does not know: the SDK fails, the record says what was tried."""
    with pytest.raises(TypeError):
        ask(clients.openai(), metadata={"when": object()})
    event = log.one()
    assert event["status"] == "error"
    assert event["error"]["type"] == "TypeError"
    assert event["quality_signals"] == []
    assert event["request_body"]["metadata"]["when"].startswith("<object object")
    assert event["http_url"].endswith("/v1/chat/completions")
    assert "attempts" not in event


def test_an_answer_that_is_not_json(server: ScriptedServer, clients: Any, log: Any) -> None:
    server.enqueue(Answer(text="half of", malformed=True))
    with pytest.raises(ValueError):
        ask(clients.openai())
    event = log.one()
    assert event["status"] == "error"
    assert isinstance(event["error"]["body"], str)


def test_bodies_that_are_not_json_are_kept_as_text(clients: Any, log: Any) -> None:
    def serve(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(502, text="<html>\n<b>Bad \x00 gateway</b>")

    http_client = httpx2.Client(transport=httpx2.MockTransport(serve))
    with pytest.raises(openai.InternalServerError):
        ask(clients.openai(http_client=http_client))
    assert log.one()["error"]["body"] == "<html>\n<b>Bad \x00 gateway</b>"


def test_uploads_and_binary_answers_are_described(clients: Any, log: Any) -> None:
    def serve(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/speech"):
            return httpx2.Response(200, content=bytes(1000), headers={"content-type": "audio/mpeg"})
        return httpx2.Response(200, json={"text": "hello"})

    client = clients.openai(http_client=httpx2.Client(transport=httpx2.MockTransport(serve)))
    client.audio.speech.create(model="tts-1", input="hi", voice="alloy").read()
    client.audio.transcriptions.create(model="whisper-1", file=("a.wav", b"RIFF"))
    speech, transcription = log.events()
    assert speech["surface"] == "audio.speech.create"
    assert speech["casted_response"] == {"content_type": "audio/mpeg", "bytes": 1000}
    assert transcription["surface"] == "audio.transcriptions.create"
    assert transcription["casted_response"] == {"text": "hello"}
    assert transcription["request_body"]["model"] == "whisper-1"


def test_requests_of_other_clients_are_no_attempts(server: ScriptedServer, clients: Any, log: Any) -> None:
    """A program may fetch a token, or anything else, while a call is under way."""
    other = httpx2.Client()

    def fetch(request: httpx2.Request) -> None:
        other.get(f"{server.url}/v1/models")

    http_client = httpx2.Client(event_hooks={"request": [fetch]})
    ask(clients.openai(http_client=http_client))
    event = log.one()
    assert "attempts" not in event
    assert len(server.requests) == 2


@pytest.mark.parametrize("vendor", ["anthropic", "openai"])
def test_an_exception_goes_when_the_program_lets_go_of_it(
    vendor: str, server: ScriptedServer, clients: Any, log: Any
) -> None:
    """With the frames that it holds, and all that is in them; no collector is waited for."""
    client = getattr(clients, vendor)()
    server.enqueue(ErrorAnswer(400))
    gc.disable()
    try:
        with contextlib.suppress(anthropic.BadRequestError, openai.BadRequestError):
            try:
                ask(client)
            except Exception as problem:
                held = weakref.ref(problem)
                raise
        assert held() is None
    finally:
        gc.enable()
    assert log.one()["error"]["type"] == "BadRequestError"


class Order(pydantic.BaseModel):
    number: int


def test_an_answer_over_which_the_sdk_raises(server: ScriptedServer, clients: Any, log: Any) -> None:
    """It has come and is paid for, and what is wrong with it is what the program would ask."""
    server.enqueue(Answer(text='{"numb', stop="max_tokens", usage=Usage(input=7, output=3)))
    with pytest.raises(openai.LengthFinishReasonError):
        clients.openai().chat.completions.parse(model="gpt-5-mini", messages=QUESTION, response_format=Order)
    event = log.one()
    assert (event["status"], event["error"]["type"]) == ("error", "LengthFinishReasonError")
    assert event["quality_signals"] == ["truncated_response"]
    assert (event["usage"]["input_tokens"], event["usage"]["output_tokens"]) == (7, 3)
    assert event["error"]["body"]["choices"][0]["message"]["content"] == '{"numb'


def test_a_gateways_error_under_http_200(clients: Any, log: Any) -> None:
    told = {"error": {"code": 502, "message": "the provider is down"}}
    answering = httpx2.MockTransport(lambda request: httpx2.Response(200, json=told))
    ask(clients.openai(http_client=httpx2.Client(transport=answering)))
    event = log.one()
    assert (event["status"], event["quality_signals"]) == ("error", ["server_error"])
    assert (event["error"]["type"], event["error"]["msg"]) == ("502", "the provider is down")
