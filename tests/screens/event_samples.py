"""Events as the recorder writes them, one for each thing that can be seen."""

from __future__ import annotations

from typing import Any

SYSTEM = (
    "You are the billing assistant of Northwind.\n"
    "Refund only orders that were delivered late.\n"
    "Never promise a date."
)
TOOLS = [
    {
        "name": "search_orders",
        "description": "Find orders by id or customer.",
        "input_schema": {
            "type": "object",
            "properties": {"order_id": {"type": "string"}},
            "required": ["order_id"],
        },
    },
    {"name": "refund", "description": "Pay an order back.", "input_schema": {"type": "object"}},
]
MESSAGES: list[dict[str, Any]] = [
    {"role": "user", "content": "Where is my order A-17? It was promised for Friday."},
    {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "Look the order up first.", "signature": "sig"},
            {"type": "text", "text": "Let me look."},
            {"type": "tool_use", "id": "toolu_01", "name": "search_orders", "input": {"order_id": "A-17"}},
        ],
    },
    {
        "role": "user",
        "content": [
            {
                "type": "tool_result",
                "tool_use_id": "toolu_01",
                "content": [{"type": "text", "text": '{"status": "late", "days": 4}'}],
            }
        ],
    },
]


def answered(**fields: Any) -> dict[str, Any]:
    """A healthy answer with a thought, words and a tool call."""
    event: dict[str, Any] = {
        "event_id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
        "session_id": "5e55105e55105e55105e55105e55105e",
        "agent_name": "billing_agent",
        "ts": 1_795_436_500.25,
        "_tessen_tier": 1,
        "provider": "anthropic",
        "surface": "messages.create",
        "call_type": "request",
        "http_method": "post",
        "http_url": "https://api.anthropic.com/v1/messages",
        "call_site": {"file": "/srv/billing/agent.py", "line": 42, "func": "answer"},
        "duration_ms": 2_340.5,
        "request_body": {
            "model": "claude-sonnet-4-6",
            "max_tokens": 1024,
            "temperature": 0.2,
            "system": SYSTEM,
            "tools": TOOLS,
            "messages": MESSAGES,
        },
        "streamed": True,
        "status": "ok",
        "response_body": {
            "id": "msg_01",
            "type": "message",
            "role": "assistant",
            "model": "claude-sonnet-4-6",
            "content": [
                {"type": "thinking", "thinking": "It is late, so a refund is due.", "signature": "sig"},
                {"type": "text", "text": "Your order is four days late. I will refund it now."},
                {
                    "type": "tool_use",
                    "id": "toolu_02",
                    "name": "refund",
                    "input": {"order_id": "A-17", "note": "late by four days\napproved by policy 3"},
                },
            ],
            "stop_reason": "tool_use",
            "usage": {"input_tokens": 345, "output_tokens": 128, "cache_read_input_tokens": 2000},
        },
        "chunks_captured": 31,
        "ttft_ms": 410.0,
        "usage": {
            "input_tokens": 2345,
            "output_tokens": 128,
            "cache_read_tokens": 2000,
            "cache_write_tokens": 0,
            "reasoning_tokens": 20,
        },
        "model": "claude-sonnet-4-6",
        "v": 2,
        "quality_signals": [],
    }
    return {**event, **fields}


def truncated() -> dict[str, Any]:
    """An answer cut off at the limit."""
    event = answered(event_id="1" * 32, ts=1_795_436_600.0, quality_signals=["truncated_response"])
    body = dict(event["response_body"])
    body["content"] = [{"type": "text", "text": "The order was shipped on Monday and"}]
    body["stop_reason"] = "max_tokens"
    usage = {**event["usage"], "output_tokens": 1024}
    return {**event, "response_body": body, "usage": usage}


TRACEBACK = """Traceback (most recent call last):
  File "/srv/billing/agent.py", line 42, in answer
    reply = client.messages.create(**request)
  File "/srv/venv/lib/python3.11/site-packages/anthropic/_base_client.py", line 1047, in request
    raise self._make_status_error_from_response(err.response) from None
anthropic.RateLimitError: Error code: 429 - slow down
"""


def limited() -> dict[str, Any]:
    """A rate limit after three attempts."""
    event = answered(
        event_id="2" * 32,
        ts=1_795_436_700.0,
        status="error",
        quality_signals=["rate_limited", "silent_retry"],
    )
    for key in ("response_body", "chunks_captured", "ttft_ms", "usage"):
        del event[key]
    event["error"] = {
        "type": "RateLimitError",
        "msg": "Error code: 429 - slow down",
        "tb": TRACEBACK,
        "status_code": 429,
        "body": {"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}},
        "response_headers": {
            "request-id": "req_3",
            "retry-after": "12",
            "anthropic-ratelimit-requests-remaining": "0",
        },
    }
    event["attempts"] = [
        {
            "status": 429,
            "duration_ms": 210.0,
            "error": "RateLimitError",
            "retry_after_s": 1.5,
            "request_id": "req_1",
        },
        {"status": 503, "duration_ms": 1_020.0, "error": None, "retry_after_s": None, "request_id": "req_2"},
        {
            "status": 429,
            "duration_ms": 190.0,
            "error": "RateLimitError",
            "retry_after_s": 12,
            "request_id": "req_3",
        },
    ]
    event["streamed"] = False
    return event
