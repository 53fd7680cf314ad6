"""A whole event as a document: complete for a person, harmless for a terminal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tessen.exchange import Exchange
from tessen.sanitise import is_safe
from tessen.signals import SIGNALS
from tests.screens.event_samples import answered, limited, truncated
from widgets.compare_document import compare, compare_items
from widgets.differences import Side
from widgets.event_document import LOOKS, Inspected
from widgets.flow import Flow
from widgets.lines import Item, all_lines
from widgets.signal_facts import signal_facts

HOSTILE = [
    "\x1b]0;owned\x07",
    "\x1b[2J\x1b[31mred",
    "[red]markup[/red] [@click=app.quit]x[/]",
    "\u202egnp.exe",
    "nul\x00 bell\x07 del\x7f c1\x9b31m",
    "\x1b]52;c;aGk=\x07",
    "\x1b]8;;http://x\x07link\x1b]8;;\x07",
    "\ud800 lone",
    "a\u2028b\u0085c",
]
WORDS = st.sampled_from(HOSTILE) | st.text(max_size=10)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=10,
)


def inspected(event: dict[str, Any]) -> Inspected:
    raw = json.dumps(event).encode()
    return Inspected(Exchange.from_event(event), event, raw, "/logs/x.jsonl, byte 0", 0.5)


def read(event: dict[str, Any], look: str = "event") -> str:
    return "\n".join(each.text for each in all_lines(LOOKS[look](inspected(event))))


def assert_harmless(items: list[Item], width: int = 60) -> None:
    flow = Flow(items, width)
    for index, entry in enumerate(list(flow.entries)):
        for row in entry.line.rows(width):
            assert all(is_safe(span.text) for span in row), index
    for each in all_lines(items):
        assert all(is_safe(span.text) for row in each.rows(width) for span in row)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from([*sorted(answered()), "error", "attempts", "outcome"]),
    JSON,
    st.sampled_from(sorted(LOOKS)),
)
def test_any_field_may_hold_anything(field: str, value: Any, look: str) -> None:
    assert_harmless(LOOKS[look](inspected(answered(**{field: value}))))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.sampled_from(sorted(limited())), JSON),
    st.sampled_from(sorted(limited()["error"])),
    JSON,
)
def test_any_error_may_hold_anything(fields: dict[str, Any], part: str, value: Any) -> None:
    event = limited()
    event["error"] = {**event["error"], part: value}
    assert_harmless(LOOKS["event"](inspected({**event, **fields})))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(answered())), JSON, st.booleans())
def test_any_two_events_compare(field: str, value: Any, side_by_side: bool) -> None:
    sides = [Side(Exchange.from_event(e), None) for e in (limited(), answered(**{field: value}))]
    assert_harmless(compare_items(compare(*sides), side_by_side=side_by_side))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_shown_wherever_it_stands(hostile: str) -> None:
    body = {"system": hostile, "messages": [{"role": hostile, "content": hostile}], hostile: hostile}
    event = answered(request_body=body, agent_name=hostile, quality_signals=[hostile], **{hostile: hostile})
    assert_harmless(LOOKS["event"](inspected(event)))
    assert_harmless(LOOKS["raw"](inspected(event)))


def test_all_that_was_said_is_there() -> None:
    text = read(answered())
    for words in (
        "It is late, so a refund is due.",
        "Your order is four days late. I will refund it now.",
        "approved by policy 3",
        "You are the billing assistant of Northwind.",
        "Find orders by id or customer.",
        "Where is my order A-17? It was promised for Friday.",
        '{"status": "late", "days": 4}',
        "result in message 3",
        "← result of search_orders",
        "/srv/billing/agent.py:42 in answer",
        "$0.50",
    ):
        assert words in text


def test_a_conversation_reads_from_system_prompt_to_answer() -> None:
    text = read(answered(), "conversation")
    places = [
        text.index(words) for words in ("Refund only", "Where is my order", '"days": 4', "four days late")
    ]
    assert places == sorted(places)


def test_an_error_is_told_with_its_attempts_and_traceback() -> None:
    text = read(limited())
    assert "RateLimitError  HTTP 429" in text
    assert "reply = client.messages.create(**request)" in text
    assert "req_2" in text
    assert "3 attempts: 429 → 503 → 429" in text


def test_the_vendors_words_come_before_the_sdks() -> None:
    flow = Flow(LOOKS["event"](inspected(limited())))
    shown = [entry.line.text for entry in flow.entries]
    at = shown.index("RateLimitError  HTTP 429")
    assert shown[at + 1 : at + 3] == ["slow down", "As the SDK says it"]


def test_your_own_frames_are_brighter_than_the_librarys() -> None:
    lines = {each.text: each for each in all_lines(LOOKS["event"](inspected(limited())))}
    mine = lines['  File "/srv/billing/agent.py", line 42, in answer']
    theirs = next(each for text, each in lines.items() if "site-packages" in text)
    assert (mine.spans[0].style, theirs.spans[0].style) == ("", "faint")


def test_sections_come_in_the_order_of_need() -> None:
    flow = Flow(LOOKS["event"](inspected(limited())))
    names = [flow.entries[i].fold.section for i in flow.sections]  # type: ignore[union-attr]
    assert names == ["Why", "Error", "Attempts", "Request", "Usage", "Call", "Raw"]


def test_a_healthy_event_begins_with_its_answer() -> None:
    assert read(answered()).startswith("Response  tool_use · 3 blocks")


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.name)
def test_every_signal_is_explained(signal: Any) -> None:
    text = read(answered(quality_signals=[signal.name]))
    assert signal.meaning in text
    assert signal.advice in text


@pytest.mark.parametrize(
    ("event", "fact"),
    [
        (truncated(), "stopped with max_tokens at 1,024 output tokens; the request allowed max_tokens 1,024"),
        (limited(), "HTTP 429 after 2.34s, 3 attempts"),
        (limited(), "retry-after: 12 s"),
        (limited(), "anthropic-ratelimit-requests-remaining: 0"),
        (
            answered(quality_signals=["empty_content_on_end_turn"]),
            'the last message is from user: ← {"status": "late", "days": 4}',
        ),
        (
            answered(quality_signals=["stream_abandoned"], outcome="abandoned"),
            "abandoned: 31 chunks read in 2.34s",
        ),
        (
            answered(quality_signals=["slow_first_token"]),
            "first token after 410ms for 2.3k input tokens, 2.0k of them cached",
        ),
        (
            answered(
                quality_signals=["cache_control_set_but_no_cache_activity"],
                request_body={
                    "messages": [{"role": "user", "content": [{"cache_control": {"type": "ephemeral"}}]}]
                },
            ),
            "markers in messages[0].content[0]",
        ),
        (
            answered(
                quality_signals=["invalid_tool_use_json"],
                response_body={
                    "content": [{"type": "tool_use", "name": "f", "input": '{"a": '}],
                    "stop_reason": "x",
                },
            ),
            "f: arguments end in '{\"a\": '",
        ),
        (
            answered(
                quality_signals=["refusal"],
                response_body={"choices": [{"message": {"refusal": "I cannot."}, "finish_reason": "stop"}]},
            ),
            "I cannot.",
        ),
        (
            answered(
                quality_signals=["connection_error"], error={"type": "APIConnectionError", "msg": "refused"}
            ),
            "APIConnectionError: refused (https://api.anthropic.com/v1/messages), after 2.34s",
        ),
    ],
)
def test_the_events_own_facts_stand_with_the_signal(event: dict[str, Any], fact: str) -> None:
    name = event["quality_signals"][0]
    assert fact in signal_facts(name, Exchange.from_event(event), event)


def test_a_signal_from_the_future_is_shown_as_unknown() -> None:
    text = read(answered(quality_signals=["quantum_flux"]))
    assert "quantum_flux" in text
    assert "does not know this signal" in text


def test_ten_megabytes_open_as_a_screenful() -> None:
    event = answered(request_body={"messages": [{"role": "user", "content": "word " * 2_000_000}]})
    flow = Flow(LOOKS["event"](inspected(event)))
    assert sum(len(entry.line.text) for entry in flow.entries) < 100_000
    assert any("9.9 MB more; w writes all of it to a file" in e.line.text for e in flow.entries)
    assert flow.find("nowhere to be found", 0, 1) is None
    assert len(flow.entries) < 500


def test_library_frames_in_a_row_are_folded() -> None:
    frame = '  File "/srv/venv/lib/python3.11/site-packages/x/{}.py", line 1, in f\n    return g()\n'
    traceback = (
        'Traceback (most recent call last):\n  File "/srv/agent.py", line 4, in run\n    ask()\n'
        + "".join(frame.format(i) for i in range(9))
        + "x.Timeout: it took too long\n"
    )
    event = limited()
    event["error"]["tb"] = traceback
    items = LOOKS["event"](inspected(event))
    shown = [entry.line.text for entry in Flow(items).entries]
    at = shown.index("    ask()")
    assert shown[at + 1 : at + 3] == ["⋯ 9 frames of libraries", "x.Timeout: it took too long"]
    assert "x/8.py" in "\n".join(each.text for each in all_lines(items))
