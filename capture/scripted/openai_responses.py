"""The OpenAI Responses API: `POST /v1/responses`, plain and streamed.

Fields and the order of events follow the published API reference and the types of the `openai` package 3.54.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from capture.scripted.answer import ErrorAnswer, Stop
from capture.scripted.dialect import Dialect, Frame, Json, event, pieces
from capture.scripted.openai_shared import error, headers
from capture.scripted.prompt import BadRequestError, Body, Prompt, required, text_of
from capture.scripted.reply import Call, Reply

INCOMPLETE: dict[Stop, str] = {
    "max_tokens": "max_output_tokens",
    "context_window": "max_output_tokens",
    "content_filter": "content_filter",
}
"""Stops that leave a response incomplete, and the reason it gives."""

ECHOED: Json = {
    "background": False,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}, "verbosity": "medium"},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}
"""Request fields that a response repeats, with what it says where the request left them out."""


def read(body: Body, path: str) -> Prompt:
    """Understand a request."""
    model = required(body, "model", str)
    asked = required(body, "input", (str, list))
    items = [{"role": "user", "content": asked}] if isinstance(asked, str) else asked
    items = [item for item in items if isinstance(item, Mapping)]
    if not items:
        raise BadRequestError("input: expected a text or at least one item")
    users = (item.get("content") for item in reversed(items) if item.get("role") == "user")
    texts = (text_of(content, ("input_text", "text")) for content in users)
    return Prompt(
        model=model,
        stream=body.get("stream") is True,
        last_user=next((text for text in texts if text), ""),
        tool_result=str(items[-1].get("type", "")).endswith("_output"),
        turn=_turns(items),
    )


def plain(reply: Reply, body: Body) -> Json:
    """Render a response object in its final state."""
    final = _response(reply, body, _status(reply))
    return final | {
        "output": [item for item, _ in _items(reply, body)],
        "incomplete_details": {"reason": INCOMPLETE[reply.stop]} if reply.stop in INCOMPLETE else None,
        "error": _failure("server_error", "The model failed.") if reply.stop == "failed" else None,
        "usage": _usage(reply),
    }


def stream(reply: Reply, body: Body) -> Iterator[Frame]:
    """Render the same response as typed events, numbered from 0."""
    for number, (kind, piece, fields) in enumerate(_events(reply, body)):
        data = event(kind, {"type": kind, **fields, "sequence_number": number})
        yield Frame(data, piece)


def stream_error(answer: ErrorAnswer, reply: Reply, body: Body, sent: int) -> bytes:
    """Render the event that ends a stream with an error: the response itself, failed."""
    said = error(answer, "")["error"]
    response = _response(reply, body, "failed")
    response["error"] = _failure(said["code"] or said["type"], said["message"])
    kind = "response.failed"
    return event(kind, {"type": kind, "response": response, "sequence_number": sent})


_Event = tuple[str, bool, Json]
"""An event's type, whether it carries a piece of content, and its other fields."""


def _events(reply: Reply, body: Body) -> Iterator[_Event]:
    started = _response(reply, body, "in_progress")
    yield "response.created", False, {"response": started}
    yield "response.in_progress", False, {"response": started}
    for index, (item, call) in enumerate(_items(reply, body)):
        at = {"item_id": item["id"], "output_index": index}
        yield "response.output_item.added", False, {"output_index": index, "item": _opened(item)}
        if call is not None:
            yield from _arguments(call, at, reply.chunks)
        elif item["type"] == "reasoning":
            yield from _summary(item, at, reply.chunks)
        else:
            yield from _message_parts(item, at, reply.chunks)
        yield "response.output_item.done", False, {"output_index": index, "item": item}
    yield f"response.{_status(reply)}", False, {"response": plain(reply, body)}


def _arguments(call: Call, at: Json, chunks: int | None) -> Iterator[_Event]:
    kind = "response.function_call_arguments"
    for piece in pieces(call.arguments, chunks):
        yield f"{kind}.delta", True, at | {"delta": piece}
    yield f"{kind}.done", False, at | {"name": call.name, "arguments": call.arguments}


