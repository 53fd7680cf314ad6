"""The Anthropic Messages API: `POST /v1/messages`, plain and streamed.

Fields and the order of events follow the published API reference, and the types of `anthropic` 2.12.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from capture.scripted.answer import ErrorAnswer, Stop
from capture.scripted.dialect import Dialect, Frame, Json, event, pieces
from capture.scripted.prompt import BadRequestError, Body, Prompt, required, text_of
from capture.scripted.reply import Reply

STOP_REASONS: dict[Stop, str] = {
    "end_turn": "end_turn",
    "max_tokens": "max_tokens",
    "stop_sequence": "stop_sequence",
    "tool_use": "tool_use",
    "pause_turn": "pause_turn",
    "refusal": "refusal",
    "content_filter": "refusal",
    "context_window": "model_context_window_exceeded",
    "failed": "end_turn",
}

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}

MESSAGES = {429: "This request would exceed your organization's rate limit.", 529: "Overloaded"}


def read(body: Body, path: str) -> Prompt:
    """Understand a request."""
    model = required(body, "model", str)
    messages = [m for m in required(body, "messages", list) if isinstance(m, Mapping)]
    if not messages:
        raise BadRequestError("messages: at least one message is required")
    users = [m.get("content") for m in messages if m.get("role") == "user"]
    texts = (text_of(content, ("text",)) for content in reversed(users))
    return Prompt(
        model=model,
        stream=body.get("stream") is True,
        last_user=next((text for text in texts if text), ""),
        tool_result=_has_tool_result(messages[-1].get("content")),
        turn=sum(m.get("role") == "assistant" for m in messages),
    )


def plain(reply: Reply, body: Body) -> Json:
    """Render a message."""
    return _message(reply) | {
        "content": [block for block, _, _ in _blocks(reply)],
        **_ending(reply, body),
        "usage": _usage(reply, reply.usage.output),
    }


def stream(reply: Reply, body: Body) -> Iterator[Frame]:
    """Render the events of a message: start, each block's start, deltas and stop, the ending, stop."""
    start = _message(reply) | {
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "stop_details": None,
    }
    yield _frame("message_start", message=start | {"usage": _usage(reply, 1, final=False)})
    for index, (_, opening, deltas) in enumerate(_blocks(reply)):
        yield _frame("content_block_start", index=index, content_block=opening)
        if index == 0:
            yield _frame("ping")
        for delta in deltas:
            yield _frame("content_block_delta", piece=True, index=index, delta=delta)
        yield _frame("content_block_stop", index=index)
    usage = _usage(reply, reply.usage.output)
    cumulative = {k: v for k, v in usage.items() if k.endswith("_tokens") or k == "output_tokens_details"}
    yield _frame("message_delta", delta=_ending(reply, body), usage=cumulative)
    yield _frame("message_stop")


def error(answer: ErrorAnswer, request_id: str) -> Json:
    """Render an error's body."""
    usual = "api_error" if answer.status >= 500 else "invalid_request_error"
    kind = answer.type or ERROR_TYPES.get(answer.status, usual)
    message = answer.message or MESSAGES.get(answer.status, f"Scripted error {answer.status}")
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": request_id}


def stream_error(answer: ErrorAnswer, reply: Reply, body: Body, sent: int) -> bytes:
    """Render the event that ends a stream with an error."""
    return event("error", error(answer, reply.ids.make("req_")))


def headers(request_id: str, status: int) -> dict[str, str]:
    """Return the headers of the API."""
    usual = {
        "request-id": request_id,
        "anthropic-organization-id": "00000000-0000-4000-8000-000000000000",
        "anthropic-ratelimit-requests-limit": "4000",
        "anthropic-ratelimit-requests-remaining": "0" if status == 429 else "3999",
    }
    return usual | ({"x-should-retry": "true"} if status in (429, 529) else {})


def _has_tool_result(content: object) -> bool:
    return isinstance(content, list) and any(
        isinstance(part, Mapping) and str(part.get("type", "")).endswith("tool_result") for part in content
    )


def _message(reply: Reply) -> Json:
    return {"id": reply.ids.make("msg_01"), "type": "message", "role": "assistant", "model": reply.model}


def _blocks(reply: Reply) -> Iterator[tuple[Json, Json, list[Json]]]:
    """Each content block three times: whole, as a stream opens it, and the deltas that then complete it."""
    if reply.thinking is not None:
        thoughts = [{"type": "thinking_delta", "thinking": p} for p in pieces(reply.thinking, reply.chunks)]
        seal = {"type": "signature_delta", "signature": reply.signature}
        block = {"type": "thinking", "thinking": reply.thinking, "signature": reply.signature}
        yield block, {"type": "thinking", "thinking": "", "signature": ""}, [*thoughts, seal]
    if reply.text is not None:
        words = [{"type": "text_delta", "text": piece} for piece in pieces(reply.text, reply.chunks)]
        yield {"type": "text", "text": reply.text}, {"type": "text", "text": ""}, words
    for nth, call in enumerate(reply.tool_calls):
        use = {"type": "tool_use", "id": call.id or reply.ids.make("toolu_01", nth), "name": call.name}
        written = "" if call.arguments == "{}" else call.arguments
        parts = [
            {"type": "input_json_delta", "partial_json": p} for p in ["", *pieces(written, reply.chunks)]
        ]
        yield use | {"input": _input(call.arguments)}, use | {"input": {}}, parts


def _input(written: str) -> Any:
    """Return a tool's input as the API sends it: an object, or the bare text where that is not JSON."""
    try:
        return json.loads(written)
    except ValueError:
        return written


def _ending(reply: Reply, body: Body) -> Json:
    reason = STOP_REASONS[reply.stop]
    sequences = body.get("stop_sequences") or [None]
    details = {"type": "refusal", "category": None, "explanation": reply.refusal}
    return {
        "stop_reason": reason,
        "stop_sequence": sequences[0] if reason == "stop_sequence" else None,
        "stop_details": details if reason == "refusal" else None,
    }


def _usage(reply: Reply, output: int, final: bool = True) -> Json:
    usage = reply.usage
    counts: Json = {
        "input_tokens": usage.uncached,
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation": {"ephemeral_5m_input_tokens": usage.cache_write, "ephemeral_1h_input_tokens": 0},
        "output_tokens": output,
        "service_tier": "standard",
    }
    if final and usage.reasoning:
        counts["output_tokens_details"] = {"thinking_tokens": usage.reasoning}
    return counts


def _frame(kind: str, piece: bool = False, **fields: Any) -> Frame:
    return Frame(event(kind, {"type": kind, **fields}), piece)


DIALECT = Dialect("anthropic", ("/messages",), read, plain, stream, error, stream_error, headers)
