"""The Mistral API: `POST /v1/chat/completions` and `/v1/fim/completions`, plain and streamed.

Fields and the order of chunks follow the published API reference and the types of `mistralai` 3.7. The chat
path is OpenAI's too; Mistral's own client is known by its user agent, others ask under `/mistral/`. A refusal
is text like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from capture.scripted.answer import ErrorAnswer, Stop
from capture.scripted.dialect import Dialect, Frame, Json, dump, pieces
from capture.scripted.prompt import BadRequestError, Body, Prompt, required, text_of
from capture.scripted.reply import Reply

FINISH_REASONS: dict[Stop, str] = {
    "end_turn": "stop",
    "max_tokens": "length",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "pause_turn": "stop",
    "refusal": "stop",
    "content_filter": "stop",
    "context_window": "model_length",
    "failed": "error",
}

ERRORS: dict[int, tuple[str, str]] = {
    400: ("invalid_request_error", "3051"),
    404: ("invalid_model", "1500"),
    429: ("rate_limited", "1300"),
    500: ("internal_server_error", "1000"),
    503: ("service_tier_capacity_exceeded", "3505"),
}
"""The usual `type` and `code` of a status."""

MESSAGES = {401: "Unauthorized", 429: "Rate limit exceeded"}

DONE = Frame(b"data: [DONE]\n\n", piece=False)


def read(body: Body, path: str) -> Prompt:
    """Understand a request."""
    model = required(body, "model", str)
    stream = body.get("stream") is True
    if path.endswith("/fim/completions"):
        return Prompt(model, stream, required(body, "prompt", str), tool_result=False, turn=0)
    messages = [m for m in required(body, "messages", list) if isinstance(m, Mapping)]
    if not messages:
        raise BadRequestError("Conversation must have at least one message")
    users = (m.get("content") for m in reversed(messages) if m.get("role") == "user")
    return Prompt(
        model=model,
        stream=stream,
        last_user=next((text for content in users if (text := text_of(content, ("text",)))), ""),
        tool_result=messages[-1].get("role") == "tool",
        turn=sum(m.get("role") == "assistant" for m in messages),
    )


def plain(reply: Reply, body: Body) -> Json:
    """Render a completion, with as many equal choices as `n` asks for."""
    message = {
        "role": "assistant",
        "tool_calls": _tool_calls(reply) or None,
        "content": _content(reply),
    }
    choice = {"message": message, "finish_reason": FINISH_REASONS[reply.stop]}
    choices = [{"index": index, **choice} for index in range(_choices(body))]
    return _head(reply, "chat.completion") | {"usage": _usage(reply), "choices": choices}


def stream(reply: Reply, body: Body) -> Iterator[Frame]:
    """Render the chunks of a completion: the role, the pieces, at last the reason and the usage."""
    head = _head(reply, "chat.completion.chunk")
    for index in range(_choices(body)):
        yield _chunk(head, index, {"role": "assistant", "content": ""})
        for delta in _deltas(reply):
            yield _chunk(head, index, delta, piece=True)
        ending = (
            {"content": ""} if not reply.tool_calls else {"content": "", "tool_calls": _tool_calls(reply)}
        )
        choice = {"index": index, "delta": ending, "finish_reason": FINISH_REASONS[reply.stop]}
        yield Frame(_data(head | {"choices": [choice], "usage": _usage(reply)}), bool(reply.tool_calls))
    yield DONE


def error(answer: ErrorAnswer, request_id: str) -> Json:
    """Render an error's body; some statuses have one of their own shape."""
    message = answer.message or MESSAGES.get(answer.status, f"Scripted error {answer.status}")
    if answer.status == 401:
        return {"detail": message}
    if answer.status == 422:
        return {
            "detail": [{"type": "value_error", "loc": ["body"], "msg": message, "input": None, "ctx": {}}]
        }
    kind, code = ERRORS.get(answer.status, ERRORS[500 if answer.status >= 500 else 400])
    return {
        "object": "error",
        "message": message,
        "type": answer.type or kind,
        "param": None,
        "code": answer.code or code,
    }


def stream_error(answer: ErrorAnswer, reply: Reply, body: Body, sent: int) -> bytes:
    """Render the event that ends a stream with an error."""
    return _data(error(answer, ""))


def headers(request_id: str, status: int) -> dict[str, str]:
    """Return the headers of the API."""
    return {
        "mistral-correlation-id": request_id,
        "x-ratelimit-limit-req-minute": "60",
        "x-ratelimit-remaining-req-minute": "0" if status == 429 else "59",
    }


def _head(reply: Reply, kind: str) -> Json:
    return {
        "id": reply.ids.make("", length=32),
        "object": kind,
        "created": reply.created,
        "model": reply.model,
    }


def _content(reply: Reply) -> Any:
    said = (reply.text if reply.refusal is None else reply.refusal) or ""
    if reply.thinking is None:
        return said
    return [_thought(reply.thinking), *([{"type": "text", "text": said}] if said else [])]


def _thought(text: str) -> Json:
    return {"type": "thinking", "thinking": [{"type": "text", "text": text}]}


def _tool_calls(reply: Reply) -> list[Json]:
    return [
        {
            "id": call.id or reply.ids.make("", nth, 9),
            "function": {"name": call.name, "arguments": call.arguments},
            "index": nth,
        }
        for nth, call in enumerate(reply.tool_calls)
    ]


def _deltas(reply: Reply) -> Iterator[Json]:
    for piece in pieces(reply.thinking or "", reply.chunks):
        yield {"content": [_thought(piece)]}
    said = (reply.text if reply.refusal is None else reply.refusal) or ""
    yield from ({"content": piece} for piece in pieces(said, reply.chunks))


def _chunk(head: Json, index: int, delta: Json, piece: bool = False) -> Frame:
    choice = {"index": index, "delta": delta, "finish_reason": None}
    return Frame(_data(head | {"choices": [choice]}), piece)


def _choices(body: Body) -> int:
    wanted = body.get("n")
    return max(1, min(wanted, 128)) if isinstance(wanted, int) else 1


def _usage(reply: Reply) -> Json:
    usage = reply.usage
    counts: Json = {
        "prompt_tokens": usage.input,
        "total_tokens": usage.input + usage.output,
        "completion_tokens": usage.output,
    }
    if usage.cache_read:
        counts["prompt_tokens_details"] = {"cached_tokens": usage.cache_read}
    return counts


def _data(value: Mapping[str, Any]) -> bytes:
    return b"data: " + dump(value) + b"\n\n"


DIALECT = Dialect(
    "mistral",
    ("/chat/completions", "/fim/completions"),
    read,
    plain,
    stream,
    error,
    stream_error,
    headers,
    client="mistral",
)
