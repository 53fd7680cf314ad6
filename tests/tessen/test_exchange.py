"""The picture of an event, for each protocol and for what is not one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tessen.blocks import Media, Other, Refusal, Text, Thinking, ToolCall, ToolResult
from tessen.exchange import Exchange

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)


def read(request: object, response: object, **fields: Any) -> Exchange:
    event = {"request_body": request, "response_body": response, "status": "ok", "v": 2}
    return Exchange.from_event({**event, **fields})


def test_anthropic_messages_are_read_in_full() -> None:
    exchange = read(
        {
            "model": "claude-sonnet-4-6",
            "max_tokens": 100,
            "system": [{"type": "text", "text": "Be brief."}],
            "tools": [{"name": "look", "description": "Looks.", "input_schema": {"type": "object"}}],
            "messages": [
                {"role": "user", "content": "hi"},
                {
                    "role": "assistant",
                    "content": [
                        {"type": "redacted_thinking", "data": "xyz"},
                        {"type": "tool_use", "id": "t1", "name": "look", "input": {"at": 1}},
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {"type": "tool_result", "tool_use_id": "t1", "is_error": True, "content": "no"},
                        {
                            "type": "image",
                            "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"},
                        },
                    ],
                },
            ],
        },
        {
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "x"}},
                {"type": "tool_use", "id": "t2", "name": "look", "input": '{"at": '},
                {"type": "new_kind", "x": 1},
            ],
            "stop_reason": "max_tokens",
            "usage": {"input_tokens": 3, "cache_read_input_tokens": 4, "output_tokens": 5},
        },
        provider="anthropic",
    )
    assert exchange.request.system == (Text("Be brief."),)
    assert exchange.request.tools[0].schema == {"type": "object"}
    assert exchange.request.params == {"model": "claude-sonnet-4-6", "max_tokens": 100}
    assert [m.blocks for m in exchange.request.messages] == [
        (Text("hi"),),
        (Thinking("", redacted=True), ToolCall("t1", "look", {"at": 1})),
        (ToolResult("t1", (Text("no"),), is_error=True), Media("image", "image/png", 3, None)),
    ]
    assert exchange.answers[0].blocks == (
        Thinking("hm"),
        ToolCall("s1", "web_search", {"query": "x"}, remote=True),
        ToolCall("t2", "look", '{"at": ', valid=False),
        Other("new_kind", {"type": "new_kind", "x": 1}),
    )
    assert exchange.stop_reason == "max_tokens"
    assert exchange.usage is None  # an event of ours that states none was not billed for what its body says
    assert exchange.raw_usage["input_tokens"] == 3


def test_openai_chat_is_read_in_full() -> None:
    exchange = read(
        {
            "model": "gpt-5",
            "messages": [
                {"role": "developer", "content": "Be brief."},
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "see"},
                        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
                    ],
                },
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
                    ],
                },
                {"role": "tool", "tool_call_id": "c1", "content": "done"},
            ],
            "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
        },
        {
            "choices": [
                {"message": {"role": "assistant", "content": "one"}, "finish_reason": "stop"},
                {
                    "message": {
                        "role": "assistant",
                        "refusal": "no",
                        "tool_calls": [{"id": "c2", "function": {"name": "f", "arguments": "{oops"}}],
                    },
                    "finish_reason": "tool_calls",
                },
            ],
            "model": "gpt-5-2026",
        },
    )
    assert exchange.request.system == (Text("Be brief."),)
    assert exchange.request.messages[0].blocks == (Text("see"), Media("image", "image/png", 3, None))
    assert exchange.request.messages[1].blocks == (ToolCall("c1", "f", {"a": 1}),)
    assert exchange.request.messages[2].blocks == (ToolResult("c1", (Text("done"),)),)
    assert [a.stop_reason for a in exchange.answers] == ["stop", "tool_calls"]
    assert exchange.answers[1].blocks == (Refusal("no"), ToolCall("c2", "f", "{oops", valid=False))
    assert (exchange.model, exchange.asked_model) == ("gpt-5-2026", "gpt-5")


def test_openai_responses_are_read_in_full() -> None:
    exchange = read(
        {
            "instructions": "Be brief.",
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "hi"}]},
                {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
                {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "c1", "output": "done"},
            ],
        },
        {
            "status": "incomplete",
            "incomplete_details": {"reason": "max_output_tokens"},
            "output": [
                {"type": "web_search_call", "id": "w1", "status": "completed", "action": {"query": "x"}},
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "so"}]},
            ],
        },
        surface="responses.create",
    )
    assert exchange.request.system == (Text("Be brief."),)
    assert [(m.role, m.blocks) for m in exchange.request.messages] == [
        ("user", (Text("hi"),)),
        ("assistant", (Thinking("hm"), ToolCall("c1", "f", {}))),
        ("tool", (ToolResult("c1", (Text("done"),)),)),
    ]
    call = ToolCall("w1", "web_search", {"action": {"query": "x"}}, remote=True)
    assert exchange.answers[0].blocks == (call, Text("so"))
    assert exchange.stop_reason == "incomplete: max_output_tokens"


def test_responses_input_may_be_one_string() -> None:
    exchange = read({"input": "hi"}, {"output": []})
    assert exchange.request.messages[0].blocks == (Text("hi"),)


def test_gemini_is_read_as_the_released_recorder_kept_it() -> None:
    body = {
        "candidates": [
            {
                "content": {"role": "model", "parts": [{"text": "hm", "thought": True}, {"text": "so"}]},
                "finishReason": "STOP",
            }
        ],
        "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 2},
        "modelVersion": "gemini-2.5-flash-001",
    }
    exchange = Exchange.from_event(
        {
            "provider": "google_gemini",
            "http_url": "https://x/models/gemini-2.5-flash:generateContent",
            "request_body": {
                "systemInstruction": {"parts": [{"text": "Be brief."}]},
                "contents": [
                    {"parts": [{"functionCall": {"name": "f", "args": {"a": 1}}}], "role": "model"},
                    {"parts": [{"functionResponse": {"name": "f", "response": {"output": "done"}}}]},
                ],
                "generationConfig": {"temperature": 0.5},
            },
            "casted_response": {"headers": {}, "body": json.dumps(body)},
        }
    )
    assert exchange.request.system == (Text("Be brief."),)
    assert exchange.request.params == {"temperature": 0.5}
    assert exchange.request.messages[0].blocks == (ToolCall("", "f", {"a": 1}),)
    assert exchange.request.messages[1].blocks == (ToolResult("f", (Text("done"),)),)
    assert exchange.answers[0].blocks == (Thinking("hm"), Text("so"))
    assert (exchange.model, exchange.asked_model) == ("gemini-2.5-flash-001", "gemini-2.5-flash")
    assert exchange.usage is not None
    assert exchange.usage.input_tokens == 5


def test_a_blocked_gemini_prompt_is_an_empty_answer_with_its_reason() -> None:
    exchange = read({"contents": "x"}, {"promptFeedback": {"blockReason": "SAFETY"}})
    assert exchange.stop_reason == "blocked: SAFETY"


def test_cohere_answers_with_one_message() -> None:
    exchange = read(
        {"messages": [{"role": "user", "content": "hi"}]},
        {
            "message": {"role": "assistant", "content": [{"type": "text", "text": "so"}]},
            "finish_reason": "COMPLETE",
        },
    )
    assert exchange.answers[0].blocks == (Text("so"),)
    assert exchange.stop_reason == "COMPLETE"


def test_old_recorders_empty_objects_are_parameters_left_out() -> None:
    body = {"model": "m", "max_tokens": 5, "system": {}, "tools": {}, "messages": []}
    old = Exchange.from_event({"provider": "anthropic", "request_body": body})
    assert old.request.params == {"model": "m", "max_tokens": 5}
    assert old.request.system == ()


@pytest.mark.parametrize("field", ["casted_response", "response_body"])
def test_the_answer_is_found_in_either_field(field: str) -> None:
    body = {"content": [{"type": "text", "text": "so"}], "stop_reason": "end_turn"}
    exchange = Exchange.from_event({"provider": "anthropic", field: body})
    assert exchange.answers[0].blocks == (Text("so"),)


def test_an_error_keeps_all_that_was_recorded() -> None:
    exchange = Exchange.from_event(
        {
            "status": "error",
            "error": {
                "type": "RateLimitError",
                "msg": "slow down",
                "tb": "Traceback",
                "status_code": 429,
                "body": {"error": {"message": "slow down"}},
                "response_headers": {"retry-after": "7"},
            },
            "attempts": [{"status": 429, "duration_ms": 10, "retry_after_s": 7, "request_id": "r"}],
        }
    )
    assert exchange.error
    assert exchange.failure is not None
    assert (exchange.failure.type, exchange.failure.status) == ("RateLimitError", 429)
    assert exchange.headers == {"retry-after": "7"}
    assert exchange.attempts[0].retry_after_s == 7
    assert exchange.answers == ()


def test_fields_without_a_place_are_kept() -> None:
    assert Exchange.from_event({"thread": "t1", "ts": 1.0}).extra == {"thread": "t1"}


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "provider",
                "surface",
                "request_body",
                "casted_response",
                "response_body",
                "error",
                "attempts",
                "usage",
                "ts",
                "status",
                "quality_signals",
                "call_site",
                "model",
                "streamed",
                "response_headers",
                "v",
                "outcome",
            ]
        ),
        JSON
        | st.dictionaries(
            st.sampled_from(
                [
                    "messages",
                    "system",
                    "tools",
                    "input",
                    "contents",
                    "content",
                    "choices",
                    "output",
                    "candidates",
                    "message",
                    "type",
                    "text",
                    "tool_calls",
                    "function",
                    "parts",
                    "body",
                    "headers",
                    "usage",
                    "instructions",
                ]
            ),
            JSON,
        )
        | st.sampled_from(["anthropic", "openai", "google_gemini", "responses.create"]),
    )
)
def test_no_event_raises(event: dict[str, Any]) -> None:
    exchange = Exchange.from_event(event)
    assert isinstance(exchange.request.messages, tuple)
    assert isinstance(exchange.ts, float)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["anthropic", "openai", "google_gemini"]),
    st.sampled_from(["messages", "input", "contents", "tools", "system"]),
    st.sampled_from(
        [
            "text",
            "thinking",
            "tool_use",
            "tool_result",
            "image",
            "document",
            "refusal",
            "image_url",
            "file",
            "input_audio",
            "message",
            "reasoning",
            "function_call",
            "function_call_output",
            "web_search_call",
            "output_text",
            "input_image",
        ]
    ),
    st.dictionaries(
        st.sampled_from(
            [
                "role",
                "content",
                "text",
                "thinking",
                "input",
                "source",
                "tool_calls",
                "function",
                "name",
                "arguments",
                "parts",
                "inlineData",
                "functionCall",
                "functionResponse",
                "summary",
                "output",
                "image_url",
                "file",
                "input_audio",
                "custom",
            ]
        ),
        JSON,
    ),
)
def test_no_block_raises(provider: str, field: str, kind: str, fields: dict[str, Any]) -> None:
    block = {"type": kind, **fields}
    body = {
        field: [block, {"role": "assistant", "content": [block], "parts": [block], "tool_calls": [block]}]
    }
    answer = {"content": [block], "output": [block], "choices": [{"message": block}], "candidates": [block]}
    for response in ({key: answer[key]} for key in answer):
        read(body, response, provider=provider)


def test_deep_nesting_is_kept_as_it_came() -> None:
    block: dict[str, Any] = {"type": "text", "text": "core"}
    for _ in range(300):
        block = {"type": "tool_result", "tool_use_id": "t", "content": [block]}
    exchange = read({"messages": [{"role": "user", "content": [block]}]}, {}, provider="anthropic")
    inner = exchange.request.messages[0].blocks[0]
    while isinstance(inner, ToolResult):
        inner = inner.blocks[0]
    assert isinstance(inner, Other)
