"""An exchange as plain lines of text, the same for the same content, so that two of them can be compared.

What belongs here is the writing out; comparing is `diff_lines`, and saying it in words is `differences`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tessen.blocks import Block, Media, Other, Refusal, Text, Thinking, ToolCall, ToolResult
from tessen.exchange import Exchange
from tessen.format import size
from widgets.json_lines import inline_json, pretty

LINE_LIMIT = 2_000
"""Characters of a line before it goes on in the next."""

LINES_LIMIT = 50_000
"""Lines of one side that are compared; what was left out is said in the last line."""


def request_lines(exchange: Exchange) -> list[str]:
    """What was asked: parameters, system prompt, tools, messages."""
    return _bounded(_request(exchange))


def answer_lines(exchange: Exchange) -> list[str]:
    """What came back: each answer's blocks and how it stopped, and the error."""
    return _bounded(_answer(exchange))


def _request(exchange: Exchange) -> Iterator[str]:
    request = exchange.request
    for name in sorted(request.params):
        yield f"{name}: {_compact(request.params[name])}"
    if request.system:
        yield "── system"
        yield from _blocks(request.system)
    for tool in request.tools:
        yield f"── tool {tool.name}"
        yield from tool.description.splitlines()
        yield from pretty(tool.schema).splitlines()
    for number, message in enumerate(request.messages, 1):
        yield f"── message {number} {message.role}"
        yield from _blocks(message.blocks)


def _answer(exchange: Exchange) -> Iterator[str]:
    for answer in exchange.answers:
        yield f"── {answer.role}: {answer.stop_reason or 'no stop reason'}"
        yield from _blocks(answer.blocks)
    failure = exchange.failure
    if failure:
        yield f"── error {failure.type} {failure.status or ''}".rstrip()
        yield from failure.message.split("\n")
        if failure.body is not None:
            yield from pretty(failure.body).splitlines()


def _blocks(blocks: Sequence[Block]) -> Iterator[str]:
    for block in blocks:
        yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    """One block; ids are left out, since they differ in every call and mean nothing."""
    match block:
        case Text(text):
            yield from text.split("\n")
        case Thinking(text, redacted):
            yield "thinking:" if text else f"thinking: {'kept by the vendor' if redacted else 'empty'}"
            yield from text.splitlines()
        case ToolCall(name=name, arguments=arguments):
            yield f"→ {name}"
            yield from (arguments if isinstance(arguments, str) else pretty(arguments)).splitlines()
        case ToolResult(blocks=inner, is_error=is_error):
            yield "← error" if is_error else "← result"
            yield from _blocks(inner)
        case Media(kind, media_type, bytes_, source):
            known = (kind, media_type, size(bytes_) if bytes_ is not None else None, source)
            yield " ".join(word for word in known if word)
        case Refusal(text):
            yield "refused:"
            yield from text.split("\n")
        case Other(kind, value):
            yield kind
            yield from pretty(value).splitlines()


def _compact(value: Any) -> str:
    """A value in one line of JSON with sorted keys."""
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        return inline_json(value)


def _bounded(lines: Iterable[str]) -> list[str]:
    """Lines of bounded length and number."""
    out: list[str] = []
    for text in lines:
        for start in range(0, max(1, len(text)), LINE_LIMIT):
            if len(out) >= LINES_LIMIT:
                return [*out, "… the rest is not compared"]
            out.append(text[start : start + LINE_LIMIT])
    return out
