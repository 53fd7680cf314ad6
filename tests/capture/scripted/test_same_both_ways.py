"""A streamed answer adds up to the plain one: the SDKs must come to the same object both ways."""

from __future__ import annotations

from typing import Any

import anthropic
import openai
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capture.scripted import Answer, ScriptedServer, ToolCall, Usage

ASK: Any = {"model": "claude-sonnet-4-6", "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]}
CHAT: Any = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "hi"}]}
RESPOND: Any = {"model": "gpt-5-mini", "input": "hi"}

DIFFERENT = ("id", "call_id", "item_id", "created", "created_at")

texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=200)
numbers = st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
calls = st.builds(
    ToolCall,
    name=st.from_regex(r"[a-z_]{1,12}", fullmatch=True),
    arguments=st.dictionaries(texts, values, max_size=3),
)
counts = st.integers(0, 10**6)
usages = st.builds(
    Usage, input=counts, output=counts, cache_read=counts, cache_write=counts, reasoning=counts
)
answers = st.builds(
    Answer,
    text=st.none() | texts,
    thinking=st.none() | texts,
    tool_calls=st.lists(calls, max_size=3),
    usage=usages,
    chunks=st.none() | st.integers(1, 50),
    stop=st.none() | st.sampled_from(["end_turn", "max_tokens", "refusal", "content_filter"]),
)

both_ways = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def without_ids(value: Any) -> Any:
    """Ids differ from call to call, as they should; all else is compared."""
    if isinstance(value, dict):
        return {key: without_ids(item) for key, item in value.items() if key not in DIFFERENT}
    return [without_ids(item) for item in value] if isinstance(value, list) else value


@both_ways
@given(answer=answers)
def test_anthropic(server: ScriptedServer, claude: anthropic.Anthropic, answer: Answer) -> None:
    server.enqueue(answer, answer)
    plain = claude.messages.create(**ASK)
    with claude.messages.stream(**ASK) as stream:
        streamed = stream.get_final_message()
    assert without_ids(streamed.to_dict()) == without_ids(plain.to_dict())


@both_ways
@given(answer=answers)
def test_openai_chat(server: ScriptedServer, gpt: openai.OpenAI, answer: Answer) -> None:
    server.enqueue(answer, answer)
    plain = gpt.chat.completions.create(**CHAT).to_dict()
    assembled = assemble_chat(gpt)
    message = plain["choices"][0]["message"]
    assert assembled["content"] == (message["content"] or "")
    assert assembled["refusal"] == (message["refusal"] or "")
    assert assembled["calls"] == [call["function"] for call in message.get("tool_calls", [])]
    assert assembled["finish_reason"] == plain["choices"][0]["finish_reason"]
    assert assembled["usage"] == plain["usage"]


def assemble_chat(gpt: openai.OpenAI) -> dict[str, Any]:
    """Add up the chunks by hand: the SDK's own accumulator raises on max_tokens and on filtered answers."""
    got: dict[str, Any] = {"content": "", "refusal": "", "calls": []}
    for chunk in gpt.chat.completions.create(**CHAT, stream=True, stream_options={"include_usage": True}):
        if not chunk.choices:
            got["usage"] = chunk.usage.to_dict() if chunk.usage else None
            continue
        delta = chunk.choices[0].delta
        got["content"] += delta.content or ""
        got["refusal"] += delta.refusal or ""
        got["finish_reason"] = chunk.choices[0].finish_reason
        for part in delta.tool_calls or []:
            assert part.function is not None
            if part.index == len(got["calls"]):
                got["calls"].append({"name": part.function.name, "arguments": ""})
            got["calls"][part.index]["arguments"] += part.function.arguments or ""
    return got


def test_openai_chat_by_the_sdks_accumulator(server: ScriptedServer, gpt: openai.OpenAI) -> None:
    answer = Answer(text="Guten Tag 🌒", tool_calls=[ToolCall("look", {"at": "日本"}), ToolCall("stop")])
    server.enqueue(answer, answer)
    plain = gpt.chat.completions.create(**CHAT).choices[0].message
    with gpt.chat.completions.stream(**CHAT, stream_options={"include_usage": True}) as stream:
        streamed = stream.get_final_completion().choices[0].message
    assert streamed.content == plain.content
    calls = [[(c.function.name, c.function.arguments) for c in m.tool_calls] for m in (streamed, plain)]
    assert calls[0] == calls[1] == [("look", '{"at":"日本"}'), ("stop", "{}")]


@both_ways
@given(answer=answers)
def test_openai_responses(server: ScriptedServer, gpt: openai.OpenAI, answer: Answer) -> None:
    server.enqueue(answer, answer)
    plain = gpt.responses.create(**RESPOND)
    deltas = {"text": "", "refusal": "", "summary": "", "arguments": ""}
    names = {
        "response.output_text.delta": "text",
        "response.refusal.delta": "refusal",
        "response.reasoning_summary_text.delta": "summary",
        "response.function_call_arguments.delta": "arguments",
    }
    numbers_seen = []
    for event in gpt.responses.create(**RESPOND, stream=True):
        numbers_seen.append(event.sequence_number)
        if event.type in names:
            deltas[names[event.type]] += event.delta
        final = event
    assert numbers_seen == list(range(len(numbers_seen)))
    assert final.type == f"response.{plain.status}"
    assert without_ids(final.response.to_dict()) == without_ids(plain.to_dict())
    assert deltas == pieces_of(plain.to_dict())


def pieces_of(response: dict[str, Any]) -> dict[str, str]:
    parts = [part for item in response["output"] for part in item.get("content") or []]
    items = response["output"]
    return {
        "text": "".join(part.get("text", "") for part in parts),
        "refusal": "".join(part.get("refusal", "") for part in parts),
        "summary": "".join(s["text"] for item in items for s in item.get("summary") or []),
        "arguments": "".join(item.get("arguments", "") for item in items),
    }


def test_openai_responses_by_the_sdks_accumulator(server: ScriptedServer, gpt: openai.OpenAI) -> None:
    answer = Answer(text="ça va", thinking="Let me see", tool_calls=[ToolCall("look", {"at": "日本"})])
    server.enqueue(answer, answer)
    plain = gpt.responses.create(**RESPOND)
    with gpt.responses.stream(**RESPOND) as stream:
        streamed = stream.get_final_response()
    assert streamed.output_text == plain.output_text == "ça va"
    assert [item.type for item in streamed.output] == ["reasoning", "message", "function_call"]
