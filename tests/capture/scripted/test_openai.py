"""Both OpenAI APIs as their SDK sees them."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest

from capture.scripted import Answer, ErrorAnswer, ScriptedServer, ToolCall, Usage

CHAT: Any = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "hi"}]}
RESPOND: Any = {"model": "gpt-5-mini", "input": "hi"}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(), "stop"),
        (Answer(stop="max_tokens"), "length"),
        (Answer(tool_calls=[ToolCall("go")]), "tool_calls"),
        (Answer(stop="content_filter"), "content_filter"),
        (Answer(refusal="No."), "stop"),
    ],
)
def test_chat_finish_reasons(server: ScriptedServer, gpt: openai.OpenAI, answer: Answer, reason: str) -> None:
    server.enqueue(answer)
    assert gpt.chat.completions.create(**CHAT).choices[0].finish_reason == reason


def test_chat_refusal_and_silence(server: ScriptedServer, gpt: openai.OpenAI) -> None:
    server.enqueue(Answer(refusal="No."), Answer(empty=True))
    refused, silent = (gpt.chat.completions.create(**CHAT).choices[0].message for _ in range(2))
    assert (refused.content, refused.refusal) == (None, "No.")
    assert (silent.content, silent.tool_calls) == ("", None)


def test_chat_sends_usage_only_when_asked(server: ScriptedServer, gpt: openai.OpenAI) -> None:
    server.enqueue(*[Answer(text="hello", usage=Usage(input=10, output=2))] * 2)
    without = list(gpt.chat.completions.create(**CHAT, stream=True))
    asked = {"stream_options": {"include_usage": True}}
    counted = list(gpt.chat.completions.create(**CHAT, stream=True, **asked))
    assert [chunk.usage for chunk in without] == [None] * len(without)
    assert counted[-1].choices == []
    assert counted[-1].usage.total_tokens == 12


def test_chat_broken_arguments_arrive_as_they_are(server: ScriptedServer, gpt: openai.OpenAI) -> None:
    server.enqueue(Answer(tool_calls=[ToolCall("go", raw_arguments='{"to": nowhere')]))
    call = gpt.chat.completions.create(**CHAT).choices[0].message.tool_calls[0]
    assert call.function.arguments == '{"to": nowhere'


def test_chat_choices(gpt: openai.OpenAI) -> None:
    assert [choice.index for choice in gpt.chat.completions.create(**CHAT, n=3).choices] == [0, 1, 2]
    streamed = {c.choices[0].index for c in gpt.chat.completions.create(**CHAT, n=3, stream=True)}
    assert streamed == {0, 1, 2}


@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        (Answer(), "completed", None),
        (Answer(stop="max_tokens"), "incomplete", "max_output_tokens"),
        (Answer(stop="content_filter"), "incomplete", "content_filter"),
        (Answer(stop="failed"), "failed", None),
    ],
)
def test_responses_end_in_three_ways(
    server: ScriptedServer, gpt: openai.OpenAI, answer: Answer, status: str, reason: str | None
) -> None:
    server.enqueue(answer)
    response = gpt.responses.create(**RESPOND)
    details = response.incomplete_details
    assert (response.status, details and details.reason) == (status, reason)
    assert (response.error is not None) == (status == "failed")


def test_responses_repeat_what_was_asked(gpt: openai.OpenAI) -> None:
    tool: Any = {"type": "function", "name": "go", "parameters": {"type": "object"}, "strict": None}
    response = gpt.responses.create(**RESPOND, instructions="Be brief.", tools=[tool], temperature=0.5)
    assert (response.instructions, response.tools[0].name, response.temperature) == ("Be brief.", "go", 0.5)


def test_responses_stream_event_types(server: ScriptedServer, gpt: openai.OpenAI) -> None:
    server.enqueue(Answer(thinking="so", text="yes", tool_calls=[ToolCall("go")], chunks=1))
    kinds = [event.type.removeprefix("response.") for event in gpt.responses.create(**RESPOND, stream=True)]
    item = ["output_item.added", "output_item.done"]
    part = ["content_part.added", "output_text.delta", "output_text.done", "content_part.done"]
    call = ["function_call_arguments.delta", "function_call_arguments.done"]
    summary = [f"reasoning_summary_{k}" for k in ("part.added", "text.delta", "text.done", "part.done")]
    inner = [[item[0], *middle, item[1]] for middle in (summary, part, call)]
    assert kinds == ["created", "in_progress", *inner[0], *inner[1], *inner[2], "completed"]


def test_responses_items_open_empty_and_close_whole(server: ScriptedServer, gpt: openai.OpenAI) -> None:
    server.enqueue(Answer(thinking="so", text="yes", tool_calls=[ToolCall("go", {"to": "x"})]))
    events = list(gpt.responses.create(**RESPOND, stream=True))
    opened = [event.item for event in events if event.type == "response.output_item.added"]
    closed = [event.item for event in events if event.type == "response.output_item.done"]
    assert (opened[0].summary, opened[1].content, opened[2].arguments) == ([], [], "")
    assert (closed[0].summary[0].text, closed[1].content[0].text) == ("so", "yes")
    assert closed[2].arguments == '{"to":"x"}'
    assert [event.status for event in (opened[2], closed[2])] == ["in_progress", "completed"]


def test_responses_fail_in_the_middle_of_a_stream(server: ScriptedServer, gpt: openai.OpenAI) -> None:
    server.enqueue(Answer(text="half", chunks=4, cut_after=2, error=ErrorAnswer(500, message="It broke.")))
    *_, last = gpt.responses.create(**RESPOND, stream=True)
    assert (last.type, last.response.error.message) == ("response.failed", "It broke.")


def test_chat_fails_in_the_middle_of_a_stream(server: ScriptedServer, gpt: openai.OpenAI) -> None:
    server.enqueue(Answer(text="half", chunks=4, cut_after=2, error=ErrorAnswer(500, message="It broke.")))
    with pytest.raises(openai.APIError, match="It broke"):
        list(gpt.chat.completions.create(**CHAT, stream=True))


def test_errors_carry_type_and_code(server: ScriptedServer, gpt: openai.OpenAI) -> None:
    server.enqueue(ErrorAnswer(429, retry_after=1.5), ErrorAnswer(401))
    with pytest.raises(openai.RateLimitError) as limited:
        gpt.responses.create(**RESPOND)
    with pytest.raises(openai.AuthenticationError) as denied:
        gpt.chat.completions.create(**CHAT)
    assert limited.value.code == "rate_limit_exceeded"
    assert limited.value.response.headers["retry-after"] == "1.5"
    assert denied.value.code == "invalid_api_key"


def test_text_that_utf8_cannot_hold_is_escaped(server: ScriptedServer, gpt: openai.OpenAI) -> None:
    server.enqueue(Answer(text="lone \ud83d half"))
    raw = gpt.chat.completions.with_raw_response.create(**CHAT).content
    assert json.loads(raw)["choices"][0]["message"]["content"] == "lone \ud83d half"


async def test_async(server: ScriptedServer) -> None:
    server.enqueue(Answer(text="one"), Answer(text="two"))
    async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="none") as gpt:
        chat = await gpt.chat.completions.create(**CHAT)
        async with gpt.responses.stream(**RESPOND) as stream:
            response = await stream.get_final_response()
    assert (chat.choices[0].message.content, response.output_text) == ("one", "two")
