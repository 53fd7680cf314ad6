"""What the engines say in their own formats, as events: what a scripted model cannot bring about."""

from __future__ import annotations

from typing import Any

from capture.engines.claude_code.stream import Stream, as_text
from capture.engines.codex.rollout import Rollout
from capture.engines.interface import Called, Compacted, Ended, EngineEvent, Returned, Said


def claude(*messages: dict[str, Any]) -> list[EngineEvent]:
    stream = Stream(lambda _: [])
    return [event for message in messages for event in stream.events(message)]


def codex(*lines: tuple[str, dict[str, Any]]) -> list[EngineEvent]:
    rollout = Rollout(None)
    events = [
        event for kind, payload in lines for event in rollout.events({"type": kind, "payload": payload})
    ]
    return [*events, *rollout.end()]


def test_claude_compacts() -> None:
    metadata = {"trigger": "auto", "pre_tokens": 150_000}
    (event,) = claude({"type": "system", "subtype": "compact_boundary", "compact_metadata": metadata})
    assert event == Compacted("The conversation was compacted (auto, 150000 tokens before).")


def test_what_claude_makes_up_itself_is_no_model_call() -> None:
    blocks = [{"type": "text", "text": "API Error: 500"}]
    message = {"id": "m", "model": "<synthetic>", "content": blocks}
    assert claude({"type": "assistant", "message": message}) == []
    hidden = {"id": "m", "model": "x", "content": [{"type": "redacted_thinking", "data": "…"}]}
    (said,) = claude({"type": "assistant", "message": hidden})
    assert isinstance(said, Said)
    assert said.extra == {"redacted_thinking": True}


def test_how_claude_ends() -> None:
    def ended(**fields: Any) -> Ended:
        (event,) = claude({"type": "result", **fields})
        assert isinstance(event, Ended)
        return event

    assert ended(subtype="success").outcome == "completed"
    assert ended(subtype="error_max_turns", is_error=True).outcome == "max_turns"
    assert ended(subtype="error_max_budget_usd", is_error=True).outcome == "budget_exhausted"
    assert ended(subtype="success", is_error=True, result="no key").error == "no key"
    assert ended(subtype="error_during_execution", is_error=True, errors=["a", "b"]).error == "a; b"


def test_results_are_text_never_a_languages_own_way_of_writing() -> None:
    blocks = [{"type": "text", "text": "a"}, {"type": "image", "source": {}}, {"type": "text", "text": "b"}]
    assert (as_text(blocks), as_text("x"), as_text(None)) == ("a\n[image]\nb", "x", "")


def test_codex_compacts() -> None:
    assert codex(("compacted", {"message": "so far"})) == [Compacted("so far")]


def test_a_custom_tool_of_codex() -> None:
    call = {"type": "custom_tool_call", "call_id": "c", "name": "exec", "input": "ls"}
    output = {
        "type": "custom_tool_call_output",
        "call_id": "c",
        "output": [{"type": "input_text", "text": "x"}],
    }
    called, returned = codex(("response_item", call), ("response_item", output))
    assert isinstance(called, Called)
    assert (called.message_id, called.arguments) == ("main-answer-1", {"input": "ls"})
    assert returned == Returned("c", "x")


def test_arguments_of_codex_that_are_no_object() -> None:
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "[1"}
    (called,) = codex(("response_item", call))
    assert isinstance(called, Called)
    assert called.arguments == {"input": "[1"}


def test_a_call_that_never_returned_is_still_told_of() -> None:
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "hi"}]}
    usage = {"response_id": "resp_1"}
    events = codex(("response_item", said), ("token_usage_record", usage), ("response_item", said))
    assert [event.message_id for event in events if isinstance(event, Said)] == ["resp_1", "main-answer-2"]