def _summary(item: Json, at: Json, chunks: int | None) -> Iterator[_Event]:
    for index, part in enumerate(item["summary"]):
        here = at | {"summary_index": index}
        empty = part | {"text": ""}
        yield "response.reasoning_summary_part.added", False, here | {"part": empty}
        for piece in pieces(part["text"], chunks):
            yield "response.reasoning_summary_text.delta", True, here | {"delta": piece}
        yield "response.reasoning_summary_text.done", False, here | {"text": part["text"]}
        yield "response.reasoning_summary_part.done", False, here | {"part": part}


def _message_parts(item: Json, at: Json, chunks: int | None) -> Iterator[_Event]:
    for index, part in enumerate(item["content"]):
        here = at | {"content_index": index}
        field = "refusal" if part["type"] == "refusal" else "text"
        kind = "response.refusal" if field == "refusal" else "response.output_text"
        more: Json = {} if field == "refusal" else {"logprobs": []}
        yield "response.content_part.added", False, here | {"part": part | {field: ""}}
        for piece in pieces(part[field], chunks):
            yield f"{kind}.delta", True, here | {"delta": piece} | more
        yield f"{kind}.done", False, here | {field: part[field]} | more
        yield "response.content_part.done", False, here | {"part": part}


def _items(reply: Reply, body: Body) -> Iterator[tuple[Json, Call | None]]:
    """Each output item, finished; with the call it makes if it is one."""
    if reply.thinking is not None:
        summary = [{"type": "summary_text", "text": reply.thinking}]
        item: Json = {"id": reply.ids.make("rs_"), "type": "reasoning", "summary": summary}
        if "reasoning.encrypted_content" in (body.get("include") or ()):
            item["encrypted_content"] = reply.signature
        yield item, None
    if parts := _parts(reply):
        status = "incomplete" if reply.stop in INCOMPLETE else "completed"
        message = {"id": reply.ids.make("msg_"), "type": "message", "status": status, "role": "assistant"}
        yield message | {"content": parts}, None
    for nth, call in enumerate(reply.tool_calls):
        call_id = call.id or reply.ids.make("call_", nth)
        head = {"id": reply.ids.make("fc_", nth), "type": "function_call", "status": "completed"}
        space = {"namespace": call.namespace} if call.namespace is not None else {}
        yield head | space | {"call_id": call_id, "name": call.name, "arguments": call.arguments}, call


def _parts(reply: Reply) -> list[Json]:
    parts: list[Json] = []
    if reply.text is not None:
        parts.append({"type": "output_text", "text": reply.text, "annotations": [], "logprobs": []})
    if reply.refusal is not None:
        parts.append({"type": "refusal", "refusal": reply.refusal})
    return parts


def _opened(item: Json) -> Json:
    empty: Json = {"summary": [], "content": [], "arguments": "", "status": "in_progress"}
    return item | {key: value for key, value in empty.items() if key in item}


def _response(reply: Reply, body: Body, status: str) -> Json:
    echoed = {key: default if body.get(key) is None else body[key] for key, default in ECHOED.items()}
    return {
        "id": reply.ids.make("resp_", length=48),
        "object": "response",
        "created_at": reply.created,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "model": reply.model,
        "output": [],
        "usage": None,
        "service_tier": "default",
        **echoed,
    }


def _status(reply: Reply) -> str:
    if reply.stop == "failed":
        return "failed"
    return "incomplete" if reply.stop in INCOMPLETE else "completed"


def _failure(code: str, message: str) -> Json:
    return {"code": code, "message": message}


def _usage(reply: Reply) -> Json:
    usage = reply.usage
    return {
        "input_tokens": usage.input,
        "input_tokens_details": {"cached_tokens": usage.cache_read, "cache_write_tokens": usage.cache_write},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.input + usage.output,
    }


def _turns(items: list[Mapping[str, Any]]) -> int:
    """Count the model's turns: runs of items that the model wrote."""
    written = [item.get("role") == "assistant" or _is_models(item) for item in items]
    return sum(now and not before for before, now in zip([False, *written], written, strict=False))


def _is_models(item: Mapping[str, Any]) -> bool:
    kind = str(item.get("type", ""))
    return kind == "reasoning" or kind.endswith("_call")


DIALECT = Dialect("openai_responses", ("/responses",), read, plain, stream, error, stream_error, headers)
