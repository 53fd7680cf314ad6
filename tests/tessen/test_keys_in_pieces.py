"""A key that a model says in pieces, by every way in which an answer streams: no part of it is in the log."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anthropic
import cohere
import openai
import pytest
from google import genai
from mistralai.client import Mistral

import tessen
from tests.tessen.saying import Saying
from tests.tessen.test_secrets import every_byte_in

KEY = "sk-ant-api03-" + "aB3_-" * 12
TOKEN = "Zq7LmN2pR9sT4vW8xY1c"
"""Known from the environment, and by no looks."""
TEXT = f"hi {KEY} and {TOKEN} end"
PIECES = [TEXT[at : at + 5] for at in range(0, len(TEXT), 5)]
ASKED: list[Any] = [{"role": "user", "content": "x"}]
ONCE = {"max_retries": 0}

Json = dict[str, Any]


@pytest.fixture(scope="module")
def saying() -> Iterator[Saying]:
    with Saying() as server:
        yield server


class Asking:
    """Every vendor's SDK on one server."""

    def __init__(self, url: str) -> None:
        self.claude = anthropic.Anthropic(base_url=url, api_key="key-of-the-test-1", max_retries=0)
        self.gpt = openai.OpenAI(base_url=f"{url}/v1", api_key="key-of-the-test-2", max_retries=0)
        self.gemini = genai.Client(api_key="key-of-the-test-3", http_options={"base_url": url})
        self.cohere = cohere.ClientV2(api_key="key-of-the-test-4", base_url=url)
        self.mistral = Mistral(api_key="key-of-the-test-5", server_url=url)


@pytest.fixture(scope="module")
def asking(saying: Saying) -> Asking:
    return Asking(saying.url)


Ask = Callable[[Asking], Any]


def messages(sdk: Asking) -> Any:
    return list(sdk.claude.messages.create(model="m", max_tokens=9, messages=ASKED, stream=True))


def chat(sdk: Asking) -> Any:
    return list(sdk.gpt.chat.completions.create(model="m", messages=ASKED, stream=True))


def chat_plain(sdk: Asking) -> Any:
    return sdk.gpt.chat.completions.create(model="m", messages=ASKED, logprobs=True)


def responses(sdk: Asking) -> Any:
    return list(sdk.gpt.responses.create(model="m", input="x", stream=True))


def completions(sdk: Asking) -> Any:
    return list(sdk.gpt.completions.create(model="m", prompt="x", stream=True))


def transcription(sdk: Asking) -> Any:
    return list(sdk.gpt.audio.transcriptions.create(model="m", file=("a", b"x"), stream=True))


def generate(sdk: Asking) -> Any:
    return list(sdk.gemini.models.generate_content_stream(model="m", contents="x"))


def generate_plain(sdk: Asking) -> Any:
    return sdk.gemini.models.generate_content(model="m", contents="x")


def interaction(sdk: Asking) -> Any:
    return list(sdk.gemini.interactions.create(model="m", input="x", stream=True))


def chat_v2(sdk: Asking) -> Any:
    return list(sdk.cohere.chat_stream(model="m", messages=ASKED))


def tokenize(sdk: Asking) -> Any:
    return sdk.cohere.tokenize(text="x", model="m", offline=False)


def complete(sdk: Asking) -> Any:
    return list(sdk.mistral.chat.stream(model="m", messages=ASKED))


def conversation(sdk: Asking) -> Any:
    return list(sdk.mistral.beta.conversations.start_stream(inputs="x", model="m"))


