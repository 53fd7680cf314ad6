"""The requests beside the model calls: models, token counts, embeddings, rankings, verdicts, images."""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from capture.scripted.dialect import Json
from capture.scripted.prompt import Body
from capture.scripted.reply import estimate_tokens

MODELS = ("claude-opus-4-8", "claude-sonnet-4-6", "claude-haiku-4-5", "gpt-5.4", "gpt-5-mini", "gpt-5-nano")
"""What the server says it has. It answers for any other name just as well."""

DIMENSIONS = 8
"""Numbers in an embedding."""

_EPOCH = 1_760_000_000
"""When all of these models say they were made: unix time, seconds."""


class Side(NamedTuple):
    """One kind of request beside the model calls."""

    protocol: str
    """As in a script's `protocol`."""
    answer: Callable[[Body, int], Json]
    """(request, its size in bytes) → the answer."""


def find_side(path: str) -> Side | None:
    """Return what a POST to this path asks for beside a model call; None if it asks for nothing such."""
    return next((side for ending, side in _SIDES.items() if path.endswith(ending)), None)


def is_models(path: str) -> bool:
    """Return whether a path lists the models, or asks for one of them."""
    return path.endswith("/models") or "/models/" in path


def models(path: str, vendor: str) -> Json:
    """Return the list of models, or the one whose name ends the path, as a vendor's dialect shows it."""
    name = path.rpartition("/models")[2].lstrip("/")
    if vendor == "gemini":
        return _gemini_model(name) if name else {"models": [_gemini_model(model) for model in MODELS]}
    render = {"anthropic": _anthropic_model, "mistral": _mistral_model}.get(vendor, _openai_model)
    if name:
        return render(name)
    listed = [render(model) for model in MODELS]
    if vendor == "anthropic":
        return {"data": listed, "has_more": False, "first_id": MODELS[0], "last_id": MODELS[-1]}
    return {"object": "list", "data": listed}


def _anthropic_model(name: str) -> Json:
    return {"type": "model", "id": name, "display_name": name, "created_at": "2025-10-09T08:53:20Z"}


def _openai_model(name: str) -> Json:
    return {"id": name, "object": "model", "created": _EPOCH, "owned_by": "scripted"}


def _mistral_model(name: str) -> Json:
    abilities = {"completion_chat": True, "completion_fim": True, "function_calling": True}
    return _openai_model(name) | {"type": "base", "capabilities": abilities}


def _gemini_model(name: str) -> Json:
    return {"name": f"models/{name}", "displayName": name, "version": "001"}


def _count_anthropic(body: Body, size: int) -> Json:
    return {"input_tokens": estimate_tokens(size)}


def _count_openai(body: Body, size: int) -> Json:
    return {"object": "response.input_tokens", "input_tokens": estimate_tokens(size)}


def _count_gemini(body: Body, size: int) -> Json:
    tokens = estimate_tokens(size)
    return {"totalTokens": tokens, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": tokens}]}


def _count_cohere(body: Body, size: int) -> Json:
    words = str(body.get("text", "")).split()
    return {"tokens": [_number(word) for word in words], "token_strings": words}


def _embed_openai(body: Body, size: int) -> Json:
    """OpenAI's and Mistral's embeddings, which are alike."""
    packed = body.get("encoding_format") == "base64"
    given = body.get("input", body.get("inputs"))
    vectors = [_vector(text) for text in _texts(given)]
    tokens = estimate_tokens(size)
    data = [
        {"object": "embedding", "index": index, "embedding": _packed(vector) if packed else vector}
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens, "completion_tokens": 0}
    return {"id": "emb", "object": "list", "data": data, "model": body.get("model"), "usage": usage}


def _embed_gemini(body: Body, size: int) -> Json:
    return {"embedding": {"values": _vector(str(body.get("content")))}}


def _embed_gemini_many(body: Body, size: int) -> Json:
    asked = body.get("requests") or []
    return {"embeddings": [{"values": _vector(str(one.get("content")))} for one in asked]}


def _embed_cohere(body: Body, size: int) -> Json:
    texts = _texts(body.get("texts"))
    return {
        "id": "emb",
        "embeddings": {"float": [_vector(text) for text in texts]},
        "texts": texts,
        "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": estimate_tokens(size)}},
        "response_type": "embeddings_by_type",
    }


def _rank_cohere(body: Body, size: int) -> Json:
    count = len(body.get("documents") or [])
    wanted = body.get("top_n") or count
    results = [{"index": index, "relevance_score": 1 / (index + 1)} for index in range(min(count, wanted))]
    return {"id": "rank", "results": results, "meta": {"billed_units": {"search_units": 1}}}


def _moderate(body: Body, size: int) -> Json:
    """OpenAI's and Mistral's verdicts on texts or on conversations, which are alike: nothing was wrong."""
    given = body.get("input", body.get("inputs"))
    kinds = ("violence", "self_harm")
    verdict = {"flagged": False, "categories": dict.fromkeys(kinds, False)}
    scores = {"category_scores": dict.fromkeys(kinds, 0.01), "category_applied_input_types": {}}
    results = [verdict | scores for _ in (given if isinstance(given, list) else [given])]
    return {"id": "modr", "model": body.get("model"), "results": results}


def _classify_mistral(body: Body, size: int) -> Json:
    results = [{"intent": {"scores": {"order": 0.75, "other": 0.25}}} for _ in _texts(body.get("input"))]
    return {"id": "class", "model": body.get("model"), "results": results}


def _draw_openai(body: Body, size: int) -> Json:
    tokens = estimate_tokens(size)
    details = {"text_tokens": tokens, "image_tokens": 0}
    usage = {"input_tokens": tokens, "output_tokens": 1, "total_tokens": tokens + 1}
    return {
        "created": _EPOCH,
        "data": [{"b64_json": base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()}],
        "usage": {**usage, "input_tokens_details": details},
    }


def _read_mistral(body: Body, size: int) -> Json:
    """A document of one page."""
    page = {"index": 0, "markdown": "# Order A-17", "images": [], "dimensions": None}
    return {"pages": [page], "model": body.get("model"), "usage_info": {"pages_processed": 1}}


def _texts(given: Any) -> list[str]:
    if isinstance(given, str):
        return [given]
    return [str(text) for text in given] if isinstance(given, Sequence) else []


def _vector(text: str) -> list[float]:
    """Return numbers that depend on the text only."""
    digest = hashlib.sha256(text.encode("utf-8", "replace")).digest()
    return [byte / 256 for byte in digest[:DIMENSIONS]]


def _packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _number(word: str) -> int:
    return int.from_bytes(hashlib.sha256(word.encode()).digest()[:2], "big")


_SIDES: Mapping[str, Side] = {
    "/messages/count_tokens": Side("count_tokens", _count_anthropic),
    "/responses/input_tokens": Side("count_tokens", _count_openai),
    ":countTokens": Side("count_tokens", _count_gemini),
    "/tokenize": Side("count_tokens", _count_cohere),
    "/embeddings": Side("embeddings", _embed_openai),
    ":embedContent": Side("embeddings", _embed_gemini),
    ":batchEmbedContents": Side("embeddings", _embed_gemini_many),
    "/embed": Side("embeddings", _embed_cohere),
    "/rerank": Side("rerank", _rank_cohere),
    "/moderations": Side("moderations", _moderate),
    "/classifications": Side("moderations", _classify_mistral),
    "/images/generations": Side("images", _draw_openai),
    "/ocr": Side("ocr", _read_mistral),
}
"""By what the path ends in."""
