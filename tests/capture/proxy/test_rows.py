"""What a row of `api_captures.jsonl` says, in each protocol."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.proxy.asked import Asked, asked_of, fingerprint
from capture.proxy.formats import ANTHROPIC, CHAT, RESPONSES
from capture.scripted import Answer, ErrorAnswer, ScriptedServer, Usage
from tests.capture.proxy.proxied import Watched, answer, post, raw_server, read_request, watching
from tests.capture.proxy.test_relay import ASK

SPENT = Usage(input=1000, output=50, cache_read=800, cache_write=100, reasoning=20)
TOOL: Any = {"name": "Read", "description": "Read a file.", "input_schema": {"type": "object"}}
CLAUDE = {"X-Claude-Code-Session-Id": "b61e581f"}


def rows_file(session: Path) -> Path:
    return session / "api_captures.jsonl"


def said(count: int) -> list[Any]:
    return [{"role": "user" if n % 2 == 0 else "assistant", "content": f"message {n}"} for n in range(count)]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_row_of_anthropics(server: ScriptedServer, watched: Watched, stream: bool) -> None:
    server.enqueue(Answer(text="yes", usage=SPENT))
    request: Any = {**ASK, "system": "be brief", "tools": [TOOL], "stream": stream}
    result: Any = await watched.claude().messages.create(**request, extra_body={"temperature": 0.5})
    if stream:
        [event async for event in result]
    row = (await watched.capture()).row()
    assert row == watched.rows()[0]
    assert row["timestamp"].endswith("+00:00")
    assert row["api_format"] == "anthropic_messages"
    assert row["agent_context"] == "main"
    assert row["model"] == "claude-sonnet-4-6"
    assert row["sampling_params"] == {"temperature": 0.5, "max_tokens": 100}
    assert row["message_count"] == 1
    assert row["system_prompt"] == "be brief"
    assert row["system_prompt_hash"] == "sha256:64fb0968bd4b1c29"
    assert row["tools"] == [TOOL]
    assert row["usage"] == {
        "input_tokens": 100,
        "output_tokens": 50,
        "cache_creation_input_tokens": 100,
        "cache_read_input_tokens": 800,
        "reasoning_output_tokens": row["usage"]["reasoning_output_tokens"],
        "service_tier": row["usage"]["service_tier"],
        "cache_creation": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 0},
    }
    assert (row["status"], row["stop_reason"], row["attempt"], row["error"]) == (200, "end_turn", 1, None)
    assert row["request_id"].startswith("req_")
    assert row["message_id"].startswith("msg_")
    assert 0 < row["ttfb_ms"] <= row["duration_ms"]
    assert row["streamed"] is stream


@pytest.mark.parametrize("stream", [False, True])
async def test_a_row_of_responses(server: ScriptedServer, watched: Watched, stream: bool) -> None:
    server.enqueue(Answer(text="cut", usage=SPENT, stop="max_tokens"))
    asked: Any = [
        {"role": "developer", "content": "be brief"},
        {"role": "user", "content": "hi"},
        {"role": "user", "content": "there"},
    ]
    result: Any = await watched.gpt().responses.create(
        model="gpt-5", input=asked, stream=stream, max_output_tokens=9, top_p=0.9
    )
    if stream:
        [event async for event in result]
    row = await watched.capture()
    assert row.api_format == "openai_responses"
    assert row.sampling_params == {"max_tokens": 9, "top_p": 0.9}
    assert row.message_count == 3
    assert row.system_prompt == [asked[0]]
    assert row.tools_hash is None
    assert row.stop_reason == "incomplete: max_output_tokens"
    assert row.usage is not None
    assert (row.usage["cache_read_input_tokens"], row.usage["reasoning_output_tokens"]) == (800, 20)
    assert (
        row.usage["input_tokens"] + row.usage["cache_read_input_tokens"]
        == 1000 - row.usage["cache_creation_input_tokens"]
    )
    assert (row.prompt_tokens, row.completion_tokens) == (1000, 50)


@pytest.mark.parametrize("stream", [False, True])
async def test_a_row_of_chat(server: ScriptedServer, watched: Watched, stream: bool) -> None:
    server.enqueue(Answer(text="yes", usage=SPENT))
    more: Any = {"stream": True, "stream_options": {"include_usage": True}} if stream else {}
    asked: Any = [{"role": "system", "content": "be brief"}, *said(3)]
    result: Any = await watched.gpt().chat.completions.create(
        model="gpt-5", messages=asked, max_completion_tokens=7, **more
    )
    if stream:
        [chunk async for chunk in result]
    row = await watched.capture()
    assert row.api_format == "openai_chat"
    assert (row.message_count, row.sampling_params) == (4, {"max_tokens": 7})
    assert row.system_prompt == [asked[0]]
    assert row.stop_reason == "stop"
    assert row.prompt_tokens == 1000


async def test_prompts_and_tools_are_told_once_and_again_when_they_change(watched: Watched) -> None:
    claude = watched.claude()
    for system, tools in (("a", [TOOL]), ("a", [TOOL]), ("b", [TOOL]), ("a", [])):
        await claude.messages.create(**{**ASK, "system": system, "tools": tools})
        await watched.capture()
    rows = watched.rows()
    assert [row.get("system_prompt") for row in rows] == ["a", None, "b", None]
    assert [row.get("tools") is not None for row in rows] == [True, False, False, False]
    assert rows[0]["system_prompt_hash"] == rows[1]["system_prompt_hash"] == rows[3]["system_prompt_hash"]
    assert [row["tools_hash"] is None for row in rows] == [False, False, False, True]


def test_a_hash_does_not_depend_on_spelling() -> None:
    assert fingerprint(b'{"b": 1, "a": "\\u00e9"}') == fingerprint('{"a":"é","b":1}'.encode())
    assert fingerprint(b"[]") is None


async def test_a_compaction_is_where_the_main_agent_says_less_than_before(watched: Watched) -> None:
    claude = watched.claude()
    agent = {"x-claude-code-agent-id": "a1"}
    asked: list[tuple[int, dict[str, str]]] = [(5, {}), (7, {}), (1, agent), (9, {}), (3, {}), (5, {})]
    for count, headers in asked:
        await claude.messages.create(**{**ASK, "messages": said(count)}, extra_headers=headers)
        await watched.capture()
    rows = watched.rows()
    assert [row["is_compaction"] for row in rows] == [False, False, False, False, True, False]
    assert rows[4]["compacted_messages"] == said(3)
    assert "compacted_messages" not in rows[3]


@pytest.mark.parametrize(
    ("headers", "body", "context", "agent"),
    [
        ({}, {}, "main", None),
        (CLAUDE, {"tools": [TOOL]}, "main", None),
        (CLAUDE, {"tools": []}, "sdk_internal", None),
        (CLAUDE, {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "sdk_internal", None),
        (CLAUDE | {"x-claude-code-agent-id": "a7"}, {"tools": []}, "subagent", "a7"),
        ({"session-id": "s", "thread-id": "t1"}, {}, "main", None),
        ({"thread-id": "t2", "x-codex-parent-thread-id": "t1"}, {}, "subagent", "t2"),
        ({"thread-id": "t3", "x-openai-subagent": "review"}, {}, "subagent", "t3"),
        ({"thread-id": "t1", "x-openai-subagent": "compact"}, {}, "sdk_internal", None),
    ],
)
async def test_who_asked(
    watched: Watched, headers: dict[str, str], body: Any, context: str, agent: str | None
) -> None:
    await watched.claude().messages.create(**ASK, **body, extra_headers=headers)
    row = await watched.capture()
    assert (row.agent_context, row.agent_id) == (context, agent)
    assert row.is_main is (context == "main")


async def test_token_counts_are_the_engines_own(watched: Watched) -> None:
    await watched.claude().messages.count_tokens(model="claude-haiku-4-5", messages=said(1))
    row = await watched.capture()
    assert (row.agent_context, row.api_format, row.usage) == ("sdk_internal", None, None)


async def test_the_caller_may_know_its_main_agent_better(session: Path, server: ScriptedServer) -> None:
    async with watching(session, server.url, main_agent=lambda _, asked: asked.model == "big") as watched:
        for model in ("big", "small"):
            await watched.claude().messages.create(**{**ASK, "model": model}, extra_headers=CLAUDE)
        contexts = [(await watched.capture()).agent_context for _ in range(2)]
    assert contexts == ["main", "sdk_internal"]


async def test_attempts_are_counted(server: ScriptedServer, watched: Watched) -> None:
    server.enqueue(ErrorAnswer(529), ErrorAnswer(429), Answer(text="yes"))
    await watched.claude(max_retries=2).messages.create(**ASK)
    rows = [await watched.capture() for _ in range(3)]
    assert [(row.attempt, row.status) for row in rows] == [(1, 529), (2, 429), (3, 200)]


async def test_attempts_of_engines_that_do_not_say_so_are_counted(
    server: ScriptedServer, watched: Watched
) -> None:
    server.enqueue(ErrorAnswer(500), ErrorAnswer(500), Answer(text="yes"), Answer(text="yes"))
    body = json.dumps({"model": "gpt-5", "input": "hi"}).encode()
    for _ in range(4):
        await watched.say(post("/v1/responses", body))
    rows = [await watched.capture() for _ in range(4)]
    assert [row.attempt for row in rows] == [1, 2, 3, 1]


async def test_what_the_api_did_to_the_context(session: Path) -> None:
    edits = {"applied_edits": [{"type": "clear_tool_uses_20250919", "cleared_tool_uses": 3}]}
    events: list[Any] = [
        {"type": "message_start", "message": {"id": "m", "usage": {"input_tokens": 1}}},
        {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 2}, "context_management": edits},
        {"type": "message_stop"},
    ]
    stream = b"".join(b"data: %s\n\n" % json.dumps(event).encode() for event in events)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(answer(stream, b"content-type: text/event-stream"))

    async with raw_server(talk) as url, watching(session, url) as watched:
        await watched.say(post("/v1/messages", b"{}"))
        row = await watched.capture()
    assert row.context_management == edits


async def test_an_error_in_the_midst_of_a_stream(server: ScriptedServer, watched: Watched) -> None:
    server.enqueue(
        Answer(text="12345678", chunks=8, cut_after=2, error=ErrorAnswer(529, type="overloaded_error"))
    )
    with pytest.raises(anthropic.APIStatusError):
        [event async for event in await watched.claude().messages.create(**ASK, stream=True)]
    row = await watched.capture()
    assert (row.status, row.outcome, row.ok) == (200, "complete", False)
    assert row.error is not None
    assert row.error.startswith("overloaded_error")


async def test_a_stream_that_stops_short_is_no_whole_answer(session: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        start = b'data: {"type": "message_start", "message": {"id": "m"}}\n\n'
        writer.write(answer(start, b"content-type: text/event-stream"))

    async with raw_server(talk) as url, watching(session, url) as watched:
        await watched.say(post("/v1/messages", b"{}"))
        row = await watched.capture()
    assert row.error == "IncompleteStream: the stream ended before the answer was complete"


async def test_a_torn_row_costs_itself_only(tmp_path: Path, session: Path, server: ScriptedServer) -> None:
    (tmp_path / "session_01").mkdir()
    rows_file(session).write_bytes(b'{"request_index": 1, "mod')
    async with watching(session, server.url) as watched:
        await watched.claude().messages.create(**ASK)
        await watched.capture()
    lines = rows_file(session).read_bytes().splitlines()
    assert len(lines) == 2
    assert json.loads(lines[1])["status"] == 200


async def test_nothing_on_the_disk_says_who_somebody_is(server: ScriptedServer, watched: Watched) -> None:
    secrets = {
        "Cookie": "session=hidden-cookie-value",
        "OpenAI-Organization": "org-hidden",
        "openai-project": "proj-hidden",
        "chatgpt-account-id": "acct-hidden",
        "x-device-id": "dev-hidden",
        "X-Other": "Bearer hidden-bearer-value",
        "thread-id": "kept-thread",
        "x-client-request-id": "kept-request",
    }
    answered = {"set-cookie": "a=hidden", "anthropic-organization-id": "hidden", "x-kept": "yes"}
    server.enqueue(Answer(text="yes", headers=answered))
    gpt: openai.AsyncOpenAI = watched.gpt(api_key="hidden-key-of-openai")
    await gpt.responses.create(
        model="m", input="hi", extra_headers=secrets, extra_query={"api_key": "hidden-too", "a": "b"}
    )
    await watched.capture()
    written = (
        b"".join(
            path.read_bytes()
            for path in watched.session.rglob("*")
            if path.is_file() and "_headers" in path.name
        )
        + (watched.session / "api_captures.jsonl").read_bytes()
    )
    assert b"hidden" not in written
    for kept in (b"kept-thread", b"kept-request", b"x-kept", b"a=b"):
        assert kept in written
    assert server.requests[0].headers["cookie"] == secrets["Cookie"]


async def test_files_are_for_the_user_only(watched: Watched) -> None:
    await watched.claude().messages.create(**ASK)
    await watched.capture()
    found = watched.files()
    assert {path.stat().st_mode & 0o777 for path in found if path.is_file()} == {0o600}
    assert (watched.session / "raw_dumps").stat().st_mode & 0o777 == 0o700


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("model", "messages", "input", "instructions", "system", "tools", "max_tokens", "temperature")


@settings(max_examples=150, deadline=None)
@given(st.sampled_from((ANTHROPIC, RESPONSES, CHAT)), st.dictionaries(st.sampled_from(KEYS), JSON))
def test_a_request_may_hold_anything(api_format: str, body: dict[str, Any]) -> None:
    asked = asked_of(api_format, json.dumps(body).encode())
    assert isinstance(asked, Asked)
    fingerprint(asked.system)
    fingerprint(asked.tools)


@pytest.mark.parametrize(
    "body", [None, b"", b"nonsense", b"[1]", b'"text"', b'{"model": "m"', b"\xff\xfe", b"[" * 9000]
)
def test_a_request_may_be_no_object(body: bytes | None) -> None:
    assert asked_of(ANTHROPIC, body) == Asked()
