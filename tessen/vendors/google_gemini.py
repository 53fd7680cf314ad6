"""Google Gemini: where its SDK is wrapped, what its operations are called, and how it streams.

Source of the format: the API reference for generateContent. A stream is a row of answers, each with the next
piece of every candidate; the model stands in the address.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tessen import _json
from tessen.vendors import speakeasy
from tessen.vendors.gemini_candidate import WORDS, Candidate
from tessen.vendors.interface import (
    Asked,
    Assembler,
    Dialect,
    Endpoint,
    Failure,
    Json,
    Trunk,
    Vendor,
    generic_surface,
    in_order,
    no_failure,
)

_REFUSALS = frozenset({"SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "RECITATION", "SPII"})
"""Finish reasons of a refusal; those for pictures have `IMAGE_` before them."""


class ContentAssembler(Assembler):
    """Puts one streamed answer together."""

    def __init__(self) -> None:
        self._whole: dict[str, Any] = {}
        self._candidates: dict[int, Candidate] = {}

    def feed(self, event: str | None, data: str) -> None:
        """Take one event: its name, if it had one, and its data."""
        del event  # Gemini's events have no names
        try:
            self._take(_json.parse_event(data))
        except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
            self.malformed = True
        else:
            self.chunks += 1

    def ended_well(self) -> bool:
        """Whether a stream that ends here holds a whole answer; no event says that it is the last."""
        candidates = self._candidates.values()
        return all(each.finished for each in candidates) if candidates else "promptFeedback" in self._whole

    def body(self) -> dict[str, Any] | None:
        """Return the answer as it would have come in one piece; None if nothing of it came."""
        if not self._candidates:
            return self._whole or None
        candidates = [self._candidates[index].body(index) for index in sorted(self._candidates)]
        return {"candidates": candidates, **self._whole}

    def _take(self, chunk: dict[str, Any]) -> None:
        if chunk.get("error"):
            self.failure = _failure_of(chunk["error"], chunk)
            self.done = True  # the SDK raises here, and never reads on
            return
        self._whole.update({k: v for k, v in chunk.items() if k != "candidates" and v is not None})
        for piece in chunk.get("candidates") or ():
            if self._candidates.setdefault(piece.get("index", 0), Candidate()).add(piece):
                self.began = True


def _failure_of(error: object, said: object) -> Failure:
    told = error if isinstance(error, Mapping) else {"message": error}
    return Failure((str(told.get("status") or "error"),), str(told.get("message") or ""), said)


def signals(request: bytes | None, answer: Json) -> list[str]:
    """Return what is wrong with one whole answer, each signal once however many candidates show it."""
    del request  # caches are explicit objects here, with errors of their own
    found: set[str] = set()
    feedback = answer.get("promptFeedback")
    if isinstance(feedback, Mapping) and feedback.get("blockReason"):
        found.add("refusal")
    candidates = answer.get("candidates")
    for candidate in candidates if isinstance(candidates, list) else ():
        if isinstance(candidate, Mapping):
            found.update(_candidate_signals(candidate))
    return in_order(found)


def _candidate_signals(candidate: Json) -> set[str]:
    reason = str(candidate.get("finishReason"))
    parts = _parts(candidate.get("content"))
    thought = [part for part in parts if part.get("thought") is True]
    output = [part for part in parts if part.get("thought") is not True and not _is_blank(part)]
    found = set()
    if reason == "STOP" and not output:
        found.add("empty_content_on_stop")
    if reason == "MAX_TOKENS":
        found.add("truncated_response")
    if reason.removeprefix("IMAGE_") in _REFUSALS:
        found.add("refusal")
    if thought and not output and reason != "MALFORMED_FUNCTION_CALL":
        found.add("thinking_only_no_output")
    if reason == "MALFORMED_FUNCTION_CALL":
        found.add("invalid_tool_call_json")
    return found


def _parts(content: object) -> list[Json]:
    parts = content.get("parts") if isinstance(content, Mapping) else None
    return [part for part in parts if isinstance(part, Mapping)] if isinstance(parts, list) else []


def _is_blank(part: Json) -> bool:
    return WORDS.issuperset(part) and not str(part.get("text") or "").strip()


_GENERATE = Endpoint(
    "models.generate_content",
    Dialect(ContentAssembler, signals, no_failure, model_key="modelVersion"),
    billed=True,
    streamed_as="models.generate_content_stream",
)
_NAMED = {
    "generateContent": _GENERATE,
    "streamGenerateContent": _GENERATE,
    "countTokens": Endpoint("models.count_tokens"),
    "computeTokens": Endpoint("models.compute_tokens"),
    "embedContent": Endpoint("models.embed_content", billed=True),
    "batchEmbedContents": Endpoint("models.embed_content", billed=True),
    "batchGenerateContent": Endpoint("batches.create"),
    "predict": Endpoint("models.predict"),
    "predictLongRunning": Endpoint("models.predict_long_running"),
    "asyncBatchEmbedContent": Endpoint("batches.create_embeddings"),
}
_STREAM = "streamGenerateContent"
_INTERACTION = Endpoint("interactions.create", billed=True)
"""Asks a model or an agent; its steps are kept as they come, and not taken apart."""


def _endpoint(method: str, path: str) -> Endpoint:
    path = path.split("?", 1)[0]
    if method == "POST" and path.endswith("/interactions"):
        return _INTERACTION
    named = _NAMED.get(path.rpartition(":")[2])
    return named or Endpoint(generic_surface(method, path.lstrip("/").removeprefix("upload/")))


def _asks_a_model(path: str) -> Endpoint | None:
    asks = path.endswith((":generateContent", f":{_STREAM}"))
    return _GENERATE if asks and "/models/" in path else None


def _model_in(address: str) -> str | None:
    _, found, tail = address.partition("models/")
    model, colon, _ = tail.partition(":")
    return model if found and colon and "/" not in model else None


def _asked(client: Any, arguments: Mapping[str, Any]) -> Asked:
    path = str(arguments["path"])
    return Asked(
        str(arguments["http_method"]).upper(),
        path,
        arguments.get("request_dict") or None,
        f":{_STREAM}" in path,
        lambda: f"{str(client._http_options.base_url).rstrip('/')}/{path.lstrip('/')}",
        lambda: _clients(client),
    )


def _clients(client: Any) -> Iterable[object]:
    """The SDK keeps one client for each event loop, of one library or the other."""
    outer = getattr(client, "_async_httpx_client", None)
    yield from (getattr(client, "_httpx_client", None), outer)
    for kept in (getattr(outer, "_loop_clients", None), getattr(client, "_aiohttp_sessions", None)):
        yield from list(kept.values()) if isinstance(kept, dict) else ()
    yield from (getattr(client, "_aiohttp_session", None), getattr(client, "_authorized_session", None))


_METHODS = (
    "BaseApiClient.request",
    "BaseApiClient.request_streamed",
    "BaseApiClient.async_request",
    "BaseApiClient.async_request_streamed",
)

VENDOR = Vendor(
    "google_gemini",
    "googleapis",
    (
        Trunk("google.genai._api_client", _METHODS, ("http_method", "path", "request_dict"), _asked),
        speakeasy.trunk("google.genai._gaos.basesdk", awaited="AsyncBaseSDK"),
    ),
    _endpoint,
    _asks_a_model,
    model_in=_model_in,
)
