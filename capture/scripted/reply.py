"""An answer made definite: every default filled in for the request at hand, ready to be rendered."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from capture.scripted.answer import Answer, Stop, ToolCall
from capture.scripted.prompt import Prompt

BYTES_PER_TOKEN = 4
"""The usual rule of thumb for English text."""

DEFAULT_TEXT = "ok"
DEFAULT_REFUSAL = "I can't help with that."

_PLACEHOLDER = re.compile(r"\{\{\s*(last_user|turn|model|number)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call, its arguments written out."""

    id: str | None
    """As the script has it; a dialect makes one up when it is None."""
    name: str
    arguments: str
    """JSON text, compact; or whatever the script wants to be taken for it."""
    namespace: str | None = None
    """Of the tool, where the API knows such."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Tokens, all known."""

    input: int
    output: int
    cache_read: int
    cache_write: int
    reasoning: int

    @property
    def uncached(self) -> int:
        """Input tokens neither read from nor written to the cache."""
        return max(0, self.input - self.cache_read - self.cache_write)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model answers to one request."""

    ids: Ids
    model: str
    created: int
    """Unix time, seconds."""
    thinking: str | None
    text: str | None
    refusal: str | None
    tool_calls: tuple[Call, ...]
    stop: Stop
    usage: Counts
    chunks: int | None
    """Pieces a block is cut into; None for the usual size."""

    @property
    def signature(self) -> str:
        """A stand-in for the vendor's seal over the thinking."""
        digest = hashlib.blake2b((self.thinking or "").encode("utf-8", "replace")).digest()
        return base64.b64encode(digest).decode()


@dataclass(frozen=True, slots=True)
class Ids:
    """Ids that look like a vendor's, yet depend only on the script's seed and the request's number."""

    seed: int
    number: int
    _digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_digest", hashlib.sha256(f"{self.seed}:{self.number}".encode()).hexdigest())

    def make(self, prefix: str, nth: int = 0, length: int = 24) -> str:
        """Return the nth id with a prefix: the same for the same seed and request."""
        digest = hashlib.sha256(f"{self._digest}:{prefix}:{nth}".encode()).hexdigest()
        return prefix + digest[:length]


def settle(answer: Answer, prompt: Prompt, body_size: int, ids: Ids) -> Reply:
    """Fill in all that an answer leaves open.

    Args:
        answer: The script's answer; not an error.
        prompt: What was asked.
        body_size: Length of the request's body in bytes, from which input tokens are estimated.
        ids: Where ids come from.

    Returns:
        The reply to render.
    """
    fill = _Filler(prompt, ids.number)
    text = fill.maybe(_text(answer))
    refusal = fill.maybe(answer.refusal)
    thinking = fill.maybe(answer.thinking)
    if refusal is None and answer.stop == "refusal":
        refusal, text = text or DEFAULT_REFUSAL, None
    calls = tuple(_call(call, fill) for call in answer.tool_calls)
    said = "".join([text or "", refusal or "", *(c.name + c.arguments for c in calls)])
    return Reply(
        ids=ids,
        model=answer.model or prompt.model,
        created=int(time.time()),
        thinking=thinking,
        text=text,
        refusal=refusal,
        tool_calls=calls,
        stop=answer.stop or _stop(refusal, calls),
        usage=_counts(answer, body_size, said, thinking or ""),
        chunks=answer.chunks,
    )


def estimate_tokens(size: int) -> int:
    """Return about how many tokens a text of this many bytes has; never 0."""
    return max(1, size // BYTES_PER_TOKEN)


def _text(answer: Answer) -> str | None:
    silent = (
        answer.empty or answer.thinking or answer.tool_calls or answer.refusal or answer.stop == "refusal"
    )
    return DEFAULT_TEXT if answer.text is None and not silent else answer.text


def _stop(refusal: str | None, calls: tuple[Call, ...]) -> Stop:
    if refusal is not None:
        return "refusal"
    return "tool_use" if calls else "end_turn"


def _call(call: ToolCall, fill: _Filler) -> Call:
    written = call.raw_arguments
    if written is None:
        written = json.dumps(fill.deep(call.arguments), ensure_ascii=False, separators=(",", ":"))
    return Call(call.id, call.name, written, call.namespace)


def _counts(answer: Answer, body_size: int, said: str, thinking: str) -> Counts:
    usage = answer.usage
    reasoning = usage.reasoning
    if reasoning is None:
        reasoning = estimate_tokens(len(thinking.encode("utf-8", "replace"))) if thinking else 0
    cached = usage.cache_read + usage.cache_write
    estimated = cached + estimate_tokens(body_size)
    output = estimate_tokens(len(said.encode("utf-8", "replace"))) + reasoning
    return Counts(
        input=estimated if usage.input is None else usage.input,
        output=output if usage.output is None else usage.output,
        cache_read=usage.cache_read,
        cache_write=usage.cache_write,
        reasoning=reasoning,
    )


class _Filler:
    """Puts what is known of the request in place of `{{…}}`."""

    def __init__(self, prompt: Prompt, number: int) -> None:
        self._known = {
            "last_user": prompt.last_user,
            "turn": str(prompt.turn),
            "model": prompt.model,
            "number": str(number),
        }

    def text(self, template: str) -> str:
        return _PLACEHOLDER.sub(lambda match: self._known[match[1]], template)

    def maybe(self, template: str | None) -> str | None:
        return None if template is None else self.text(template)

    def deep(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {key: self.deep(item) for key, item in value.items()}
        return [self.deep(item) for item in value] if isinstance(value, list | tuple) else value
