"""Anthropic: the Messages API.

Source of the format: the API reference for messages, its streaming events and stop reasons.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tessen import _json
from tessen._repeated import holds
from tessen._search import finder
from tessen.vendors import stainless
from tessen.vendors.interface import (
    Assembler,
    Dialect,
    Endpoint,
    Json,
    Vendor,
    failure_of,
    generic_surface,
    no_failure,
)
from tessen.vendors.pieces import Pieces

_APPENDED = {"text_delta": "text", "thinking_delta": "thinking"}
"""Delta types that add to a string of their block, and that string's name."""


class MessageAssembler(Assembler):
    """Puts one streamed message together."""

    def __init__(self) -> None:
        self._message: dict[str, Any] | None = None
        self._blocks: dict[int, dict[str, Any]] = {}
        self._texts: dict[tuple[int, str], Pieces] = {}

    def feed(self, event: str | None, data: str) -> None:
        """Take one event: its name, if it had one, and its data."""
        if event == "ping":
            return
        try:
            content = _json.parse_event(data)
            self._take(content)
        except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
            self.malformed = True
        else:
            self.chunks += content.get("type") != "ping"

    def ended_well(self) -> bool:
        """Whether a stream that ends here holds a whole answer; only the end marker may be wanting."""
        return self.done or bool(self._message and self._message.get("stop_reason"))

    def body(self) -> dict[str, Any] | None:
        """Return the message as it would have come in one piece; None if it never started."""
        if self._message is None:
            return None
        content = [self._block(index) for index in sorted(self._blocks)]
        return {**self._message, "content": content}

    def _take(self, content: dict[str, Any]) -> None:
        match content["type"]:
            case "content_block_delta":
                self.began = True
                self._add(content["index"], content["delta"])
            case "content_block_start":
                self._blocks[content["index"]] = dict(content["content_block"])
            case "message_start":
                self._message = dict(content["message"])
            case "message_delta":
                self._finish(content)
            case "message_stop":
                self.done = True
            case "error":
                self.failure = failure_of(content.get("error"), content)

    def _add(self, index: int, delta: dict[str, Any]) -> None:
        kind = delta["type"]
        if kind in _APPENDED:
            name = _APPENDED[kind]
            self._write(index, name, delta[name])
        elif kind == "input_json_delta":
            self._write(index, "input", delta["partial_json"])
        elif kind == "citations_delta":
            block = self._blocks[index]
            block["citations"] = block.get("citations") or []
            block["citations"].append(delta["citation"])
        else:
            self._blocks[index].update({name: value for name, value in delta.items() if name != "type"})

    def _write(self, index: int, name: str, piece: str) -> None:
        text = self._texts.get((index, name))
        if text is None:
            start = "" if name == "input" else self._blocks[index].get(name) or ""
            text = self._texts[index, name] = Pieces(start)
        text.add(piece)

    def _finish(self, content: dict[str, Any]) -> None:
        """Merge a message_delta: its counts are totals, and those it leaves out stand as they were."""
        if self._message is None:
            return
        self._message.update(content["delta"])
        told = {name: count for name, count in (content.get("usage") or {}).items() if count is not None}
        self._message["usage"] = {**(self._message.get("usage") or {}), **told}
        if content.get("context_management") is not None:
            self._message["context_management"] = content["context_management"]

    def _block(self, index: int) -> dict[str, Any]:
        block = dict(self._blocks[index])
        for (owner, name), text in self._texts.items():
            if owner == index:
                block[name] = _tool_input(text.text()) if name == "input" else text.text()
        return block


def _tool_input(text: str) -> Any:
    """Return the input of a tool as it would have come in one piece; its text, if that is not JSON."""
    if not text:
        return {}
    try:
        return _json.parse(text)
    except (ValueError, RecursionError):
        return text


def signals(request: bytes | None, answer: Json) -> list[str]:
    """Return what is wrong with one whole message; see `tessen.signals` for the meanings."""
    stop = answer.get("stop_reason")
    output = thought = broken = False
    for block in _list(answer.get("content")):
        if not isinstance(block, dict):
            continue
        kind = block.get("type")
        if kind in ("thinking", "redacted_thinking"):
            thought = True
        elif kind != "text":
            output = True
            broken = broken or (isinstance(block.get("input"), str) and str(kind).endswith("tool_use"))
        else:
            output = output or not _is_blank(block.get("text"))
    found = []
    if stop == "end_turn" and not output and not thought:
        found.append("empty_content_on_end_turn")
    if stop in ("max_tokens", "model_context_window_exceeded"):
        found.append("truncated_response")
    if stop == "refusal":
        found.append("refusal")
    if stop != "pause_turn" and thought and not output:
        found.append("thinking_only_no_output")
    if broken:
        found.append("invalid_tool_use_json")
    if request is not None and _cache_was_idle(answer) and _marks_for_cache(request):
        found.append("cache_control_set_but_no_cache_activity")
    return found


def _is_blank(text: object) -> bool:
    return not text or str(text).isspace()


def _cache_was_idle(answer: Json) -> bool:
    usage = answer.get("usage")
    if not isinstance(usage, dict):
        return False
    return not usage.get("cache_read_input_tokens") and not usage.get("cache_creation_input_tokens")


_names_cache_control = finder(b'"cache_control"')


def _marks_for_cache(request: bytes) -> bool:
    """Whether a request asks for caching; not parsed where the marker's name does not even occur."""
    if not holds(request, _names_cache_control):
        return False
    try:
        body = _json.parse(request.decode())
    except (ValueError, RecursionError):
        return False
    return isinstance(body, Mapping) and any(place.get("cache_control") for place in _markable(body))


def _markable(body: Json) -> Iterator[Json]:
    """Every place of a request where the API takes a cache marker; tools' arguments are not among them."""
    yield body
    yield from _objects(body.get("tools"))
    yield from _objects(body.get("system"))
    for message in _objects(body.get("messages")):
        for block in _objects(message.get("content")):
            yield block
            for nested in (block.get("content"), _mapping(block.get("source")).get("content")):
                yield from _objects(nested)


def _objects(value: object) -> Iterable[Json]:
    return (item for item in _list(value) if isinstance(item, Mapping))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: object) -> Json:
    return value if isinstance(value, Mapping) else {}


_MESSAGES = Endpoint("messages.create", Dialect(MessageAssembler, signals, no_failure), billed=True)
_NAMED = {
    ("POST", "/v1/messages"): _MESSAGES,
    ("POST", "/v1/messages/count_tokens"): Endpoint("messages.count_tokens"),
    ("POST", "/v1/messages/batches"): Endpoint("messages.batches.create"),
    ("GET", "/v1/messages/batches"): Endpoint("messages.batches.list"),
    ("POST", "/v1/complete"): Endpoint("completions.create", billed=True),
}


def _endpoint(method: str, path: str) -> Endpoint:
    path = path.split("?", 1)[0]
    return _NAMED.get((method, path)) or Endpoint(generic_surface(method, path))


def _asks_a_model(path: str) -> Endpoint | None:
    return _MESSAGES if path.endswith("/v1/messages") else None


VENDOR = Vendor("anthropic", "anthropic", (stainless.trunk("anthropic"),), _endpoint, _asks_a_model)
