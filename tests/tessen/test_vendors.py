"""Every content and cache signal: what triggers it through a real SDK, and what nearly does and must not."""

from __future__ import annotations

from typing import Any

import pytest

from capture.scripted import Answer, ScriptedServer, ToolCall, Usage
from tessen.vendors import anthropic, openai_chat, openai_responses
from tessen.vendors.interface import generic_surface

QUESTION: list[dict[str, Any]] = [{"role": "user", "content": "hello"}]
CACHED = [{"type": "text", "text": "rules", "cache_control": {"type": "ephemeral"}}]


def messages(clients: Any, stream: bool, **more: Any) -> None:
    asked = {"model": "claude-haiku-4-5", "max_tokens": 9, "messages": QUESTION, **more}
    answer = clients.anthropic().messages.create(**asked, stream=stream)
    if stream:
        list(answer)


def chat(clients: Any, stream: bool) -> None:
    answer = clients.openai().chat.completions.create(model="gpt-5-mini", messages=QUESTION, stream=stream)
    if stream:
        list(answer)


def responses(clients: Any, stream: bool) -> None:
    answer = clients.openai().responses.create(model="gpt-5-mini", input="hello", stream=stream)
    if stream:
        list(answer)


BROKEN = ToolCall("find", raw_arguments='{"id": "A-1')
SOUND = ToolCall("find", {"id": "A-1"})
FIRING = {
    (messages, "empty_content_on_end_turn"): Answer(empty=True),
    (messages, "truncated_response"): Answer(text="and the", stop="max_tokens"),
    (messages, "refusal"): Answer(refusal="No."),
    (messages, "thinking_only_no_output"): Answer(thinking="Hm.", stop="end_turn"),
    (messages, "invalid_tool_use_json"): Answer(tool_calls=[BROKEN]),
    (chat, "empty_content_on_stop"): Answer(empty=True),
    (chat, "truncated_response"): Answer(text="and the", stop="max_tokens"),
    (chat, "refusal"): Answer(refusal="No."),
    (chat, "invalid_tool_call_json"): Answer(tool_calls=[SOUND, BROKEN]),
    (responses, "empty_content_on_stop"): Answer(empty=True),
    (responses, "truncated_response"): Answer(text="and the", stop="max_tokens"),
    (responses, "refusal"): Answer(refusal="No."),
    (responses, "invalid_tool_call_json"): Answer(tool_calls=[BROKEN]),
}
QUIET = {
    (messages, "a tool call without text is no empty answer"): Answer(tool_calls=[SOUND]),
    (messages, "a pause after thinking is no end"): Answer(thinking="Hm.", stop="pause_turn"),
    (messages, "thinking and a tool call is an output"): Answer(thinking="Hm.", tool_calls=[SOUND]),
    (messages, "a tool without arguments"): Answer(tool_calls=[ToolCall("now")]),
    (messages, "a stop sequence"): Answer(text="and", stop="stop_sequence"),
    (chat, "a tool call without text is no empty answer"): Answer(tool_calls=[SOUND]),
    (chat, "a tool without arguments"): Answer(tool_calls=[ToolCall("now")]),
    (chat, "arguments with an escape and unicode"): Answer(tool_calls=[ToolCall("f", {"a": '"\\é月'})]),
    (responses, "a tool call without text is no empty answer"): Answer(tool_calls=[SOUND]),
    (responses, "reasoning and text"): Answer(thinking="Hm.", text="Yes."),
}


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize(("ask", "signal"), FIRING, ids=lambda part: getattr(part, "__name__", part))
def test_what_triggers_a_signal(
    *, ask: Any, signal: str, stream: bool, server: ScriptedServer, clients: Any, log: Any
) -> None:
    server.enqueue(FIRING[ask, signal])
    ask(clients, stream)
    assert log.one()["quality_signals"] == [signal]
    assert log.one()["status"] == "ok"


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize(("ask", "case"), QUIET, ids=lambda part: getattr(part, "__name__", part))
def test_what_nearly_triggers_a_signal(
    *, ask: Any, case: str, stream: bool, server: ScriptedServer, clients: Any, log: Any
) -> None:
    server.enqueue(QUIET[ask, case])
    ask(clients, stream)
    assert log.one()["quality_signals"] == []


def test_reasoning_alone_is_both_empty_and_thinking_only(
    server: ScriptedServer, clients: Any, log: Any
) -> None:
    server.enqueue(Answer(thinking="Hm.", stop="end_turn"))
    responses(clients, False)
    assert log.one()["quality_signals"] == ["empty_content_on_stop", "thinking_only_no_output"]


def test_a_content_filter_is_a_refusal(server: ScriptedServer, clients: Any, log: Any) -> None:
    server.enqueue(*[Answer(text="I", stop="content_filter")] * 2)
    chat(clients, False)
    responses(clients, True)
    assert [event["quality_signals"] for event in log.events()] == [["refusal"]] * 2


def test_a_failed_response_under_http_200_is_an_error(server: ScriptedServer, clients: Any, log: Any) -> None:
    server.enqueue(*[Answer(text="I", stop="failed")] * 2)
    responses(clients, False)
    responses(clients, True)
    for event in log.events():
        assert event["status"] == "error"
        assert event["error"]["type"] == "server_error"
        assert event["quality_signals"] == ["server_error"]
        assert event["response_body"]["status"] == "failed"


