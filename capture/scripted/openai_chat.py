"""The OpenAI chat API: `POST /v1/chat/completions`, plain and streamed.

Fields and the order of chunks follow the published API reference and the types of the `openai` package 3.54.
Thinking is not shown by this API: it appears as reasoning tokens only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from capture.scripted.answer import ErrorAnswer, Stop
from capture.scripted.dialect import Dialect, Frame, Json, dump, pieces
from capture.scripted.openai_shared import error, headers
from capture.scripted.prompt import BadRequestError, Body, Prompt, required, text_of
from capture.scripted.reply import Reply

FINISH_REASONS: dict[Stop, str] = {
    "end_turn": "stop",
    "max_tokens": "length",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "pause_turn": "stop",
    "refusal": "stop",
    "content_filter": "content_filter",
    "context_window": "length",
    "failed": "stop",
}

DONE = Frame(b"data: [DONE]\n\n", piece=False)


def read(body: Body, path: str) -> Prompt:
    """Understand a request."""
    model = required(body, "model", str)
    messages = [m for m in required(body, "messages", list) if isinstance(m, Mapping)]
    if not messages:
        raise BadRequestError("messages: expected at least one message")
    users = (m.get("content") for m in reversed(messages) if m.get("role") == "user")
    return Prompt(
        model=model,
        stream=body.get("stream") is True,
        last_user=next((text for content in users if (text := text_of(content, ("text",)))), ""),
        tool_result=messages[-1].get("role") in ("tool", "function"),
        turn=sum(m.get("role") == "assistant" for m in messages),
    )


def plain(reply: Reply, body: Body) -> Json:
    """Render a chat completion, with as many equal choices as `n` asks for."""
    message: Json = {
        "role": "assistant",
        "content": _content(reply),
        "refusal": reply.refusal,
        "annotations": [],
    }
    if reply.tool_calls:
        message["tool_calls"] = _tool_calls(reply)
    choice = {"message": message, "logprobs": None, "finish_reason": FINISH_REASONS[reply.stop]}
    choices = [{"index": index} | choice for index in range(_choices(body))]
    return _head(reply, "chat.completion") | {"choices": choices, "usage": _usage(reply)}


def stream(reply: Reply, body: Body) -> Iterator[Frame]:
    """Render the chunks of a completion: role, pieces, finish reason, usage where asked for, and [DONE]."""
    counted = _include_usage(body)
    head = _head(reply, "chat.completion.chunk") | ({"usage": None} if counted else {})
    for index in range(_choices(body)):
        opening = {
            "role": "assistant",
            "content": "" if _content(reply) is not None else None,
            "refusal": None,
        }
        yield _chunk(head, index, opening)
        for delta in _deltas(reply):
            yield _chunk(head, index, delta, piece=True)
        yield _chunk(head, index, {}, finish=FINISH_REASONS[reply.stop])
    if counted:
        yield Frame(_data(head | {"choices": [], "usage": _usage(reply)}), piece=False)
    yield DONE


def stream_error(answer: ErrorAnswer, reply: Reply, body: Body, sent: int) -> bytes:
    """Render the event that ends a stream with an error."""
    return _data(error(answer, ""))


def _head(reply: Reply, kind: str) -> Json:
    return {
        "id": reply.ids.make("chatcmpl-", length=29),
        "object": kind,
        "created": reply.created,
        "model": reply.model,
        "service_tier": "default",
        "system_fingerprint": "fp_scripted",
    }


def _content(reply: Reply) -> str | None:
    silent = not (reply.tool_calls or reply.refusal)
    return "" if reply.text is None and silent else reply.text


def _tool_calls(reply: Reply) -> list[Json]:
    return [
        {
            "id": call.id or reply.ids.make("call_", nth),
            "type": "function",
            "function": {"name": call.name, "arguments": call.arguments},
        }
        for nth, call in enumerate(reply.tool_calls)
    ]


def _deltas(reply: Reply) -> Iterator[Json]:
    yield from ({"content": piece} for piece in pieces(reply.text or "", reply.chunks))
    yield from ({"refusal": piece} for piece in pieces(reply.refusal or "", reply.chunks))
    for index, call in enumerate(_tool_calls(reply)):
        function = call["function"]
        opening = call | {"index": index, "function": function | {"arguments": ""}}
        yield {"tool_calls": [opening]}
        for piece in pieces(function["arguments"], reply.chunks):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def _chunk(head: Json, index: int, delta: Json, finish: str | None = None, piece: bool = False) -> Frame:
    choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
    return Frame(_data(head | {"choices": [choice]}), piece)


def _data(value: Mapping[str, Any]) -> bytes:
    return b"data: " + dump(value) + b"\n\n"


def _choices(body: Body) -> int:
    wanted = body.get("n")
    return max(1, min(wanted, 128)) if isinstance(wanted, int) else 1


def _include_usage(body: Body) -> bool:
    options = body.get("stream_options")
    return isinstance(options, Mapping) and options.get("include_usage") is True


def _usage(reply: Reply) -> Json:
    usage = reply.usage
    return {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


DIALECT = Dialect("openai_chat", ("/chat/completions",), read, plain, stream, error, stream_error, headers)
