"""The Messages API as its SDK sees it."""

from __future__ import annotations

import asyncio
from typing import Any

import anthropic
import pytest

from capture.scripted import Answer, ErrorAnswer, ScriptedServer, ToolCall, Usage

ASK: Any = {"model": "claude-sonnet-4-6", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]}


def test_with_nothing_said_the_model_says_ok(claude: anthropic.Anthropic) -> None:
    message = claude.messages.create(**ASK)
    assert message.content[0].text == "ok"
    assert (message.stop_reason, message.model) == ("end_turn", "claude-sonnet-4-6")


def test_a_stream_has_every_event_in_its_place(server: ScriptedServer, claude: anthropic.Anthropic) -> None:
    answer = Answer(thinking="so", text="yes", tool_calls=[ToolCall("go", {"to": "x"})], chunks=1)
    server.enqueue(answer)
    with claude.messages.with_streaming_response.create(**ASK, stream=True) as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        names = [line.removeprefix("event: ") for line in response.iter_lines() if line.startswith("event: ")]
    block = ["content_block_start", "content_block_delta", "content_block_delta", "content_block_stop"]
    text = ["content_block_start", "content_block_delta", "content_block_stop"]
    thinking = [block[0], "ping", *block[1:]]
    assert names == ["message_start", *thinking, *text, *block, "message_delta", "message_stop"]


def test_thinking_is_signed(server: ScriptedServer, claude: anthropic.Anthropic) -> None:
    server.enqueue(Answer(thinking="first this"))
    blocks = claude.messages.create(**ASK).content
    assert [block.type for block in blocks] == ["thinking"]
    assert blocks[0].signature


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(stop="max_tokens"), "max_tokens"),
        (Answer(tool_calls=[ToolCall("go")]), "tool_use"),
        (Answer(stop="pause_turn"), "pause_turn"),
        (Answer(refusal="No."), "refusal"),
        (Answer(stop="context_window"), "model_context_window_exceeded"),
    ],
)
def test_stop_reasons(
    server: ScriptedServer, claude: anthropic.Anthropic, answer: Answer, reason: str
) -> None:
    server.enqueue(answer)
    assert claude.messages.create(**ASK).stop_reason == reason


def test_a_refusal_says_why(server: ScriptedServer, claude: anthropic.Anthropic) -> None:
    server.enqueue(Answer(refusal="Not this."))
    message = claude.messages.create(**ASK)
    assert message.content == []
    assert message.stop_details.explanation == "Not this."


def test_usage_leaves_cached_tokens_out_of_input(server: ScriptedServer, claude: anthropic.Anthropic) -> None:
    server.enqueue(Answer(usage=Usage(input=1000, output=7, cache_read=600, cache_write=100)))
    usage = claude.messages.create(**ASK).usage
    assert (usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (
        300,
        600,
        100,
    )
    assert usage.output_tokens == 7


def test_usage_left_out_is_estimated_from_lengths(
    server: ScriptedServer, claude: anthropic.Anthropic
) -> None:
    server.enqueue(Answer(text="x" * 400), Answer(usage=Usage(cache_read=50, output=3)))
    estimated, partly = (claude.messages.create(**ASK) for _ in range(2))
    size = len(server.requests[0].body)
    assert (estimated.usage.input_tokens, estimated.usage.output_tokens) == (size // 4, 100)
    assert (partly.usage.input_tokens, partly.usage.output_tokens) == (size // 4, 3)


def test_broken_tool_input_arrives_as_it_is(server: ScriptedServer, claude: anthropic.Anthropic) -> None:
    answer = Answer(tool_calls=[ToolCall("go", raw_arguments='{"to": nowhere')])
    server.enqueue(answer, answer)
    pieces = [
        event.delta.partial_json
        for event in claude.messages.create(**ASK, stream=True)
        if event.type == "content_block_delta"
    ]
    assert "".join(pieces) == '{"to": nowhere'
    with pytest.raises(ValueError, match="tool parameter JSON"), claude.messages.stream(**ASK) as stream:
        stream.get_final_message()


@pytest.mark.parametrize(
    ("status", "raised", "kind"),
    [
        (400, anthropic.BadRequestError, "invalid_request_error"),
        (401, anthropic.AuthenticationError, "authentication_error"),
        (404, anthropic.NotFoundError, "not_found_error"),
        (429, anthropic.RateLimitError, "rate_limit_error"),
        (500, anthropic.InternalServerError, "api_error"),
        (529, anthropic.InternalServerError, "overloaded_error"),
    ],
)
def test_errors(
    server: ScriptedServer, claude: anthropic.Anthropic, status: int, raised: type[Exception], kind: str
) -> None:
    server.enqueue(ErrorAnswer(status))
    with pytest.raises(raised) as caught:
        claude.messages.create(**ASK)
    assert caught.value.status_code == status
    assert caught.value.body["error"]["type"] == kind
    assert caught.value.request_id == caught.value.body["request_id"]


def test_an_error_in_the_middle_of_a_stream(server: ScriptedServer, claude: anthropic.Anthropic) -> None:
    server.enqueue(Answer(text="half of it", chunks=5, cut_after=2, error=ErrorAnswer(529)))
    seen = ""
    with (
        pytest.raises(anthropic.APIStatusError, match="overloaded_error"),
        claude.messages.stream(**ASK) as stream,
    ):
        for text in stream.text_stream:
            seen += text
    assert seen == "half"


def test_a_request_the_api_would_refuse(claude: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.BadRequestError, match="messages: at least one"):
        claude.messages.create(model="claude-sonnet-4-6", max_tokens=1, messages=[])


async def test_async(server: ScriptedServer) -> None:
    server.enqueue(Answer(text="asynchronous"), Answer(text="asynchronous"))
    async with anthropic.AsyncAnthropic(base_url=server.url, api_key="none") as claude:
        message = await claude.messages.create(**ASK)
        async with claude.messages.stream(**ASK) as stream:
            streamed = await stream.get_final_text()
    assert message.content[0].text == streamed == "asynchronous"


async def test_a_hundred_at_once(server: ScriptedServer) -> None:
    async with anthropic.AsyncAnthropic(base_url=server.url, api_key="none", timeout=60) as claude:
        server.enqueue(*(Answer(text=f"answer {n}", ttft=0.05) for n in range(100)))

        async def ask() -> str:
            async with claude.messages.stream(**ASK) as stream:
                return await stream.get_final_text()

        texts = await asyncio.gather(*(ask() for _ in range(100)))
    assert sorted(texts) == sorted(f"answer {n}" for n in range(100))


def test_models_and_token_counts(server: ScriptedServer, claude: anthropic.Anthropic) -> None:
    server.enqueue(Answer(text="kept for a model call"))
    assert "claude-haiku-4-5" in [model.id for model in claude.models.list()]
    assert claude.models.retrieve("claude-x").id == "claude-x"
    assert claude.messages.count_tokens(model="m", messages=ASK["messages"]).input_tokens > 0
    assert claude.messages.create(**ASK).content[0].text == "kept for a model call"
