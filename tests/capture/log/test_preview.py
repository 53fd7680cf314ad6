"""What the list's last column says, for each vendor's answers and errors."""

import json
from typing import Any

import pytest

from capture.log.preview import MAX_CHARACTERS, preview

ARGS = '{"order_id": "A-17"}'
FUNCTION = {"function": {"name": "search_orders", "arguments": ARGS}}
CALLED = '→ search_orders(order_id="A-17")'


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"content": [{"type": "text", "text": "Hi\n there"}]}, "Hi there"),
        ({"content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Hi"}]}, "Hi"),
        ({"content": [{"type": "tool_use", "name": "search_orders", "input": json.loads(ARGS)}]}, CALLED),
        (
            {
                "content": [
                    {"type": "text", "text": "So."},
                    {"type": "tool_use", "name": "f", "input": {"a": [1]}},
                ]
            },
            "So. → f(a=[…])",
        ),
        ({"choices": [{"message": {"content": "Hi"}}]}, "Hi"),
        ({"choices": [{"message": {"content": None, "tool_calls": [FUNCTION]}}]}, CALLED),
        ({"choices": [{"message": {"refusal": "No."}}]}, "No."),
        ({"output": [{"type": "message", "content": [{"type": "output_text", "text": "Hi"}]}]}, "Hi"),
        ({"output": [{"type": "function_call", "name": "search_orders", "arguments": ARGS}]}, CALLED),
        ({"output": [{"type": "function_call", "name": "f", "arguments": '{"a'}]}, '→ f("{\\"a")'),
        ({"candidates": [{"content": {"parts": [{"text": "Hi"}]}}]}, "Hi"),
        (
            {"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "args": {"x": 1}}}]}}]},
            "→ f(x=1)",
        ),
        ({"headers": {}, "body": '{"candidates": [{"content": {"parts": [{"text": "Hi"}]}}]}'}, "Hi"),
        (
            {"message": {"content": [{"type": "text", "text": "Hi"}], "tool_calls": [FUNCTION]}},
            f"Hi {CALLED}",
        ),
        ({"content": 17, "choices": "x", "output": [3], "candidates": [None], "message": []}, ""),
        (None, ""),
    ],
)
def test_answers(answer: Any, said: str) -> None:
    assert preview(json.dumps({"status": "ok", "casted_response": answer}).encode()) == said
    assert preview(json.dumps({"status": "ok", "response_body": answer}).encode()) == said


def test_errors_say_their_message() -> None:
    assert preview(b'{"error": {"type": "RateLimitError", "msg": "slow down"}}') == "slow down"
    assert preview(b'{"error": {"type": "RateLimitError"}}') == "RateLimitError"


def test_whatever_comes_gives_a_short_line() -> None:
    long = json.dumps({"casted_response": {"content": [{"type": "text", "text": "x " * 10_000}]}})
    assert len(preview(long.encode())) <= MAX_CHARACTERS
    assert preview(b"\xff not json") == ""
    assert preview(b'{"a": NaN, "casted_response": {"content": "Hi"}}') == "Hi"
    assert preview(b"[" * 100_000) == ""
    assert preview(b"[]") == ""