def claude_says(block: Json, delta: Callable[[str], Json]) -> list[Json]:
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": usage}
    return [
        {"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None}},
        {"type": "content_block_start", "index": 0, "content_block": block},
        *({"type": "content_block_delta", "index": 0, "delta": delta(piece)} for piece in PIECES),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    ]


def gpt_says(delta: Callable[[str], Json], **choice: Any) -> list[Json]:
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    said = [{"index": 0, "delta": delta(piece), "finish_reason": None, **choice} for piece in PIECES]
    last = {"index": 0, "delta": {}, "finish_reason": "stop"}
    return [{**chunk, "choices": [each]} for each in [*said, last]]


def gpt_calls(kind: str, name: str) -> Callable[[str], Json]:
    def delta(piece: str) -> Json:
        first = piece is PIECES[0]
        call = {"index": 0, "id": "t" if first else None, "type": kind}
        return {"tool_calls": [{**call, kind: {"name": "f" if first else None, name: piece}}]}

    return delta


def probabilities() -> list[Json]:
    other = [{"token": piece, "logprob": -2, "bytes": None} for piece in PIECES[:1]]
    return [
        {"token": piece, "logprob": -1, "bytes": list(piece.encode()), "top_logprobs": other}
        for piece in PIECES
    ]


def response_says(kind: str, item: str = "message") -> list[Json]:
    """Broken off before the event that says the whole answer once more."""
    response = {"id": "r", "object": "response", "created_at": 1, "model": "m", "output": []}
    added = {"id": "i", "type": item, "role": "assistant", "content": [], "arguments": "", "call_id": "c"}
    where = {"item_id": "i", "output_index": 0, "content_index": 0, "summary_index": 0}
    return [
        {"type": "response.created", "response": {**response, "status": "in_progress"}},
        {"type": "response.output_item.added", "output_index": 0, "item": {**added, "name": "f"}},
        *({"type": f"response.{kind}.delta", "delta": piece, **where} for piece in PIECES),
    ]


def gemini_says(part: Callable[[str], Json]) -> list[Json]:
    contents = [{"content": {"role": "model", "parts": [part(piece)]}} for piece in PIECES]
    return [*({"candidates": [each]} for each in contents), {"candidates": [{"finishReason": "STOP"}]}]


def partial(piece: str) -> Json:
    argument = {"jsonPath": "$.a", "stringValue": piece, "willContinue": True}
    return {"functionCall": {"name": "f", "willContinue": True, "partialArgs": [argument]}}


def cohere_says(kind: str, content: Json, piece_of: Callable[[str], Json], **more: Any) -> list[Json]:
    usage = {"tokens": {"input_tokens": 1, "output_tokens": 1}}
    return [
        {"type": "message-start", "id": "1", "delta": {"message": {"role": "assistant"}}},
        {"type": f"{kind}-start", "index": 0, "delta": {"message": content}},
        *(
            {"type": f"{kind}-delta", "index": 0, "delta": {"message": piece_of(piece)}, **more}
            for piece in PIECES
        ),
        {"type": f"{kind}-end", "index": 0},
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": usage}},
    ]


def mistral_says(delta: Callable[[str], Json]) -> list[Json]:
    return [{**chunk, "object": "chat.completion.chunk"} for chunk in gpt_says(delta)]


def mistral_calls(piece: str) -> Json:
    name = "f" if piece is PIECES[0] else ""
    return {"tool_calls": [{"id": "t", "index": 0, "function": {"name": name, "arguments": piece}}]}


THINKING = {"type": "thinking", "thinking": "", "signature": ""}
TOOL_USE = {"type": "tool_use", "id": "t", "name": "f", "input": {}}
FUNCTION = {"id": "t", "type": "function", "function": {"name": "f", "arguments": ""}}
CHOICE = {"index": 0, "logprobs": None, "finish_reason": None}
OUTPUT = {"type": "message.output.delta", "id": "1", "content_index": 0, "created_at": "2025-10-09T08:53:20Z"}

STREAMS: dict[str, tuple[Ask, list[Json]]] = {
    "anthropic text": (
        messages,
        claude_says({"type": "text", "text": ""}, lambda p: {"type": "text_delta", "text": p}),
    ),
    "anthropic thinking": (
        messages,
        claude_says(THINKING, lambda p: {"type": "thinking_delta", "thinking": p}),
    ),
    "anthropic tool": (
        messages,
        claude_says(TOOL_USE, lambda p: {"type": "input_json_delta", "partial_json": p}),
    ),
    "openai text": (chat, gpt_says(lambda p: {"content": p})),
    "openai refusal": (chat, gpt_says(lambda p: {"refusal": p})),
    "openai tool": (chat, gpt_says(gpt_calls("function", "arguments"))),
    "openai custom tool": (chat, gpt_says(gpt_calls("custom", "input"))),
    "openai logprobs": (
        chat,
        [
            {**chunk, "choices": [{**chunk["choices"][0], "logprobs": {"content": [one]}}]}
            for chunk, one in zip(gpt_says(lambda p: {"content": p}), probabilities(), strict=False)
        ],
    ),
    "responses text": (responses, response_says("output_text")),
    "responses reasoning": (responses, response_says("reasoning_summary_text", "reasoning")),
    "responses tool": (responses, response_says("function_call_arguments", "function_call")),
    "responses custom tool": (responses, response_says("custom_tool_call_input", "custom_tool_call")),
    "completions": (completions, [{"id": "c", "choices": [{**CHOICE, "text": piece}]} for piece in PIECES]),
    "transcription": (
        transcription,
        [{"type": "transcript.text.delta", "delta": piece} for piece in PIECES],
    ),
    "gemini text": (generate, gemini_says(lambda p: {"text": p})),
    "gemini thought": (generate, gemini_says(lambda p: {"text": p, "thought": True})),
    "gemini tool": (generate, gemini_says(partial)),
    "gemini interaction": (
        interaction,
        [
            {"event_type": "content.delta", "index": 0, "delta": {"type": "text", "text": piece}}
            for piece in PIECES
        ],
    ),
    "cohere text": (
        chat_v2,
        cohere_says("content", {"content": {"type": "text", "text": ""}}, lambda p: {"content": {"text": p}}),
    ),
    "cohere thinking": (
        chat_v2,
        cohere_says(
            "content",
            {"content": {"type": "thinking", "thinking": ""}},
            lambda p: {"content": {"thinking": p}},
        ),
    ),
    "cohere tool": (
        chat_v2,
        cohere_says(
            "tool-call",
            {"tool_calls": FUNCTION},
            lambda p: {"tool_calls": {"function": {"arguments": p}}},
        ),
    ),
    "cohere plan": (chat_v2, cohere_says("tool-plan", {}, lambda p: {"tool_plan": p})),
    "mistral text": (complete, mistral_says(lambda p: {"content": p})),
    "mistral thinking": (
        complete,
        mistral_says(
            lambda p: {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": p}]}]}
        ),
    ),
    "mistral tool": (complete, mistral_says(mistral_calls)),
    "mistral conversation": (conversation, [{**OUTPUT, "content": piece} for piece in PIECES]),
}
"""How it is asked for, and the events in which it comes."""


def as_events(events: list[Json]) -> bytes:
    named = [f"event: {event['type']}\n" if "type" in event else "" for event in events]
    said = [f"{name}data: {json.dumps(each)}\n\n" for name, each in zip(named, events, strict=True)]
    return "".join([*said, "data: [DONE]\n\n" if "choices" in events[0] else ""]).encode()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The log folder of a recorder that knows the token."""
    monkeypatch.setenv("TOOL_TOKEN", TOKEN)
    tessen.init(agent_name="agent", log_dir=tmp_path)
    yield tmp_path
    tessen.shutdown()


def parts_in(folder: Path) -> list[str]:
    written = every_byte_in(folder).decode()
    parts = [secret[at : at + 8] for secret in (KEY, TOKEN) for at in range(len(secret) - 7)]
    return [part for part in parts if part in written]


@pytest.mark.parametrize("stream", STREAMS)
def test_a_key_that_streams_in_pieces(stream: str, saying: Saying, asking: Asking, folder: Path) -> None:
    ask, events = STREAMS[stream]
    saying.say("text/event-stream", as_events(events))
    ask(asking)
    (line,) = [line for file in folder.rglob("*.jsonl") for line in file.read_bytes().splitlines()]
    assert parts_in(folder) == []
    assert b"[redacted] and [redacted] end" in line
    assert all(piece.encode() not in line for piece in PIECES if piece.isalnum())


PLAIN: dict[str, tuple[Ask, Json]] = {
    "openai": (
        chat_plain,
        {"choices": [{**CHOICE, "message": {"content": TEXT}, "logprobs": {"content": probabilities()}}]},
    ),
    "gemini": (
        generate_plain,
        {
            "candidates": [
                {
                    "content": {"parts": [{"text": TEXT}]},
                    "logprobsResult": {"chosenCandidates": [{"token": piece} for piece in PIECES]},
                }
            ]
        },
    ),
    "cohere's tokenizer": (tokenize, {"tokens": [1], "token_strings": PIECES, "text": TEXT}),
}


@pytest.mark.parametrize("vendor", PLAIN)
def test_a_key_that_is_spelled_by_tokens(vendor: str, saying: Saying, asking: Asking, folder: Path) -> None:
    ask, answer = PLAIN[vendor]
    saying.say("application/json", json.dumps(answer).encode())
    ask(asking)
    assert parts_in(folder) == []
    assert os.fsencode(PIECES[3]) not in every_byte_in(folder)
    assert str(list(PIECES[3].encode())) not in every_byte_in(folder).decode()


def test_tokens_stay_where_they_spell_no_secret(saying: Saying, asking: Asking, folder: Path) -> None:
    """Also in an event from which something else was taken out."""
    tokens = [{"token": "good ", "bytes": [1]}, {"token": "day", "bytes": None}]
    choice = {**CHOICE, "message": {"content": "good day"}, "logprobs": {"content": tokens}}
    saying.say("application/json", json.dumps({"choices": [choice], "id": KEY}).encode())
    chat_plain(asking)
    line = json.loads(next(folder.rglob("*.jsonl")).read_bytes())
    assert line["casted_response"]["choices"][0]["logprobs"] == {"content": tokens}
    assert line["casted_response"]["id"] == "[redacted]"


@pytest.mark.parametrize("redact", [r"good day", lambda text: text.replace("good day", "***")])
def test_tokens_of_what_the_user_has_taken_out(
    redact: Any, saying: Saying, asking: Asking, tmp_path: Path
) -> None:
    tessen.init(agent_name="agent", log_dir=tmp_path, redact=redact)
    tokens = [{"token": piece, "bytes": None} for piece in ("go", "od d", "ay")]
    choice = {**CHOICE, "message": {"content": "good day"}, "logprobs": {"content": tokens}}
    saying.say("application/json", json.dumps({"choices": [choice]}).encode())
    chat_plain(asking)
    tessen.shutdown()
    line = json.loads(next(tmp_path.rglob("*.jsonl")).read_bytes())
    assert line["casted_response"]["choices"][0]["logprobs"] == "[redacted]"
