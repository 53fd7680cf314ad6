"""OpenAI's Responses.

Source of the format: the API reference for responses and their streaming events. A stream carries the whole
answer once more in its last event (completed, incomplete or failed); until that has come, the answer is put
together from its items.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tessen.vendors.interface import Dialect, Failure, Json, TypedAssembler, failure_of
from tessen.vendors.openai_chat import is_broken_json
from tessen.vendors.pieces import Pieces

_LAST = frozenset({"response.completed", "response.incomplete", "response.failed"})
_PARTS = {
    "output_text": "text",
    "refusal": "refusal",
    "reasoning_text": "text",
    "reasoning_summary_text": "text",
}
"""Deltas that add to a part of an item, and the member of that part."""
_MEMBERS = {
    "function_call_arguments": "arguments",
    "custom_tool_call_input": "input",
    "mcp_call_arguments": "arguments",
}
"""Deltas that add to a member of the item itself."""


class ResponseAssembler(TypedAssembler):
    """Puts one streamed response together."""

    def __init__(self) -> None:
        self._response: dict[str, Any] | None = None
        self._items: dict[int, dict[str, Any]] = {}
        self._texts: dict[int, dict[tuple[str, int], Pieces]] = {}

    def body(self) -> dict[str, Any] | None:
        """Return the response as it would have come in one piece; None if it never started."""
        if self._response is None or self.done:
            return self._response
        return {**self._response, "output": [self._item(index) for index in sorted(self._items)]}

    def _take(self, kind: str, content: dict[str, Any]) -> None:
        if isinstance(content.get("response"), dict):
            self._response = content["response"]
        if kind in _LAST:
            self.done = True
            self._items.clear()
            self._texts.clear()
        elif kind == "error" or content.get("error"):
            self.failure = failure_of(content.get("error") or {**content, "type": None}, content)
        elif kind == "response.output_item.added":
            self._items[content["output_index"]] = dict(content["item"])
        elif kind == "response.output_item.done":
            self._items[content["output_index"]] = content["item"]
            self._texts.pop(content["output_index"], None)
        elif kind.endswith(".delta") and kind.startswith("response."):
            self.began = True
            self._add(kind.removeprefix("response.").removesuffix(".delta"), content)

    def _add(self, what: str, content: Json) -> None:
        if what in _PARTS or what in _MEMBERS:
            place = what, content.get("content_index", content.get("summary_index", 0))
            texts = self._texts.setdefault(content["output_index"], {})
            texts.setdefault(place, Pieces()).add(content["delta"])

    def _item(self, index: int) -> dict[str, Any]:
        item = dict(self._items[index])
        for (what, number), text in sorted(self._texts.get(index, {}).items()):
            if what in _MEMBERS:
                item[_MEMBERS[what]] = text.text()
                continue
            name = "summary" if what == "reasoning_summary_text" else "content"
            parts = list(item.get(name) or ())
            parts[number : number + 1] = [{"type": _part_type(what), _PARTS[what]: text.text()}]
            item[name] = parts
        return item


def _part_type(what: str) -> str:
    return "summary_text" if what == "reasoning_summary_text" else what


def failure(answer: Json) -> Failure | None:
    """Return the failure that a response states: it ended as `failed`, under HTTP 200."""
    if answer.get("status") != "failed":
        return None
    error = answer.get("error")
    return failure_of(error or {"code": "failed"}, error)


def signals(request: bytes | None, answer: Json) -> list[str]:
    """Return what is wrong with one whole response."""
    del request  # nothing about the prompt cache can be told from it
    items = [item for item in _list(answer.get("output")) if isinstance(item, Mapping)]
    parts = list(_message_parts(items))
    refused = any(part.get("type") == "refusal" for part in parts)
    spoke = refused or any(str(part.get("text") or "").strip() for part in parts)
    acted = any(item.get("type") not in ("message", "reasoning") for item in items)
    reason = _incomplete_reason(answer)
    found = []
    if answer.get("status") == "completed" and not spoke and not acted:
        found.append("empty_content_on_stop")
    if reason in ("max_output_tokens", "max_tokens"):
        found.append("truncated_response")
    if refused or reason == "content_filter":
        found.append("refusal")
    if not spoke and not acted and any(item.get("type") == "reasoning" for item in items):
        found.append("thinking_only_no_output")
    if any(item.get("type") == "function_call" and is_broken_json(item.get("arguments")) for item in items):
        found.append("invalid_tool_call_json")
    return found


def _message_parts(items: list[Json]) -> Iterator[Json]:
    for item in items:
        if item.get("type") == "message":
            yield from (part for part in _list(item.get("content")) if isinstance(part, Mapping))


def _incomplete_reason(answer: Json) -> object:
    details = answer.get("incomplete_details")
    return details.get("reason") if isinstance(details, Mapping) else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


RESPONSES = Dialect(ResponseAssembler, signals, failure)
