"""Amazon Bedrock's Converse: one protocol for the models of every maker; Nova's own is the same.

Source of the format: the API reference for Converse and ConverseStream.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tessen import _json
from tessen.vendors.interface import Assembler, Json, failure_of
from tessen.vendors.pieces import Pieces


class ConverseAssembler(Assembler):
    """Puts one streamed conversation turn together."""

    def __init__(self) -> None:
        self._role = "assistant"
        self._rest: dict[str, Any] = {}
        self._starts: dict[int, dict[str, Any]] = {}
        self._texts: dict[tuple[int, str], Pieces] = {}

    def feed(self, event: str | None, data: str) -> None:
        """Take one event: its type, if the framing has told it, and its data."""
        try:
            content = _json.parse_event(data)
            if event is None:
                event, content = next(iter(content.items()))
            self._take(event, content)
        except (ValueError, RecursionError, TypeError, KeyError, AttributeError, StopIteration):
            self.malformed = True
        else:
            self.chunks += 1

    def ended_well(self) -> bool:
        """Whether a stream that ends here holds a whole answer."""
        return "stopReason" in self._rest

    def body(self) -> dict[str, Any] | None:
        """Return the answer as it would have come in one piece; None if it never started."""
        if not self.chunks:
            return None
        indices = sorted({*self._starts, *(index for index, _ in self._texts)})
        message = {"role": self._role, "content": [self._block(index) for index in indices]}
        return {"output": {"message": message}, **self._rest}

    def _take(self, event: str, content: dict[str, Any]) -> None:
        match event:
            case "contentBlockDelta":
                self.began = True
                self._add(content["contentBlockIndex"], content["delta"])
            case "messageStart":
                self._role = content["role"]
            case "contentBlockStart":
                self._starts[content["contentBlockIndex"]] = dict(content["start"])
            case "messageStop" | "metadata":
                told = {name: value for name, value in content.items() if name != "p"}  # p is padding
                self._rest.update(told)
                self.done = event == "metadata"
            case "error":
                self.failure = failure_of(content.get("error"), content)

    def _add(self, index: int, delta: dict[str, Any]) -> None:
        for name, value in delta.items():
            if name == "text":
                self._write(index, "text", value)
            elif name == "toolUse":
                self._write(index, "input", value["input"])
            elif name == "reasoningContent":
                for part, piece in value.items():
                    self._write(index, f"reasoning {part}", piece)
            else:
                self._starts.setdefault(index, {}).setdefault(name, []).append(value)

    def _write(self, index: int, name: str, piece: str) -> None:
        text = self._texts.get((index, name))
        if text is None:
            text = self._texts[index, name] = Pieces("")
        text.add(piece)

    def _block(self, index: int) -> dict[str, Any]:
        block = dict(self._starts.get(index, {}))
        texts = {name: text.text() for (owner, name), text in self._texts.items() if owner == index}
        reasoning = {name.partition(" ")[2]: text for name, text in texts.items() if name[:9] == "reasoning"}
        if "text" in texts:
            block["text"] = texts["text"]
        if "toolUse" in block:
            block["toolUse"] = {**block["toolUse"], "input": _tool_input(texts.get("input", ""))}
        if "redactedContent" in reasoning:
            block["reasoningContent"] = reasoning
        elif reasoning:
            block["reasoningContent"] = {"reasoningText": reasoning}
        return block


def _tool_input(text: str) -> Any:
    """Return the input of a tool as it would have come in one piece; its text, if that is not JSON."""
    if not text:
        return {}
    try:
        return _json.parse(text)
    except (ValueError, RecursionError):
        return text


def signals(answer: Json) -> list[str]:
    """Return what is wrong with one whole answer; see `tessen.signals` for the meanings."""
    stop = answer.get("stopReason")
    blocks = _blocks(answer)
    found = []
    if stop == "end_turn" and all(_is_blank_text(block) for block in blocks):
        found.append("empty_content_on_end_turn")
    if stop in ("max_tokens", "model_context_window_exceeded"):
        found.append("truncated_response")
    if stop in ("guardrail_intervened", "content_filtered", "refusal"):
        found.append("refusal")
    thinking = [block for block in blocks if "reasoningContent" in block]
    if thinking and all(block in thinking or _is_blank_text(block) for block in blocks):
        found.append("thinking_only_no_output")
    uses = [block["toolUse"] for block in blocks if isinstance(block.get("toolUse"), Mapping)]
    if stop == "malformed_tool_use" or any(isinstance(use.get("input"), str) for use in uses):
        found.append("invalid_tool_use_json")
    return found


def _blocks(answer: Json) -> list[Json]:
    for name in ("output", "message", "content"):
        value = answer.get(name)
        if isinstance(value, list):
            return [block for block in value if isinstance(block, Mapping)]
        answer = value if isinstance(value, Mapping) else {}
    return []


def _is_blank_text(block: Json) -> bool:
    return set(block) == {"text"} and not str(block["text"] or "").strip()
