"""OpenAI's chat completions, as OpenAI and the many compatible endpoints speak them.

Source of the format: the API reference for chat completions and their streaming chunks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tessen import _json
from tessen.vendors.interface import Assembler, Dialect, Failure, Json, failure_of, in_order
from tessen.vendors.pieces import Pieces

_PER_CHUNK = frozenset({"choices", "usage", "obfuscation"})
"""Members of a chunk that do not stand for the whole answer."""


class Choice:
    """One choice as its deltas add up."""

    def __init__(self) -> None:
        self.finish_reason: str | None = None
        self.logprobs: dict[str, Any] | None = None
        self._message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
        self._texts: dict[str, Pieces] = {}
        self._calls: dict[int, dict[str, Any]] = {}
        self._arguments: dict[int, Pieces] = {}

    def add(self, delta: Json) -> bool:
        """Add one delta; return whether it held content."""
        began = False
        for name, value in delta.items():
            if value is None or name == "role":
                continue
            began = began or value not in ("", [])
            if name == "tool_calls":
                for position, call in enumerate(value):
                    self._add_call(call.get("index", position), call)
            elif isinstance(value, str):
                self._texts.setdefault(name, Pieces()).add(value)
            elif isinstance(value, Mapping):
                self._message[name] = _merged(self._message.get(name), value)
            else:
                self._message[name] = value
        if delta.get("role"):
            self._message["role"] = delta["role"]
        return began

    def _add_call(self, index: int, piece: Json) -> None:
        call = self._calls.setdefault(index, {"id": None, "type": "function"})
        call.update({name: piece[name] for name in ("id", "type") if piece.get(name)})
        for kind, text in (("function", "arguments"), ("custom", "input")):
            part = piece.get(kind)
            if isinstance(part, Mapping):
                self._arguments.setdefault(index, Pieces()).add(part.get(text) or "")
                known = call.setdefault(kind, {"name": None, text: ""})
                known["name"] = part.get("name") or known["name"]

    def add_logprobs(self, piece: Json) -> None:
        """Add the log probabilities of one chunk."""
        self.logprobs = self.logprobs or {}
        for name, values in piece.items():
            kept = self.logprobs.setdefault(name, values)
            if kept is None:
                self.logprobs[name] = values
            elif kept is not values and isinstance(kept, list) and isinstance(values, list):
                kept += values

    def body(self, index: int) -> dict[str, Any]:
        """Return the choice as it would have come in one piece."""
        message = {**self._message, **{name: text.text() for name, text in self._texts.items()}}
        if self._calls:
            message["tool_calls"] = [self._call(number) for number in sorted(self._calls)]
        return {
            "index": index,
            "message": message,
            "logprobs": self.logprobs,
            "finish_reason": self.finish_reason,
        }

    def _call(self, index: int) -> dict[str, Any]:
        call = dict(self._calls[index])
        if index in self._arguments:
            kind, text = ("custom", "input") if "custom" in call else ("function", "arguments")
            call[kind] = {**call[kind], text: self._arguments[index].text()}
        return call


class ChatAssembler(Assembler):
    """Puts one streamed completion together."""

    choice: type[Choice] = Choice

    def __init__(self) -> None:
        self._whole: dict[str, Any] = {}
        self._usage: Any = None
        self._choices: dict[int, Choice] = {}

    def feed(self, event: str | None, data: str) -> None:
        """Take one event: its name, if it had one, and its data."""
        del event  # chat completions have nameless events
        if data.startswith("[DONE]"):
            self.done = True
            return
        try:
            chunk = _json.parse_event(data)
            self._take(chunk)
        except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
            self.malformed = True
        else:
            self.chunks += 1

    def ended_well(self) -> bool:
        """Whether a stream that ends here holds a whole answer; some endpoints leave out the end marker."""
        return self.done or (bool(self._choices) and all(one.finish_reason for one in self._choices.values()))

    def body(self) -> dict[str, Any] | None:
        """Return the completion as it would have come in one piece; None if nothing of it came."""
        if not self._whole and not self._choices:
            return None
        choices = [self._choices[index].body(index) for index in sorted(self._choices)]
        body = {**self._whole, "choices": choices}
        if self._usage is not None:
            body["usage"] = self._usage
        return body

    def _take(self, chunk: dict[str, Any]) -> None:
        if chunk.get("error"):
            self.failure = failure_of(chunk["error"], chunk["error"])
            return
        for name, value in chunk.items():
            if name not in _PER_CHUNK and (value is not None or name not in self._whole):
                self._whole[name] = "chat.completion" if name == "object" else value
        if chunk.get("usage") is not None:
            self._usage = chunk["usage"]
        for choice in chunk.get("choices") or ():
            self._take_choice(choice)

    def _take_choice(self, piece: Json) -> None:
        choice = self._choices.setdefault(piece.get("index", 0), self.choice())
        if choice.add(piece.get("delta") or {}):
            self.began = True
        if piece.get("logprobs"):
            choice.add_logprobs(piece["logprobs"])
        choice.finish_reason = piece.get("finish_reason") or choice.finish_reason


def _merged(before: object, piece: Json) -> dict[str, Any]:
    """Add a delta that is an object (audio, the old function_call): strings are pieces, all else replaces."""
    whole = dict(before) if isinstance(before, Mapping) else {}
    for name, value in piece.items():
        both_text = isinstance(value, str) and isinstance(whole.get(name), str) and name != "id"
        whole[name] = whole[name] + value if both_text else value
    return whole


def signals(request: bytes | None, answer: Json) -> list[str]:
    """Return what is wrong with one whole completion, each signal once however many choices show it."""
    del request  # nothing about the prompt cache can be told from it
    choices = answer.get("choices")
    found: set[str] = set()
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, Mapping):
            found.update(_choice_signals(choice))
    return in_order(found)


def _choice_signals(choice: Json) -> set[str]:
    message = choice.get("message")
    message = message if isinstance(message, Mapping) else {}
    reason = choice.get("finish_reason")
    calls = message.get("tool_calls") or message.get("function_call")
    output = calls or message.get("refusal") or message.get("audio") or _has_text(message.get("content"))
    found = set()
    if reason == "stop" and not output:
        found.add("empty_content_on_stop")
    if reason in ("length", "model_length"):
        found.add("truncated_response")
    if reason == "content_filter" or message.get("refusal"):
        found.add("refusal")
    if not output and _has_thought(message):
        found.add("thinking_only_no_output")
    if any(is_broken_json(arguments) for arguments in _arguments(message)):
        found.add("invalid_tool_call_json")
    return found


def _has_text(content: object) -> bool:
    if not isinstance(content, list):
        return bool(content.strip()) if isinstance(content, str) else bool(content)
    return any(not _is_thought(part) and _says_something(part) for part in content)


def _says_something(part: object) -> bool:
    only_text = isinstance(part, Mapping) and part.get("type") == "text"
    return bool(str(part.get("text") or "").strip()) if only_text else bool(part)  # type: ignore[attr-defined]


def _is_thought(part: object) -> bool:
    return isinstance(part, Mapping) and part.get("type") == "thinking"


def _has_thought(message: Json) -> bool:
    content = message.get("content")
    in_parts = isinstance(content, list) and any(map(_is_thought, content))
    return in_parts or bool(message.get("reasoning_content") or message.get("reasoning"))


def _arguments(message: Json) -> list[Any]:
    calls = message.get("tool_calls")
    functions = [call.get("function") for call in calls or () if isinstance(call, Mapping)]
    functions.append(message.get("function_call"))
    return [part.get("arguments") for part in functions if isinstance(part, Mapping)]


def is_broken_json(arguments: object) -> bool:
    """Whether the arguments of a tool call are text that is not JSON."""
    if not isinstance(arguments, str):
        return False
    try:
        _json.parse(arguments)
    except (ValueError, RecursionError):
        return True
    return False


def failure(answer: Json) -> Failure | None:
    """Return the failure that an answer states instead of choices, as gateways do under HTTP 200."""
    error = answer.get("error")
    return failure_of(error, error) if error and not answer.get("choices") else None


CHAT = Dialect(ChatAssembler, signals, failure)
