"""The Cohere chat API, second version: `POST /v2/chat`, plain and streamed.

Fields and the order of events follow the published API reference and the types of `cohere` 7.3. What the
model says before it calls tools is the `tool_plan`. A refusal is text like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from capture.scripted.answer import ErrorAnswer, Stop
from capture.scripted.dialect import Dialect, Frame, Json, event, pieces
from capture.scripted.prompt import BadRequestError, Body, Prompt, required, text_of
from capture.scripted.reply import Reply

FINISH_REASONS: dict[Stop, str] = {
    "end_turn": "COMPLETE",
    "max_tokens": "MAX_TOKENS",
    "stop_sequence": "STOP_SEQUENCE",
    "tool_use": "TOOL_CALL",
    "pause_turn": "COMPLETE",
    "refusal": "COMPLETE",
    "content_filter": "COMPLETE",
    "context_window": "MAX_TOKENS",
    "failed": "ERROR",
}

MESSAGES = {
    401: "invalid api token",
    429: "You are using a Trial key, which is limited to 20 API calls / minute.",
    500: "internal server error, this has been reported to our developers",
}

DONE = Frame(b"data: [DONE]\n\n", piece=False)


def read(body: Body, path: str) -> Prompt:
    """Understand a request."""
    model = required(body, "model", str)
    messages = [m for m in required(body, "messages", list) if isinstance(m, Mapping)]
    if not messages:
        raise BadRequestError("invalid request: message list must be at least 1 token long")
    users = (m.get("content") for m in reversed(messages) if m.get("role") == "user")
    return Prompt(
        model=model,
        stream=body.get("stream") is True,
        last_user=next((text for content in users if (text := text_of(content, ("text",)))), ""),
        tool_result=messages[-1].get("role") == "tool",
        turn=sum(m.get("role") == "assistant" for m in messages),
    )


def plain(reply: Reply, body: Body) -> Json:
    """Render a response."""
    message: Json = {"role": "assistant"}
    content = [whole for whole, _, _ in _contents(reply)]
    if content:
        message["content"] = content
    if reply.tool_calls:
        message |= {"tool_plan": reply.text or "", "tool_calls": _tool_calls(reply)}
    return {
        "id": reply.ids.make("", length=36),
        "message": message,
        "finish_reason": FINISH_REASONS[reply.stop],
        "usage": _usage(reply),
    }


def stream(reply: Reply, body: Body) -> Iterator[Frame]:
    """Render the events of a response: start, content blocks, plan, tool calls, end."""
    opening = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    yield _frame("message-start", opening, id=reply.ids.make("", length=36))
    index = -1
    for index, (_, start, deltas) in enumerate(_contents(reply)):
        yield _frame("content-start", {"content": start}, index=index)
        for delta in deltas:
            yield _frame("content-delta", {"content": delta}, piece=True, index=index)
        yield _frame("content-end", None, index=index)
    if reply.tool_calls:
        for plan in pieces(reply.text or "", reply.chunks):
            yield _frame("tool-plan-delta", {"tool_plan": plan}, piece=True)
    for nth, call in enumerate(_tool_calls(reply), index + 1):
        function = call["function"]
        begun = {**call, "function": {**function, "arguments": ""}}
        yield _frame("tool-call-start", {"tool_calls": begun}, piece=True, index=nth)
        for part in pieces(function["arguments"], reply.chunks):
            delta = {"tool_calls": {"function": {"arguments": part}}}
            yield _frame("tool-call-delta", delta, piece=True, index=nth)
        yield _frame("tool-call-end", None, index=nth)
    yield _end({"finish_reason": FINISH_REASONS[reply.stop], "usage": _usage(reply)})
    yield DONE


def error(answer: ErrorAnswer, request_id: str) -> Json:
    """Render an error's body."""
    message = answer.message or MESSAGES.get(answer.status, f"Scripted error {answer.status}")
    return {"id": request_id, "message": message}


def stream_error(answer: ErrorAnswer, reply: Reply, body: Body, sent: int) -> bytes:
    """Render the event that ends a stream with an error."""
    failed = {"error": error(answer, "")["message"], "finish_reason": "ERROR"}
    return _end({**failed, "usage": _usage(reply)}).data


def headers(request_id: str, status: int) -> dict[str, str]:
    """Return the headers of the API."""
    remaining = "0" if status == 429 else "19"
    return {
        "x-trial-endpoint-call-limit": "20",
        "x-trial-endpoint-call-remaining": remaining,
        "x-debug-trace-id": request_id,
    }


def _contents(reply: Reply) -> Iterator[tuple[Json, Json, list[Json]]]:
    """Each content block three times: whole, as a stream opens it, and the deltas that then complete it."""
    said = reply.text if reply.refusal is None else reply.refusal
    for kind, text in (("thinking", reply.thinking), ("text", None if reply.tool_calls else said)):
        if text is not None:
            deltas = [{kind: piece} for piece in pieces(text, reply.chunks)]
            yield {"type": kind, kind: text}, {"type": kind, kind: ""}, deltas


def _tool_calls(reply: Reply) -> list[Json]:
    return [
        {
            "id": call.id or f"{call.name}_{reply.ids.make('', nth, 12)}",
            "type": "function",
            "function": {"name": call.name, "arguments": call.arguments},
        }
        for nth, call in enumerate(reply.tool_calls)
    ]


def _usage(reply: Reply) -> Json:
    usage = reply.usage
    counted = {"input_tokens": usage.input, "output_tokens": usage.output}
    return {"billed_units": counted, "tokens": counted, "cached_tokens": usage.cache_read}


def _frame(kind: str, message: Json | None, piece: bool = False, **fields: Any) -> Frame:
    delta = {} if message is None else {"delta": {"message": message}}
    return Frame(event(kind, {"type": kind, **fields, **delta}), piece)


def _end(delta: Json) -> Frame:
    return Frame(event("message-end", {"type": "message-end", "delta": delta}), piece=False)


DIALECT = Dialect("cohere", ("/v2/chat",), read, plain, stream, error, stream_error, headers, version="")
