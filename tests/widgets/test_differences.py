"""Differences in words."""

from __future__ import annotations

from typing import Any

from tessen.exchange import Exchange
from tests.screens.event_samples import MESSAGES, TOOLS, answered, limited, truncated
from widgets.differences import Side, differences


def found(
    left: dict[str, Any], right: dict[str, Any], costs: tuple[float | None, float | None] = (None, None)
) -> dict[str, str]:
    sides = (Side(Exchange.from_event(event), cost) for event, cost in zip((left, right), costs, strict=True))
    return {d.name: d.words for d in differences(*sides)}


def changed(**body: Any) -> dict[str, Any]:
    event = answered()
    return {**event, "request_body": {**event["request_body"], **body}}


def test_an_event_does_not_differ_from_itself() -> None:
    assert found(answered(), answered()) == {}


def test_an_answer_cut_off() -> None:
    words = found(answered(), truncated(), (0.01, 0.02))
    assert words["stop reason"] == "tool_use → max_tokens"
    assert words["signals"] == "only right: truncated_response"
    assert words["output"] == "128 tokens → 1,024 tokens  +700%"
    assert words["cost"] == "$0.010 → $0.020  +100%"
    assert "messages" not in words


def test_an_outcome() -> None:
    words = found(answered(), limited())
    assert words["outcome"] == "ok → RateLimitError 429"
    assert not {"stop reason", "input", "cost", "first token"} & set(words)
    assert words["answer"].endswith(" → nothing")
    assert words["attempts"] == "1 → 3"


def test_what_was_asked() -> None:
    words = found(answered(), changed(model="other", max_tokens=4096, system="Shorter.", top_p=0.5))
    assert words["max_tokens"] == "1024 → 4096"
    assert words["top_p"] == "not set → 0.5"
    assert words["system prompt"] == "changed, 3 lines → 1 line"


def test_tools_come_go_and_change() -> None:
    words = found(answered(), changed(tools=[{**TOOLS[0], "description": "New."}, {"name": "cancel"}]))
    assert words["tools"] == "only left: refund; only right: cancel; changed: search_orders"


def test_where_two_conversations_part() -> None:
    other = [MESSAGES[0], {"role": "assistant", "content": "No."}]
    assert (
        found(answered(), changed(messages=other))["messages"]
        == "first differ in message 2 (assistant); 3 → 2"
    )
    longer = [*MESSAGES, {"role": "user", "content": "And now?"}]
    assert found(answered(), changed(messages=longer))["messages"] == (
        "the right goes on for 1 more message after message 3"
    )


def test_small_changes_of_time_are_not_worth_a_line() -> None:
    assert found(answered(duration_ms=1_000), answered(duration_ms=1_020)) == {}
    assert found(answered(duration_ms=1_000), answered(duration_ms=1_500))["took"] == "1.00s → 1.50s  +50%"


def test_a_quantity_that_was_zero_has_no_share() -> None:
    assert found(answered(), answered(), (0.0, 0.5))["cost"] == "$0 → $0.50"
    assert found(answered(duration_ms=0), answered(duration_ms=-5))["took"].startswith("0ms")
