"""Trajectories rebuilt from a log: recorded from the vendors' SDKs, and grown, cut and mixed by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
from google.genai import types
from harbor.models.trajectories import Trajectory as ReferenceTrajectory

import tessen
from capture.atif import flaws
from capture.atif.from_exchanges import trajectory_of
from capture.atif.trajectory import Trajectory
from capture.cursor import CursorError
from capture.cursor.log_session import log_session
from capture.scripted import Answer, ToolCall, Usage
from tessen.exchange import Exchange
from tests.tessen import sdks
from tests.tessen.sdks import Kit

SCHEMA = {"type": "object", "properties": {"order": {"type": "string"}}}


def messages(kit: Kit) -> None:
    client = anthropic.Anthropic(base_url=kit.server.url, api_key="sk-ant-x")
    tools: Any = [{"name": "find", "input_schema": SCHEMA}]
    said: list[Any] = [{"role": "user", "content": "Where is it?"}]
    for _ in range(3):
        with client.messages.stream(
            model="claude-sonnet-4-5", max_tokens=99, tools=tools, messages=said
        ) as asked:
            answer = asked.get_final_message()
        kept = [block.model_dump() for block in answer.content if block.type != "thinking"]
        said.append({"role": "assistant", "content": kept})
        calls = [block for block in answer.content if block.type == "tool_use"]
        results = [{"type": "tool_result", "tool_use_id": each.id, "content": "Oslo"} for each in calls]
        said.append({"role": "user", "content": results or "Thanks."})


def chat(kit: Kit) -> None:
    client = openai.OpenAI(base_url=f"{kit.server.url}/v1", api_key="x")
    tools: Any = [{"type": "function", "function": {"name": "find", "parameters": SCHEMA}}]
    said: list[Any] = [{"role": "user", "content": "Where is it?"}]
    for _ in range(3):
        answer = client.chat.completions.create(model="gpt-4.1", tools=tools, messages=said)
        message = answer.choices[0].message
        said.append(message.model_dump(exclude_none=True))
        calls = message.tool_calls or []
        said += [{"role": "tool", "tool_call_id": each.id, "content": "Oslo"} for each in calls]
        said += [] if calls else [{"role": "user", "content": "Thanks."}]


def responses(kit: Kit, *, by_reference: bool = False) -> None:
    client = openai.OpenAI(base_url=f"{kit.server.url}/v1", api_key="x")
    tools: Any = [{"type": "function", "name": "find", "parameters": SCHEMA, "strict": False}]
    said: list[Any] = [{"role": "user", "content": "Where is it?"}]
    before: Any = openai.omit
    for _ in range(3):
        answer = client.responses.create(
            model="gpt-4.1", tools=tools, input=said, previous_response_id=before
        )
        new: list[Any] = [
            {"type": "function_call_output", "call_id": each.call_id, "output": "Oslo"}
            for each in answer.output
            if each.type == "function_call"
        ] or [{"role": "user", "content": "Thanks."}]
        said = new if by_reference else [*said, *(each.model_dump() for each in answer.output), *new]
        before = answer.id if by_reference else openai.omit


def gemini(kit: Kit) -> None:
    said: list[Any] = [types.Content(role="user", parts=[types.Part(text="Where is it?")])]
    for _ in range(3):
        answer = kit.gemini.models.generate_content(**{**sdks.gemini(), "contents": said})
        assert answer.candidates
        content = answer.candidates[0].content
        assert content is not None
        said.append(content)
        calls = [part.function_call for part in content.parts or [] if part.function_call]
        parts = [
            types.Part.from_function_response(name=each.name or "", response={"output": "Oslo"})
            for each in calls
        ]
        said.append(types.Content(role="user", parts=parts or [types.Part(text="Thanks.")]))


VENDORS: dict[str, Callable[[Kit], None]] = {
    "messages": messages,
    "chat": chat,
    "responses": responses,
    "responses by reference": lambda kit: responses(kit, by_reference=True),
    "gemini": gemini,
}


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log with a session of each vendor: a tool, its result, an answer, thanks, an answer."""
    folder, kit = tmp_path_factory.mktemp("log"), Kit()
    usage = Usage(input=1000, output=100, cache_read=200)
    tessen.init(agent_name="support", log_dir=str(folder))
    try:
        for name, vendor in VENDORS.items():
            kit.server.enqueue(
                Answer(text="Looking.", tool_calls=[ToolCall("find", {"order": "A"})], usage=usage),
                Answer(text="In Oslo.", thinking="so" if name == "messages" else None, usage=usage),
                Answer(text="Bye.", usage=usage),
            )
            with tessen.session(f"session of {name}"):
                vendor(kit)
    finally:
        tessen.shutdown()
        kit.close()
    return folder


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_session_is_the_same_trajectory_whichever_vendor_was_asked(log_dir: Path, vendor: str) -> None:
    session = log_session(log_dir, f"support:session of {vendor}")
    whole = checked(trajectory_of(session.exchanges()))
    assert [(each.source, each.message) for each in whole.steps] == [
        ("user", "Where is it?"),
        ("agent", "Looking."),
        ("agent", "In Oslo."),
        ("user", "Thanks."),
        ("agent", "Bye."),
    ]
    asked = whole.steps[1]
    ((call, result),) = zip(asked.tool_calls, asked.results, strict=True)
    assert (call.function_name, call.arguments, result.content) == ("find", {"order": "A"}, "Oslo")
    assert result.source_call_id == call.tool_call_id
    measured = [each.metrics for each in whole.steps if each.metrics]
    assert [(m.prompt_tokens, m.completion_tokens, m.cached_tokens) for m in measured] == [
        (1000, 100, 200)
    ] * 3
    assert whole.total_cost_usd == pytest.approx(sum(m.cost_usd or 0 for m in measured))
    assert whole.total_cost_usd
    ids = [each.extra["event_id"] for each in whole.steps if each.source == "agent"]
    assert ids == [each.event_id for each in session.exchanges()]
    upto = log_session(log_dir, f"support:{ids[1][:8]}")
    assert [each.event_id for each in upto.exchanges()] == ids[:2]
    assert upto.until == ids[1]