MARKED = {
    "system": {"system": CACHED},
    "tools": {"tools": [{"name": "f", "input_schema": {}, "cache_control": {"type": "ephemeral"}}]},
    "messages": {"messages": [{"role": "user", "content": CACHED}]},
    "top level": {"cache_control": {"type": "ephemeral"}},
    "a tool's result": {
        "messages": [
            *QUESTION,
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": CACHED}]},
        ]
    },
}
IDLE = Answer(text="ok", usage=Usage(input=20, output=1))
SIGNAL = "cache_control_set_but_no_cache_activity"


@pytest.mark.parametrize("place", MARKED)
def test_a_cache_marker_without_activity(place: str, server: ScriptedServer, clients: Any, log: Any) -> None:
    server.enqueue(IDLE, IDLE)
    messages(clients, False, **MARKED[place])
    messages(clients, True, **MARKED[place])
    assert [event["quality_signals"] for event in log.events()] == [[SIGNAL]] * 2


@pytest.mark.parametrize("usage", [Usage(input=20, cache_read=9), Usage(input=20, cache_write=9)])
def test_a_cache_marker_that_worked(usage: Usage, server: ScriptedServer, clients: Any, log: Any) -> None:
    server.enqueue(Answer(text="ok", usage=usage))
    messages(clients, False, system=CACHED)
    assert log.one()["quality_signals"] == []


def test_what_only_looks_like_a_cache_marker(server: ScriptedServer, clients: Any, log: Any) -> None:
    server.enqueue(IDLE, IDLE, IDLE)
    schema = {"type": "object", "properties": {"cache_control": {"type": "string"}}}
    messages(clients, False, tools=[{"name": "f", "input_schema": schema}])
    messages(clients, False, messages=[{"role": "user", "content": 'say "cache_control": {}'}])
    messages(clients, False, system=[{"type": "text", "text": "rules", "cache_control": None}])
    assert [event["quality_signals"] for event in log.events()] == [[]] * 3


@pytest.mark.parametrize(
    ("answer", "signals"),
    [
        ({"stop_reason": "model_context_window_exceeded", "content": []}, ["truncated_response"]),
        (
            {"stop_reason": "end_turn", "content": [{"type": "text", "text": " \n"}]},
            ["empty_content_on_end_turn"],
        ),
        (
            {"stop_reason": "max_tokens", "content": [{"type": "redacted_thinking", "data": "x"}]},
            ["truncated_response", "thinking_only_no_output"],
        ),
        ({"stop_reason": "tool_use", "content": [{"type": "thinking"}, {"type": "server_tool_use"}]}, []),
        (
            {"stop_reason": "end_turn", "content": [{"type": "server_tool_use", "input": "{"}]},
            ["invalid_tool_use_json"],
        ),
        ({"stop_reason": "end_turn", "content": "not a list"}, ["empty_content_on_end_turn"]),
        ({}, []),
    ],
)
def test_anthropic_answers_that_no_script_makes(answer: dict[str, Any], signals: list[str]) -> None:
    assert anthropic.signals(None, answer) == signals


@pytest.mark.parametrize(
    ("message", "reason", "signals"),
    [
        ({"content": None, "audio": {"data": "x"}}, "stop", []),
        ({"content": None, "function_call": {"arguments": "{"}}, "stop", ["invalid_tool_call_json"]),
        (
            {"content": "", "reasoning_content": "Hm."},
            "length",
            ["truncated_response", "thinking_only_no_output"],
        ),
        ({"content": "x", "tool_calls": [{"type": "custom", "custom": {"input": "{"}}]}, "stop", []),
        (None, "stop", ["empty_content_on_stop"]),
        ({"tool_calls": "nonsense"}, "tool_calls", []),
    ],
)
def test_chat_answers_that_no_script_makes(message: Any, reason: str, signals: list[str]) -> None:
    answer = {"choices": [{"message": message, "finish_reason": reason}]}
    assert openai_chat.signals(None, answer) == signals


@pytest.mark.parametrize(
    ("answer", "signals"),
    [
        ({"status": "completed", "output": [{"type": "web_search_call"}]}, []),
        ({"status": "queued", "output": []}, []),
        ({"status": "completed", "output": [{"type": "custom_tool_call", "input": "{"}]}, []),
        ({"status": "incomplete", "incomplete_details": {"reason": "steered"}, "output": None}, []),
        ({}, []),
    ],
)
def test_responses_that_no_script_makes(answer: dict[str, Any], signals: list[str]) -> None:
    assert openai_responses.signals(None, answer) == signals


@pytest.mark.parametrize(
    ("method", "path", "surface"),
    [
        ("POST", "/v1/vector_stores/vs_1/files", "vector_stores.files.create"),
        ("GET", "/models", "models.list"),
        ("GET", "/v1/models/claude-3-5", "models.retrieve"),
        ("DELETE", "/files/file-9?x=1", "files.delete"),
        ("POST", "/v1/batches/batch_1/cancel", "batches.cancel"),
        ("POST", "/v1/cancel/9", "cancel.update"),
        ("POST", "/", None),
    ],
)
def test_names_for_operations_without_one(method: str, path: str, surface: str | None) -> None:
    assert generic_surface(method, path) == surface
