"""The Gemini API: `POST /v1beta/models/<model>:generateContent`, and `:streamGenerateContent`.

Fields and the order of chunks follow the published API reference and the types of `google-genai` 3.6. The
model and the wish for a stream stand in the path. A refusal is told by the finish reason only; an empty
answer that a filter stopped is a prompt that was blocked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from capture.scripted.answer import ErrorAnswer, Stop
from capture.scripted.dialect import Dialect, Frame, Json, dump, pieces
from capture.scripted.prompt import BadRequestError, Body, Prompt, required
from capture.scripted.reply import Reply

FINISH_REASONS: dict[Stop, str] = {
    "end_turn": "STOP",
    "max_tokens": "MAX_TOKENS",
    "stop_sequence": "STOP",
    "tool_use": "STOP",
    "pause_turn": "STOP",
    "refusal": "SAFETY",
    "content_filter": "PROHIBITED_CONTENT",
    "context_window": "MAX_TOKENS",
    "failed": "OTHER",
}

STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
MESSAGES = {
    429: "You exceeded your current quota, please check your plan and billing details.",
    503: "The model is overloaded. Please try again later.",
}


def read(body: Body, path: str) -> Prompt:
    """Understand a request."""
    model, _, method = path.rpartition("/")[2].partition(":")
    contents = [c for c in required(body, "contents", list) if isinstance(c, Mapping)]
    if not contents:
        raise BadRequestError("* GenerateContentRequest.contents: contents is not specified")
    users = [_text_of(c) for c in contents if c.get("role", "user") == "user"]
    return Prompt(
        model=model,
        stream=method == "streamGenerateContent",
        last_user=next((text for text in reversed(users) if text), ""),
        tool_result=any("functionResponse" in part for part in _parts_of(contents[-1])),
        turn=sum(c.get("role") == "model" for c in contents),
    )


def plain(reply: Reply, body: Body) -> Json:
    """Render a response with one candidate, or with none where the prompt was blocked."""
    parts = [part for block in _blocks(reply) for part in block[:1]]
    return _response(reply, parts, last=True)


def stream(reply: Reply, body: Body) -> Iterator[Frame]:
    """Render the same response in chunks, each a response by itself; the last says why the model stopped."""
    parts = [part for block in _blocks(reply) for part in block[1:]]
    for number, part in enumerate(parts, 1):
        yield Frame(_data(_response(reply, [part], last=number == len(parts))), piece=True)
    if not parts:
        yield Frame(_data(_response(reply, [], last=True)), piece=False)


def error(answer: ErrorAnswer, request_id: str) -> Json:
    """Render an error's body."""
    usual = "INTERNAL" if answer.status >= 500 else "INVALID_ARGUMENT"
    return {
        "error": {
            "code": answer.status,
            "message": answer.message or MESSAGES.get(answer.status, f"Scripted error {answer.status}"),
            "status": answer.type or STATUSES.get(answer.status, usual),
        }
    }


def stream_error(answer: ErrorAnswer, reply: Reply, body: Body, sent: int) -> bytes:
    """Render the event that ends a stream with an error."""
    return _data(error(answer, ""))


def headers(request_id: str, status: int) -> dict[str, str]:
    """Return the headers of the API."""
    return {"server": "scaffolding on HTTPServer2", "server-timing": "gfet4t7; dur=42"}


def _blocks(reply: Reply) -> Iterator[list[Json]]:
    """Each part whole, followed by the pieces in which a stream has it."""
    if reply.thinking is not None:
        thoughts = [{"text": piece, "thought": True} for piece in pieces(reply.thinking, reply.chunks)]
        yield [{"text": reply.thinking, "thought": True}, *thoughts]
    if reply.text is not None:
        yield [{"text": reply.text}, *({"text": piece} for piece in pieces(reply.text, reply.chunks))]
    for nth, call in enumerate(reply.tool_calls):
        arguments = _arguments(call.arguments)
        if arguments is not None:
            given = {"id": call.id or reply.ids.make("call_", nth), "name": call.name, "args": arguments}
            yield [{"functionCall": given}] * 2


def _response(reply: Reply, parts: list[Json], *, last: bool) -> Json:
    head = {"modelVersion": reply.model, "responseId": reply.ids.make("", length=22)}
    if _was_blocked(reply):
        return {
            "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},
            "usageMetadata": _usage(reply),
            **head,
        }
    candidate: Json = {
        "content": {"parts": parts, "role": "model"} if parts else {"role": "model"},
        "index": 0,
    }
    if last:
        candidate |= _ending(reply)
    return {"candidates": [candidate], "usageMetadata": _usage(reply), **head}


def _was_blocked(reply: Reply) -> bool:
    return reply.stop == "content_filter" and not any(_blocks(reply))


def _ending(reply: Reply) -> Json:
    broken = next((call for call in reply.tool_calls if _arguments(call.arguments) is None), None)
    if broken is not None:
        message = f"Malformed function call: {broken.name}({broken.arguments})"
        return {"finishReason": "MALFORMED_FUNCTION_CALL", "finishMessage": message}
    said = {} if reply.refusal is None else {"finishMessage": reply.refusal}
    return {"finishReason": FINISH_REASONS[reply.stop], **said}


def _arguments(written: str) -> Json | None:
    """Return the arguments of a call; None where the text is not an object, which this API cannot send."""
    try:
        value = json.loads(written)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _usage(reply: Reply) -> Json:
    usage = reply.usage
    counts = {
        "promptTokenCount": usage.input,
        "candidatesTokenCount": max(0, usage.output - usage.reasoning),
        "totalTokenCount": usage.input + usage.output,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": usage.input}],
    }
    if usage.cache_read:
        counts["cachedContentTokenCount"] = usage.cache_read
    if usage.reasoning:
        counts["thoughtsTokenCount"] = usage.reasoning
    return counts


def _parts_of(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    parts = content.get("parts")
    return [part for part in parts if isinstance(part, Mapping)] if isinstance(parts, list) else []


def _text_of(content: Mapping[str, Any]) -> str:
    return "\n".join(str(part["text"]) for part in _parts_of(content) if "text" in part)


def _data(value: Mapping[str, Any]) -> bytes:
    return b"data: " + dump(value) + b"\r\n\r\n"


DIALECT = Dialect(
    "gemini",
    (":generateContent", ":streamGenerateContent"),
    read,
    plain,
    stream,
    error,
    stream_error,
    headers,
    version="/v1beta/models/<model>",
    broken_event=b'data: {"candidates":\r\n\r\n',
)
