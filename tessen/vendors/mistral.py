"""Mistral: where its SDK is wrapped, what its operations are called, and how it streams.

Source of the format: the API reference for chat and fill-in-the-middle. An answer has OpenAI's shape, but for
content that is a list of parts when the model thinks, and errors that are no object of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tessen.vendors import speakeasy
from tessen.vendors.interface import (
    Asked,
    Dialect,
    Endpoint,
    Failure,
    Json,
    Vendor,
    failure_of,
    generic_surface,
)
from tessen.vendors.openai_chat import ChatAssembler, Choice, signals
from tessen.vendors.pieces import Pieces


class _Choice(Choice):
    """One choice, whose content may come in parts."""

    def __init__(self) -> None:
        super().__init__()
        self._message = {"role": "assistant", "tool_calls": None, "content": ""}
        self._parts: list[tuple[str, Pieces] | Any] = []

    def add(self, delta: Json) -> bool:
        """Add one delta; return whether it held content."""
        content = delta.get("content")
        for part in [content] if isinstance(content, str) else content or ():
            self._add_part(part)
        rest = {name: value for name, value in delta.items() if name != "content"}
        return super().add(rest) or bool(content)

    def body(self, index: int) -> dict[str, Any]:
        """Return the choice as it would have come in one piece."""
        whole = {name: value for name, value in super().body(index).items() if value is not None}
        parts = [_part(*part) if isinstance(part, tuple) else part for part in self._parts]
        if len(parts) == 1 and parts[0].get("type") == "text":
            whole["message"]["content"] = parts[0]["text"]
        elif parts:
            whole["message"]["content"] = parts
        return whole

    def _add_call(self, index: int, piece: Json) -> None:
        super()._add_call(index, piece)
        self._calls[index].update({name: value for name, value in piece.items() if name != "function"})
        if "type" not in piece:
            self._calls[index].pop("type", None)

    def _add_part(self, part: str | Json) -> None:
        if isinstance(part, str) and not part:
            return
        kind, text = ("text", part) if isinstance(part, str) else _text_of(part)
        if text is None:
            self._parts.append(part)
            return
        if not self._parts or not isinstance(self._parts[-1], tuple) or self._parts[-1][0] != kind:
            self._parts.append((kind, Pieces()))
        self._parts[-1][1].add(text)


class CompletionAssembler(ChatAssembler):
    """Puts one streamed completion together."""

    choice = _Choice

    def _take(self, chunk: dict[str, Any]) -> None:
        if chunk.get("object") == "error":
            self.failure = failure_of(chunk, chunk)
        else:
            super()._take(chunk)


def _text_of(part: Json) -> tuple[str, str | None]:
    """The kind of a part and its words; None for one that is not only words."""
    kind = str(part.get("type"))
    if kind == "text":
        return kind, str(part.get("text") or "")
    if kind == "thinking" and all(isinstance(each, Mapping) for each in part.get("thinking") or ()):
        return kind, "".join(str(each.get("text") or "") for each in part.get("thinking") or ())
    return kind, None


def _part(kind: str, text: Pieces) -> dict[str, Any]:
    words = {"type": "text", "text": text.text()}
    return words if kind == "text" else {"type": kind, kind: [words]}


def failure(answer: Json) -> Failure | None:
    """Return the failure that a completion states: a choice ended as `error`, under HTTP 200."""
    choices = answer.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, Mapping) and choice.get("finish_reason") == "error":
            return Failure(("server_error",), "the model ended its answer with an error", None)
    return None


_COMPLETION = Dialect(CompletionAssembler, signals, failure)
_ASKING = {
    "/chat/completions": Endpoint("chat.complete", _COMPLETION, billed=True, streamed_as="chat.stream"),
    "/fim/completions": Endpoint("fim.complete", _COMPLETION, billed=True, streamed_as="fim.stream"),
    "/agents/completions": Endpoint("agents.complete", _COMPLETION, billed=True, streamed_as="agents.stream"),
}
_NAMED = {
    **_ASKING,
    "/embeddings": Endpoint("embeddings.create", billed=True),
    "/chat/moderations": Endpoint("classifiers.moderate_chat", billed=True),
    "/moderations": Endpoint("classifiers.moderate", billed=True),
    "/classifications": Endpoint("classifiers.classify", billed=True),
    "/conversations": Endpoint("conversations.start", billed=True),
    "/ocr": Endpoint("ocr.process"),
}


_BEFORE = ("/v1", "/models", "/azure")
"""What stands before these in Mistral's own addresses and in those of Azure."""


def _endpoint(method: str, path: str) -> Endpoint:
    if method == "POST":
        for ending, endpoint in _NAMED.items():
            if path.endswith(ending) and path.removesuffix(ending).endswith(_BEFORE):
                return endpoint
    return Endpoint(generic_surface(method, path))


def _asks_a_model(path: str) -> Endpoint | None:
    return next((endpoint for ending, endpoint in _ASKING.items() if path.endswith(ending)), None)


def _asked_of_google(client: Any, arguments: Mapping[str, Any]) -> Asked | None:
    """Read what is asked of the client for Google's cloud, where all operations have one address."""
    asked = _GOOGLE.asked(client, arguments)
    if asked is None or not asked.path.endswith(("/rawPredict", "/streamRawPredict")):
        return asked
    operation = str(getattr(arguments.get("hook_ctx"), "operation_id", ""))
    return asked._replace(path="/v1/fim/completions" if "fim" in operation else "/v1/chat/completions")


_GOOGLE = speakeasy.trunk("mistralai.gcp.client.basesdk")

VENDOR = Vendor(
    "mistral",
    "mistral",
    (
        speakeasy.trunk("mistralai.client.basesdk"),
        speakeasy.trunk("mistralai.basesdk"),
        speakeasy.trunk("mistralai.azure.client.basesdk"),
        _GOOGLE._replace(asked=_asked_of_google),
    ),
    _endpoint,
    _asks_a_model,
    errors=(
        ("mistralai.client.errors.mistralerror", "MistralError"),
        ("mistralai.models.mistralerror", "MistralError"),
        ("mistralai.models.sdkerror", "SDKError"),
    ),
)
