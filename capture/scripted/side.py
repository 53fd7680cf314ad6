"""The requests beside the model calls: `GET /v1/models` and `POST /v1/messages/count_tokens`."""

from __future__ import annotations

from collections.abc import Mapping

from capture.scripted import anthropic, openai_shared
from capture.scripted.answer import ErrorAnswer
from capture.scripted.dialect import Json
from capture.scripted.reply import estimate_tokens

COUNT_PATH = "/messages/count_tokens"

MODELS = ("claude-opus-4-8", "claude-sonnet-4-6", "claude-haiku-4-5", "gpt-5.4", "gpt-5-mini", "gpt-5-nano")
"""What the server says it has. It answers for any other name just as well."""

_EPOCH = 1_760_000_000
"""When all of these models say they were made: unix time, seconds."""


def count_tokens(body_size: int) -> Json:
    """Return the answer to a token count, estimated from the request's size in bytes."""
    return {"input_tokens": estimate_tokens(body_size)}


def is_models(path: str) -> bool:
    """Return whether a path lists the models, or asks for one of them."""
    return path.endswith("/models") or "/models/" in path


def models(path: str, headers: Mapping[str, str]) -> Json:
    """Return the list of models, or the one whose name ends the path, as the client's vendor shows it."""
    render = _anthropic_model if speaks_anthropic(headers) else _openai_model
    name = path.rpartition("/models")[2].lstrip("/")
    if name:
        return render(name)
    listed = [render(model) for model in MODELS]
    if speaks_anthropic(headers):
        return {"data": listed, "has_more": False, "first_id": MODELS[0], "last_id": MODELS[-1]}
    return {"object": "list", "data": listed}


def speaks_anthropic(headers: Mapping[str, str]) -> bool:
    """Return whether a client without a telling path is Anthropic's."""
    return "anthropic-version" in headers


def error(answer: ErrorAnswer, headers: Mapping[str, str], request_id: str) -> Json:
    """Return an error's body in the form that the client's vendor uses."""
    render = anthropic.error if speaks_anthropic(headers) else openai_shared.error
    return render(answer, request_id)


def _anthropic_model(name: str) -> Json:
    return {"type": "model", "id": name, "display_name": name, "created_at": "2025-10-09T08:53:20Z"}


def _openai_model(name: str) -> Json:
    return {"id": name, "object": "model", "created": _EPOCH, "owned_by": "scripted"}
