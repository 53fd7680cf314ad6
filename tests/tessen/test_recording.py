"""The matrix: every protocol, sync and async, plain and both kinds of streaming, with the real SDKs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from capture.scripted import Answer, ScriptedServer, ToolCall, Usage

QUESTION: list[dict[str, Any]] = [{"role": "user", "content": "Where is order A-17? 🌙\u2028"}]
TOOL = {"type": "object", "properties": {"order_id": {"type": "string"}}}

ANSWERS = {
    "text": Answer(text="It is on its way — 明日.\nReally.", usage=Usage(input=30, output=9, cache_read=12)),
    "tools": Answer(
        text="Looking.",
        tool_calls=[ToolCall("find", {"order_id": "A-17", "n": 1.5}), ToolCall("noop", {})],
        usage=Usage(input=30, output=9),
    ),
    "thinking": Answer(thinking="Let me see.", text="Done.", usage=Usage(input=30, output=9, reasoning=4)),
    "refusal": Answer(refusal="I will not.", usage=Usage(input=30, output=9)),
}


def ask_anthropic(**more: Any) -> Any:
    tools = [{"name": "find", "input_schema": TOOL}]
    return {"model": "claude-haiku-4-5", "max_tokens": 100, "messages": QUESTION, "tools": tools, **more}


def ask_chat(**more: Any) -> Any:
    tools = [{"type": "function", "function": {"name": "find", "parameters": TOOL}}]
    return {"model": "gpt-5-mini", "messages": QUESTION, "tools": tools, **more}


def ask_responses(**more: Any) -> Any:
    tools = [{"type": "function", "name": "find", "parameters": TOOL, "strict": False}]
    return {"model": "gpt-5-mini", "input": QUESTION, "tools": tools, **more}


USAGE = {"stream_options": {"include_usage": True}}


def anthropic_plain(clients: Any) -> None:
    clients.anthropic().messages.create(**ask_anthropic())


def anthropic_iterated(clients: Any) -> None:
    for _ in clients.anthropic().messages.create(**ask_anthropic(), stream=True):
        pass


def anthropic_managed(clients: Any) -> None:
    with clients.anthropic().messages.stream(**ask_anthropic()) as stream:
        stream.get_final_message()


def chat_plain(clients: Any) -> None:
    clients.openai().chat.completions.create(**ask_chat())


def chat_iterated(clients: Any) -> None:
    for _ in clients.openai().chat.completions.create(**ask_chat(), **USAGE, stream=True):
        pass


def chat_managed(clients: Any) -> None:
    with clients.openai().chat.completions.stream(**ask_chat(tools=[]), **USAGE) as stream:
        stream.get_final_completion()


def responses_plain(clients: Any) -> None:
    clients.openai().responses.create(**ask_responses())


def responses_iterated(clients: Any) -> None:
    for _ in clients.openai().responses.create(**ask_responses(), stream=True):
        pass


def responses_managed(clients: Any) -> None:
    with clients.openai().responses.stream(**ask_responses()) as stream:
        stream.get_final_response()


def awaited(coroutine_function: Callable[[Any], Any]) -> Callable[[Any], None]:
    async def run(clients: Any) -> None:
        await coroutine_function(clients)
        await clients.close()

    return lambda clients: asyncio.run(run(clients))


async def anthropic_plain_async(clients: Any) -> None:
    await clients.async_anthropic().messages.create(**ask_anthropic())


async def anthropic_iterated_async(clients: Any) -> None:
    async for _ in await clients.async_anthropic().messages.create(**ask_anthropic(), stream=True):
        pass


async def anthropic_managed_async(clients: Any) -> None:
    async with clients.async_anthropic().messages.stream(**ask_anthropic()) as stream:
        await stream.get_final_message()


async def chat_plain_async(clients: Any) -> None:
    await clients.async_openai().chat.completions.create(**ask_chat())


async def chat_iterated_async(clients: Any) -> None:
    async for _ in await clients.async_openai().chat.completions.create(**ask_chat(), **USAGE, stream=True):
        pass


async def chat_managed_async(clients: Any) -> None:
    async with clients.async_openai().chat.completions.stream(**ask_chat(tools=[]), **USAGE) as stream:
        await stream.get_final_completion()


async def responses_plain_async(clients: Any) -> None:
    await clients.async_openai().responses.create(**ask_responses())


async def responses_iterated_async(clients: Any) -> None:
    async for _ in await clients.async_openai().responses.create(**ask_responses(), stream=True):
        pass


async def responses_managed_async(clients: Any) -> None:
    async with clients.async_openai().responses.stream(**ask_responses()) as stream:
        await stream.get_final_response()


PLAIN = {
    "messages": [anthropic_plain, awaited(anthropic_plain_async)],
    "chat.completions": [chat_plain, awaited(chat_plain_async)],
    "responses": [responses_plain, awaited(responses_plain_async)],
}
STREAMED = {
    "messages": [
        anthropic_iterated,
        anthropic_managed,
        awaited(anthropic_iterated_async),
        awaited(anthropic_managed_async),
    ],
    "chat.completions": [
        chat_iterated,
        chat_managed,
        awaited(chat_iterated_async),
        awaited(chat_managed_async),
    ],
    "responses": [
        responses_iterated,
        responses_managed,
        awaited(responses_iterated_async),
        awaited(responses_managed_async),
    ],
}
COMMON = (
    "event_id session_id agent_name ts _tessen_tier provider surface call_type http_method http_url "
    "call_site duration_ms request_body streamed status"
)
PROVIDER = {"messages": "anthropic", "chat.completions": "openai", "responses": "openai"}


def essence(protocol: str, body: dict[str, Any]) -> Any:
    """What an answer says: without the ids and times that differ between two answers of the server."""
    if protocol == "messages":
        content = [
            {k: v for k, v in block.items() if k not in ("id", "signature")} for block in body["content"]
        ]
        return content, body["stop_reason"], body["model"], body["role"], body["usage"]["output_tokens"]
    if protocol == "chat.completions":
        choices = []
        for choice in body["choices"]:
            message = {k: v for k, v in choice["message"].items() if k != "annotations"}
            for call in message.get("tool_calls", []):
                call.pop("id")
            choices.append({**choice, "message": message})
        return choices, body["object"], body["model"], body["usage"]
    output = [{k: v for k, v in item.items() if k not in ("id", "call_id")} for item in body["output"]]
    return output, body["status"], body["model"], body["usage"]


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("protocol", PLAIN)
def test_a_streamed_answer_is_recorded_as_the_same_answer_in_one_piece(
    protocol: str, kind: str, server: ScriptedServer, clients: Any, log: Any
) -> None:
    for ask in PLAIN[protocol] + STREAMED[protocol]:
        server.enqueue(ANSWERS[kind])
        ask(clients)
    events = log.events()
    plain, streamed = events[:2], events[2:]
    bodies = [event["casted_response"] for event in plain] + [event["response_body"] for event in streamed]
    said = [essence(protocol, body) for body in bodies]
    assert said == [said[0]] * 6
    assert [event["usage"] for event in events] == [events[0]["usage"]] * 6
    assert [event["status"] for event in events] == ["ok"] * 6
    assert [event["quality_signals"] for event in events] == [["refusal"] if kind == "refusal" else []] * 6


@pytest.mark.parametrize("protocol", PLAIN)
def test_the_shape_of_a_plain_event(protocol: str, server: ScriptedServer, clients: Any, log: Any) -> None:
    for ask in PLAIN[protocol]:
        server.enqueue(ANSWERS["text"])
        ask(clients)
    for event, received in zip(log.events(), server.requests, strict=True):
        variant = "casted_response response_headers usage model v quality_signals"
        assert " ".join(event) == f"{COMMON} {variant}"
        assert event["request_body"] == received.json
        assert event["provider"] == PROVIDER[protocol]
        assert event["surface"] == f"{protocol}.create"
        assert event["http_url"] == f"{server.url}{received.path}"
        assert (event["http_method"], event["call_type"], event["_tessen_tier"]) == ("POST", "request", 1)
        assert (event["agent_name"], event["streamed"], event["v"]) == ("agent", False, 2)
        assert event["call_site"]["file"] == __file__
        assert event["call_site"]["func"].startswith(("anthropic_plain", "chat_plain", "responses_plain"))
        assert event["usage"]["input_tokens"] == 30
        assert event["usage"]["cache_read_tokens"] == 12
        assert "set-cookie" not in event["response_headers"]
        assert any(name.endswith("request-id") for name in event["response_headers"])


@pytest.mark.parametrize("protocol", STREAMED)
def test_the_shape_of_a_streamed_event(protocol: str, server: ScriptedServer, clients: Any, log: Any) -> None:
    for ask in STREAMED[protocol]:
        server.enqueue(ANSWERS["text"])
        ask(clients)
    for event, received in zip(log.events(), server.requests, strict=True):
        variant = "response_body chunks_captured response_headers ttft_ms usage model v quality_signals"
        assert " ".join(event) == f"{COMMON} {variant}"
        assert event["request_body"] == received.json
        assert event["surface"] == f"{protocol}.stream"
        assert event["streamed"] is True
        assert event["chunks_captured"] > 3
        assert 0 < event["ttft_ms"] <= event["duration_ms"]


def test_the_bodies_are_the_bytes_of_the_wire(server: ScriptedServer, clients: Any, log: Any) -> None:
    anthropic_plain(clients)
    (line,) = log.lines()
    assert server.requests[0].body in line
    assert b'"text": "ok"' in line or b'"text":"ok"' in line


def test_the_event_is_on_disk_when_the_call_returns(clients: Any, log: Any) -> None:
    client = clients.anthropic()
    for n in range(1, 4):
        client.messages.create(**ask_anthropic())
        assert len(log.events()) == n
    for n, stream in enumerate(client.messages.create(**ask_anthropic(), stream=True) for _ in range(2)):
        for _ in stream:
            pass
        assert len(log.events()) == 4 + n


def test_raw_and_streaming_responses(server: ScriptedServer, clients: Any, log: Any) -> None:
    """LangChain asks for raw responses; others read the body themselves."""
    client = clients.openai()
    assert client.chat.completions.with_raw_response.create(**ask_chat()).parse().choices
    with client.chat.completions.with_streaming_response.create(**ask_chat()) as response:
        response.parse()
    with client.chat.completions.with_streaming_response.create(**ask_chat(stream=True)) as response:
        list(response.iter_lines())
    plain, read, streamed = log.events()
    assert plain["casted_response"]["choices"]
    assert read["casted_response"]["choices"]
    assert read["surface"] == "chat.completions.create"
    assert streamed["response_body"]["choices"][0]["message"]["content"] == "ok"
    assert streamed["surface"] == "chat.completions.stream"

    client = clients.anthropic()
    client.messages.with_raw_response.create(**ask_anthropic()).parse()
    with client.messages.with_streaming_response.create(**ask_anthropic()) as response:
        response.read()
    assert [event["casted_response"]["type"] for event in log.events()[3:]] == ["message"] * 2


def test_other_operations_are_not_mistaken_for_answers(clients: Any, log: Any) -> None:
    client = clients.anthropic()
    client.messages.count_tokens(model="claude-haiku-4-5", messages=QUESTION)
    client.models.list()
    clients.openai().models.list()
    surfaces = [event["surface"] for event in log.events()]
    assert surfaces == ["messages.count_tokens", "models.list", "models.list"]
    assert all("usage" not in event for event in log.events())
    assert [event["http_method"] for event in log.events()] == ["POST", "GET", "GET"]
    assert log.events()[1]["request_body"] is None


def test_beta_resources_pass_the_same_way(clients: Any, log: Any) -> None:
    clients.anthropic().beta.messages.create(**ask_anthropic())
    assert log.one()["surface"] == "messages.create"


def test_several_choices(server: ScriptedServer, clients: Any, log: Any) -> None:
    server.enqueue(ANSWERS["tools"])
    for _ in clients.openai().chat.completions.create(**ask_chat(n=3), stream=True):
        pass
    choices = log.one()["response_body"]["choices"]
    assert [choice["index"] for choice in choices] == [0, 1, 2]
    assert {len(choice["message"]["tool_calls"]) for choice in choices} == {2}
    arguments = choices[2]["message"]["tool_calls"][0]["function"]["arguments"]
    assert arguments.replace(" ", "") == '{"order_id":"A-17","n":1.5}'


def test_a_hundred_at_once_are_told_apart(server: ScriptedServer, clients: Any, log: Any) -> None:
    async def ask(client: Any, n: int) -> None:
        request = ask_anthropic(messages=[{"role": "user", "content": f"question {n}"}])
        if n % 2:
            await client.messages.create(**request)
        else:
            async with client.messages.stream(**request) as stream:
                await stream.get_final_message()

    async def everyone() -> None:
        client = clients.async_anthropic()
        await asyncio.gather(*(ask(client, n) for n in range(100)))
        await clients.close()

    asyncio.run(everyone())
    events = log.events()
    asked = {event["request_body"]["messages"][0]["content"]: event["streamed"] for event in events}
    assert asked == {f"question {n}": n % 2 == 0 for n in range(100)}
    assert len({event["event_id"] for event in events}) == 100
    assert all("attempts" not in event for event in events)


def test_embeddings_and_token_counts_are_recorded_as_such(clients: Any, log: Any) -> None:
    client = clients.openai()
    client.embeddings.create(model="text-embedding-3-small", input=["a", "b"])
    client.responses.input_tokens.count(model="gpt-5-mini", input="hello")
    embedded, counted = log.events()
    assert (embedded["surface"], counted["surface"]) == ("embeddings.create", "responses.input_tokens.count")
    assert embedded["usage"]["input_tokens"] > 0
    assert "usage" not in counted
    assert len(embedded["casted_response"]["data"]) == 2
    assert embedded["quality_signals"] == counted["quality_signals"] == []