def checked(trajectory: Trajectory) -> Trajectory:
    """Hold a trajectory to the format."""
    written = trajectory.as_dict()
    ReferenceTrajectory.model_validate(written)
    assert list(flaws(written)) == []
    return trajectory


def exchange(number: int, said: list[Any], answer: Any, **changes: Any) -> Exchange:
    content = [{"type": "text", "text": answer}] if isinstance(answer, str) else answer
    event = {
        "event_id": f"{number:032x}",
        "session_id": "s",
        "agent_name": "a",
        "ts": 1000.0 + number,
        "provider": "anthropic",
        "surface": "messages.create",
        "request_body": {"model": "claude-sonnet-4-5", "messages": said},
        "casted_response": {"content": content, "stop_reason": "end_turn"},
        "status": "ok",
    }
    return Exchange.from_event(event | changes)


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def assistant(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def said(trajectory: Trajectory) -> list[tuple[str, object, object]]:
    return [(each.source, each.message, each.extra.get("conversation")) for each in trajectory.steps]


def test_a_conversation_on_the_side_is_told_apart() -> None:
    main = [user("go"), assistant("one"), user("on")]
    whole = checked(
        trajectory_of(
            [
                exchange(1, main[:1], "one"),
                exchange(2, [user("a title, please")], "Title"),
                exchange(3, main, "two"),
            ]
        )
    )
    assert said(whole) == [
        ("user", "go", None),
        ("agent", "one", None),
        ("user", "a title, please", 2),
        ("agent", "Title", 2),
        ("user", "on", None),
        ("agent", "two", None),
    ]


def test_a_call_that_failed_is_said_and_its_messages_stand_there_once() -> None:
    error = {"type": "RateLimitError", "msg": "slow down", "status_code": 429}
    failed = {"status": "error", "error": error, "casted_response": {}}
    whole = checked(
        trajectory_of([exchange(1, [user("go")], "", **failed), exchange(2, [user("go")], "done")])
    )
    assert said(whole) == [
        ("user", "go", None),
        ("system", "The call to the model failed: RateLimitError: slow down", None),
        ("agent", "done", None),
    ]


def test_a_history_from_before_the_record_is_copied_context() -> None:
    whole = checked(trajectory_of([exchange(1, [user("hi"), assistant("ho"), user("go")], "done")]))
    assert [(s.source, s.message, s.is_copied_context) for s in whole.steps] == [
        ("user", "hi", None),
        ("agent", "ho", True),
        ("user", "go", None),
        ("agent", "done", None),
    ]


def test_of_a_conversation_that_was_rewritten_only_its_end_is_new() -> None:
    result = {"type": "tool_result", "tool_use_id": "c", "content": "long"}
    call = [{"type": "tool_use", "id": "c", "name": "find", "input": {}}]
    before = [user("go"), {"role": "assistant", "content": call}, {"role": "user", "content": [result]}]
    cleared = {"role": "user", "content": [result | {"content": "cleared"}]}
    after = [*before[:2], cleared, assistant("so"), user("on")]
    whole = checked(
        trajectory_of([exchange(1, before[:1], call), exchange(2, before, "so"), exchange(3, after, "end")])
    )
    assert said(whole)[-4:] == [
        ("agent", "so", None),
        ("system", "The program rewrote the conversation: 3 messages before, 5 now.", None),
        ("user", "on", None),
        ("agent", "end", None),
    ]
    assert [each.content for each in whole.steps[1].results] == ["long"]


def test_ids_given_twice_and_results_of_unknown_calls_do_no_harm() -> None:
    call = [{"type": "tool_use", "id": "c", "name": "find", "input": "not an object"}]
    stray = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "?", "content": "stray"}]}
    whole = checked(
        trajectory_of(
            [
                exchange(1, [user("go")], call),
                exchange(2, [user("go")], call),
                exchange(3, [user("go"), {"role": "assistant", "content": call}, stray], "end"),
            ]
        )
    )
    calls = [each for step in whole.steps for each in step.tool_calls]
    assert len({each.tool_call_id for each in calls}) == 2
    assert calls[0].arguments == {"input": "not an object"}
    assert whole.steps[2].results[0].content == "stray"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("support:nothing-like-it", "there is no session and no event nothing-like-it"),
        ("support:session", "5 begin so; give more of the id"),
        ("nobody:123456", "there is no log of this agent"),
        ("support:abc", "a session is named agent:session_id"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(log_dir: Path, name: str, why: str) -> None:
    with pytest.raises(CursorError, match=why):
        log_session(log_dir, name)
