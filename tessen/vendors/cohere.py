"""Cohere: where its SDK is wrapped, what its operations are called, and how its second chat API streams.

Source of the format: the API reference for chat (v2) and its streaming events.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tessen.vendors.interface import (
    Asked,
    Dialect,
    Endpoint,
    Failure,
    Json,
    Trunk,
    TypedAssembler,
    Vendor,
    generic_surface,
)
from tessen.vendors.openai_chat import is_broken_json
from tessen.vendors.pieces import Pieces

_BROKEN = {"ERROR": "server_error", "TIMEOUT": "timeout_error"}
"""Finish reasons that are failures, under HTTP 200, and what to take them for."""


class ChatAssembler(TypedAssembler):
    """Puts one streamed chat answer together."""

    def __init__(self) -> None:
        self._id: Any = None
        self._started = False
        self._plan = Pieces()
        self._contents: dict[int, dict[str, Any]] = {}
        self._texts: dict[tuple[int, str], Pieces] = {}
        self._calls: dict[int, dict[str, Any]] = {}
        self._arguments: dict[int, Pieces] = {}
        self._citations: list[Any] = []
        self._ending: dict[str, Any] = {}

    def body(self) -> dict[str, Any] | None:
        """Return the answer as it would have come in one piece; None if it never started."""
        if not self._started:
            return None
        message: dict[str, Any] = {"role": "assistant"}
        if self._contents:
            message["content"] = [self._content(index) for index in sorted(self._contents)]
        if self._calls or self._plan.text():
            message["tool_plan"] = self._plan.text()
            message["tool_calls"] = [self._call(index) for index in sorted(self._calls)]
        if self._citations:
            message["citations"] = self._citations
        return {"id": self._id, "message": message, **self._ending}

    def _take(self, kind: str, content: dict[str, Any]) -> None:
        delta = content.get("delta") or {}
        message = delta.get("message") or {}
        index = content.get("index", 0)
        match kind:
            case "message-start":
                self._started = True
                self._id = content.get("id")
            case "content-start":
                self._contents[index] = dict(message["content"])
            case "content-delta":
                self.began = True
                self._add(index, message["content"])
            case "tool-plan-delta":
                self.began = True
                self._plan.add(message["tool_plan"])
            case "tool-call-start":
                self.began = True
                self._calls[index] = dict(message["tool_calls"])
            case "tool-call-delta":
                self._arguments.setdefault(index, Pieces()).add(
                    message["tool_calls"]["function"]["arguments"]
                )
            case "citation-start":
                self._citations.append(message["citations"])
            case "message-end":
                self._end(delta, content)

    def _add(self, index: int, piece: Json) -> None:
        for name, value in piece.items():
            if name != "type" and isinstance(value, str):
                self._texts.setdefault((index, name), Pieces()).add(value)

    def _end(self, delta: dict[str, Any], content: dict[str, Any]) -> None:
        self._ending = {name: value for name, value in delta.items() if value is not None}
        self.done = True
        self.failure = _failure_of(delta, content)

    def _content(self, index: int) -> dict[str, Any]:
        block = dict(self._contents[index])
        for (owner, name), text in self._texts.items():
            if owner == index:
                block[name] = str(block.get(name) or "") + text.text()
        return block

    def _call(self, index: int) -> dict[str, Any]:
        call = self._calls[index]
        function = dict(call.get("function") or {})
        if index in self._arguments:
            function["arguments"] = (function.get("arguments") or "") + self._arguments[index].text()
        return {**call, "function": function}


def _failure_of(ending: Json, said: object) -> Failure | None:
    reason = ending.get("finish_reason")
    if reason not in _BROKEN:
        return None
    message = ending.get("error") or f"the model ended its answer with {reason}"
    return Failure((_BROKEN[reason], str(reason)), str(message), said)


def failure(answer: Json) -> Failure | None:
    """Return the failure that an answer states: it ended as `ERROR` or `TIMEOUT`, under HTTP 200."""
    return _failure_of(answer, None)


def signals(request: bytes | None, answer: Json) -> list[str]:
    """Return what is wrong with one whole answer."""
    del request  # nothing about the prompt cache can be told from it
    message = answer.get("message")
    message = message if isinstance(message, Mapping) else {}
    parts = [part for part in _list(message.get("content")) if isinstance(part, Mapping)]
    calls = [call for call in _list(message.get("tool_calls")) if isinstance(call, Mapping)]
    spoke = any(str(part.get("text") or "").strip() for part in parts)
    reason = answer.get("finish_reason")
    found = []
    if reason == "COMPLETE" and not spoke and not calls:
        found.append("empty_content_on_stop")
    if reason == "MAX_TOKENS":
        found.append("truncated_response")
    if not spoke and not calls and (message.get("tool_plan") or any(part.get("thinking") for part in parts)):
        found.append("thinking_only_no_output")
    functions = [call["function"] for call in calls if isinstance(call.get("function"), Mapping)]
    if any(is_broken_json(function.get("arguments")) for function in functions):
        found.append("invalid_tool_call_json")
    return found


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


_CHAT = Endpoint("chat", Dialect(ChatAssembler, signals, failure), billed=True, streamed_as="chat_stream")
_NAMED = {
    "v2/chat": _CHAT,
    "v1/chat": Endpoint("chat", billed=True),
    "v2/embed": Endpoint("embed", billed=True),
    "v1/embed": Endpoint("embed", billed=True),
    "v2/rerank": Endpoint("rerank", billed=True),
    "v1/rerank": Endpoint("rerank", billed=True),
    "v1/classify": Endpoint("classify", billed=True),
    "v1/tokenize": Endpoint("tokenize"),
    "v1/detokenize": Endpoint("detokenize"),
}


def _endpoint(method: str, path: str) -> Endpoint:
    named = _NAMED.get(path.strip("/")) if method == "POST" else None
    return named or Endpoint(generic_surface(method, path))


def _asks_a_model(path: str) -> Endpoint | None:
    return _CHAT if path.endswith("/v2/chat") else None


def _asked(client: Any, arguments: Mapping[str, Any]) -> Asked | None:
    if arguments.get("retries"):
        return None  # the client calls itself for another attempt
    path = arguments.get("path") or ""
    body = arguments.get("json")
    if isinstance(body, Mapping):
        left_out = arguments.get("omit")
        body = {name: value for name, value in body.items() if value is not left_out}
    return Asked(
        str(arguments.get("method")).upper(),
        path,
        body,
        isinstance(body, Mapping) and body.get("stream") is True,
        lambda: f"{client.get_base_url(arguments.get('base_url')).rstrip('/')}/{path.lstrip('/')}",
        lambda: (client.httpx_client,),
    )


_METHODS = ("HttpClient.request", "HttpClient.stream", "AsyncHttpClient.request", "AsyncHttpClient.stream")

VENDOR = Vendor(
    "cohere",
    "cohere",
    (Trunk("cohere.core.http_client", _METHODS, ("path",), _asked),),
    _endpoint,
    _asks_a_model,
    errors=(("cohere.core.api_error", "ApiError"),),
)
