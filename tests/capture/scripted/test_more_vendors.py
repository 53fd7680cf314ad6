"""Gemini, Cohere and Mistral as their own SDKs read them: a streamed answer adds up to the plain one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cohere
import httpx2
import pytest
from google import genai
from mistralai.client import Mistral
from mistralai.client.errors import SDKError

from capture.scripted import Answer, ErrorAnswer, Match, Rule, Script, ScriptedServer, ToolCall, Usage

ASKED: list[Any] = [{"role": "user", "content": "hi"}]
FULL = Answer(
    text="Guten Tag 🌒",
    thinking="Let me see",
    tool_calls=[ToolCall("look", {"at": "日本"}), ToolCall("stop")],
    usage=Usage(input=30, output=9, cache_read=12, reasoning=4),
    chunks=5,
)


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture(scope="module")
def gemini(server: ScriptedServer) -> genai.Client:
    return genai.Client(api_key="none", http_options={"base_url": server.url})


def test_gemini(server: ScriptedServer, gemini: genai.Client) -> None:
    server.enqueue(FULL, FULL)
    asked: Any = {"model": "gemini-2.5-flash", "contents": "hi"}
    plain = gemini.models.generate_content(**asked)
    chunks = list(gemini.models.generate_content_stream(**asked))
    parts = [part for chunk in chunks for part in chunk.candidates[0].content.parts]
    assert "".join(part.text for part in parts if part.text and not part.thought) == "Guten Tag 🌒"
    assert "".join(part.text for part in parts if part.thought) == "Let me see"
    calls = [(part.function_call.name, part.function_call.args) for part in parts if part.function_call]
    assert calls == [(call.name, call.args) for call in plain.function_calls]
    assert calls == [("look", {"at": "日本"}), ("stop", {})]
    assert chunks[-1].usage_metadata == plain.usage_metadata
    assert (plain.usage_metadata.prompt_token_count, plain.usage_metadata.thoughts_token_count) == (30, 4)
    assert chunks[-1].candidates[0].finish_reason == plain.candidates[0].finish_reason == "STOP"


def test_cohere(server: ScriptedServer) -> None:
    server.enqueue(FULL, FULL)
    client = cohere.ClientV2(api_key="none", base_url=server.url)
    plain = client.chat(model="command-a", messages=ASKED)
    events = [event.model_dump() for event in client.chat_stream(model="command-a", messages=ASKED)]
    messages = [(event["type"], (event.get("delta") or {}).get("message") or {}) for event in events]
    plan = "".join(message["tool_plan"] for kind, message in messages if kind == "tool-plan-delta")
    assert plan == plain.message.tool_plan == "Guten Tag 🌒"
    thoughts = [message["content"]["thinking"] for kind, message in messages if kind == "content-delta"]
    assert "".join(thoughts) == plain.message.content[0].thinking == "Let me see"
    written = [message["tool_calls"] for kind, message in messages if kind == "tool-call-delta"]
    assert "".join(call["function"]["arguments"] for call in written) == '{"at":"日本"}{}'
    assert events[-1]["delta"]["finish_reason"] == plain.finish_reason == "TOOL_CALL"
    assert plain.usage.cached_tokens == 12


def test_mistral(server: ScriptedServer) -> None:
    server.enqueue(FULL, FULL)
    client = Mistral(api_key="none", server_url=server.url)
    plain = client.chat.complete(model="mistral-large-latest", messages=ASKED).choices[0]
    chunks = [event.data for event in client.chat.stream(model="mistral-large-latest", messages=ASKED)]
    contents = [chunk.choices[0].delta.content for chunk in chunks]
    assert "".join(text for text in contents if isinstance(text, str)) == plain.message.content[1].text
    calls = chunks[-1].choices[0].delta.tool_calls
    names = [call.function.name for call in calls]
    assert names == [call.function.name for call in plain.message.tool_calls] == ["look", "stop"]
    assert chunks[-1].choices[0].finish_reason == plain.finish_reason == "tool_calls"
    assert chunks[-1].usage.prompt_tokens == 30


def test_mistral_is_known_by_its_client_or_its_path(server: ScriptedServer) -> None:
    server.enqueue(ErrorAnswer(401), ErrorAnswer(401), ErrorAnswer(401))
    with pytest.raises(SDKError, match="Unauthorized"):
        Mistral(api_key="none", server_url=server.url).chat.complete(model="m", messages=ASKED)
    body = {"model": "m", "messages": ASKED}
    by_path = httpx2.post(f"{server.url}/mistral/v1/chat/completions", json=body)
    neither = httpx2.post(f"{server.url}/v1/chat/completions", json=body)
    assert (list(by_path.json()), list(neither.json())) == (["detail"], ["error"])


@pytest.mark.parametrize(
    ("status", "word"), [(429, "RESOURCE_EXHAUSTED"), (503, "UNAVAILABLE"), (418, "INVALID_ARGUMENT")]
)
def test_geminis_errors(server: ScriptedServer, gemini: genai.Client, status: int, word: str) -> None:
    server.enqueue(ErrorAnswer(status))
    with pytest.raises(genai.errors.APIError) as caught:
        gemini.models.generate_content(model="gemini-2.5-flash", contents="hi")
    assert (caught.value.code, caught.value.status) == (status, word)


def test_rules_may_name_what_stands_beside_the_model_calls() -> None:
    refused = Rule(answer=Answer(error=ErrorAnswer(429)), match=Match(protocol="embeddings"))
    with ScriptedServer(Script([refused])) as server:
        client = cohere.ClientV2(api_key="none", base_url=server.url)
        with pytest.raises(cohere.TooManyRequestsError):
            client.embed(
                model="e", texts=["a"], input_type="search_query", request_options={"max_retries": 0}
            )
        assert client.rerank(model="r", query="q", documents=["a", "b"], top_n=1).results[0].index == 0
