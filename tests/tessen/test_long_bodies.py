"""Bodies that go on and on, which nobody takes apart: counted to their end, kept only in their beginning."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import anthropic
import openai
import pytest

from tests.tessen.saying import Said, Saying

MB = 1 << 20
SIZE = 20 * MB
KEY = "AbCdEf0123456789AbCdEf0123456789"


def claude(saying: Saying) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=saying.url, api_key="key-of-the-test-1", max_retries=0)


def gpt(saying: Saying) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{saying.url}/v1", api_key="key-of-the-test-2", max_retries=0)


def result(text: str) -> bytes:
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"id": "m", "type": "message", "role": "assistant", "model": "m", "usage": usage}
    message |= {"content": [{"type": "text", "text": text}], "stop_reason": "end_turn", "stop_sequence": None}
    return (
        json.dumps({"custom_id": "a", "result": {"type": "succeeded", "message": message}}).encode() + b"\n"
    )


LINE = result("x y " * 16_000)
AUDIO = json.dumps({"type": "speech.audio.delta", "audio": "QUJD" * 16_000}).encode()
CHAT = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": []}


def batch_results(saying: Saying) -> int:
    batch = {
        "id": "b",
        "type": "message_batch",
        "processing_status": "ended",
        "results_url": saying.url + "/r",
    }
    ended = json.dumps(batch).encode()
    results = saying.says
    saying.says = lambda asked: results(asked) if asked.path == "/r" else Said("application/json", [ended])
    return sum(len(LINE) for _ in claude(saying).messages.batches.results("b"))


def file_content(saying: Saying) -> int:
    with gpt(saying).files.with_streaming_response.content("file-1") as response:
        return sum(map(len, response.iter_bytes()))


def speech(saying: Saying) -> int:
    ask = gpt(saying).audio.speech.with_streaming_response.create
    with ask(model="tts", voice="alloy", input="hello") as response:
        return sum(map(len, response.iter_bytes()))


def chat(saying: Saying) -> int:
    ask = gpt(saying).chat.completions.with_streaming_response.create
    with ask(model="m", messages=[{"role": "user", "content": "hello"}]) as response:
        return sum(map(len, response.iter_bytes()))


Ask = Callable[[Saying], int]
LONG = [
    pytest.param(batch_results, "application/x-jsonl", LINE, 6 * MB, id="results of a batch"),
    pytest.param(file_content, "text/plain; charset=utf-8", LINE, 6 * MB, id="lines of a file"),
    pytest.param(file_content, "text/csv", b"x" * 64_000, 6 * MB, id="no line end and no space"),
    pytest.param(speech, "text/event-stream", b"data: " + AUDIO + b"\n\n", 6 * MB, id="speech in events"),
    pytest.param(speech, "audio/mpeg", b"\0\1" * 32_000, 6 * MB, id="speech"),
    pytest.param(chat, "application/json", b'{"a": "' + b"x y" * 16_000 + b'"},', 16 * MB, id="an answer"),
]
"""How it is asked for, what it is, a piece of it, and how much memory it may take."""


@pytest.mark.parametrize(("ask", "kind", "piece", "most"), LONG)
def test_memory_is_bounded(*, ask: Ask, kind: str, piece: bytes, most: int, saying: Saying, log: Any) -> None:
    pieces = [piece] * (SIZE // len(piece))
    saying.say(kind, *pieces)
    tracemalloc.start()
    try:
        read = ask(saying)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    event = log.last()
    body = event["response_body"] if "response_body" in event else event["casted_response"]
    assert read == body["bytes"] == len(piece) * len(pieces)
    assert body["content_type"] == kind
    assert len(log.lines()[-1]) < 0.3 * MB
    assert (event["status"], event.get("outcome")) == ("ok", None)
    assert peak < most


@pytest.mark.parametrize("ask", [file_content, lambda saying: len(gpt(saying).files.content("file-1").text)])
def test_the_beginning_of_a_long_text_is_kept(ask: Ask, saying: Saying, log: Any) -> None:
    saying.say("application/x-jsonl", *[LINE] * 8)
    assert ask(saying) == len(LINE) * 8
    body = log.one()["casted_response"]
    assert body["bytes"] == len(LINE) * 8
    assert len(body["beginning"]) > 0.24 * MB
    assert (LINE * 8).decode().startswith(body["beginning"])


def test_a_text_that_is_not_long_is_kept_whole(saying: Saying, log: Any) -> None:
    saying.say("application/x-jsonl", result("one"), result("two"))
    assert file_content(saying)
    assert log.one()["casted_response"] == (result("one") + result("two")).decode()


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    """One that only the environment knows, and no looks give away."""
    monkeypatch.setenv("TOOL_API_KEY", KEY)
    return KEY


def parts_of(secret: str, event: dict[str, Any]) -> list[str]:
    written = json.dumps(event)
    return [secret[at : at + 6] for at in range(len(secret) - 5) if secret[at : at + 6] in written]


def test_a_key_at_the_cut(key: str, saying: Saying, log: Any) -> None:
    for before in range((256 << 10) - 40, (256 << 10) + 4, 4):
        saying.say("text/plain", b"x " * (before // 2), key.encode(), b" y" * 1000)
        assert file_content(saying)
        assert parts_of(key, log.last()) == []
        assert log.last()["casted_response"]["beginning"].startswith("x x ")


def test_a_key_in_pieces_at_the_cut(key: str, saying: Saying, log: Any) -> None:
    """Its first pieces are among those that are kept."""
    pieces = [key[at : at + 3] for at in range(0, len(key), 3)]
    for before in range(261_570, 261_602, 6):
        words = ["w " * (before // 2), *pieces, *[" word"] * 60]
        events = [json.dumps({"type": "text.delta", "delta": word}) for word in words]
        saying.say("text/event-stream", "".join(f"data: {event}\n\n" for event in events).encode())
        assert speech(saying)
        assert parts_of(key, log.last()) == []
        (kept,) = log.last()["response_body"]["beginning"]
        assert kept["delta"].startswith("w w ")
