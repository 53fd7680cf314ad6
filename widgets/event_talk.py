"""What was asked and what was answered, as sections of a document.

What belongs here arranges messages, system prompt, tools and answers; the blocks in them are `block_lines`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tessen.blocks import Answer, Message, Tool, ToolCall, ToolResult
from tessen.exchange import Exchange
from tessen.format import plural
from widgets.block_lines import Calls, block_items, block_words, blocks_text
from widgets.json_lines import compact, inline_json, json_items, pretty
from widgets.lines import Fold, Item, Line, Span, all_lines, line
from widgets.text_lines import first_words, text_items, text_shape

BODY = 2
"""Cells by which a section's content is indented."""

SHORT_MESSAGE = 240
"""Characters of a message that is open although it is not the newest."""

_ROLE_STYLES = {"user": "accent", "assistant": "good", "tool": "dim"}


def answer_section(exchange: Exchange) -> Fold | None:
    """The answer, each choice's blocks in order; None where nothing was answered."""
    if not exchange.answers:
        return None
    calls = calls_of(exchange)
    body: list[Item] = []
    for number, answer in enumerate(exchange.answers):
        if len(exchange.answers) > 1:
            stop = f"  {answer.stop_reason or 'no stop reason'}"
            body.append(line((f"choice {number}", "strong"), (stop, "dim"), indent=BODY))
        body += _answer_items(answer, calls)
    return section("Response", body, _answer_words(exchange), copy=_answer_text(exchange))


@dataclass(frozen=True, slots=True)
class Before:
    """What of a request had been sent before, in the same conversation."""

    messages: int = 0
    """How many of its first messages."""
    system: str = ""
    """What is said beside the system prompt, such as "unchanged since request 1"."""
    tools: str = ""
    """The same beside the tools."""


def request_section(exchange: Exchange, before: Before | None = None) -> Fold:
    """The request: its parameters, system prompt, tools, and messages of which the new ones are open.

    Args:
        exchange: the call.
        before: what had been sent before; where that is not known, only the newest message counts as new.
    """
    request = exchange.request
    known = before or Before(len(request.messages) - 1)
    short = SHORT_MESSAGE if before is None else 0
    body: list[Item] = []
    if request.params:
        body.append(parameter_line(request.params, BODY))
        body += _long_parameters(request.params)
    if request.system:
        body.append(system_fold(exchange, known.system))
    if request.tools:
        body.append(tools_fold(request.tools, known.tools))
    body += _message_items(exchange, known.messages, short)
    words = plural(len(request.messages), "message") if request.messages else ""
    if before is not None and before.messages:
        words += f", {len(request.messages) - before.messages} new"
    return section("Request", body or [line(("nothing recorded", "dim"), indent=BODY)], words)


def conversation(exchange: Exchange) -> list[Item]:
    """The same call as one talk from top to bottom, everything open: system prompt, messages, answer."""
    items: list[Item] = []
    if exchange.request.system:
        text = blocks_text(exchange.request.system)
        body = block_items(exchange.request.system, BODY, Calls(), newest=True)
        items.append(section("System", body, text_shape(text), copy=text))
    messages = _message_items(exchange, 0, 0)
    if messages:
        items.append(section("Messages", messages, str(len(exchange.request.messages))))
    answer = answer_section(exchange)
    return [*items, answer] if answer else items


def calls_of(exchange: Exchange) -> Calls:
    """The tool calls of the whole exchange, and which message answers each."""
    names: dict[str, str] = {}
    answered: dict[str, str] = {}
    for number, message in enumerate(exchange.request.messages, 1):
        for block in message.blocks:
            if isinstance(block, ToolCall):
                names[block.id] = block.name
            elif isinstance(block, ToolResult):
                answered[block.call_id] = f"message {number}"
    return Calls(names, answered)


def section(
    name: str, body: list[Item], words: str = "", *, copy: str | Callable[[], str] | None = None
) -> Fold:
    """A section: its name, a few words on what is in it, its body, and a blank line after.

    Args:
        name: as shown, also in the line of sections.
        body: what is in it.
        words: said beside the name.
        copy: what copying means; by default all its lines.
    """
    return Fold(
        line((name, "heading"), (f"  {words}" if words else "", "dim")),
        [*body, Line(())],
        open=True,
        section=name,
        copy=copy if copy is not None else lambda: "\n".join(each.text for each in all_lines(body)),
        noun=f"the section {name}",
    )


def parameter_line(params: dict[str, Any], indent: int) -> Line:
    """The request's parameters in one wrapping line, without those too long for it."""
    spans: list[Span] = []
    for name, value in params.items():
        if _is_long(value):
            continue
        spans += [Span(" · ", "faint")] if spans else []
        spans += [Span(f"{name} ", "dim"), Span(inline_json(value, 60))]
    return Line(tuple(spans), indent)


def _long_parameters(params: dict[str, Any]) -> list[Item]:
    """Those parameters that are too long for one line, in full behind folds."""
    return [
        Fold(
            line((name, "strong"), indent=BODY),
            lambda value=value: json_items(value, indent=BODY + 2, opened=1),  # type: ignore[misc]
            closed_header=line(
                (name, "strong"), (f"  {inline_json(value, 160)}", "dim"), indent=BODY, clipped=True
            ),
            copy=lambda value=value: pretty(value),  # type: ignore[misc]
            noun=name,
        )
        for name, value in params.items()
        if _is_long(value)
    ]


def _is_long(value: object) -> bool:
    return isinstance(value, dict | list) and len(inline_json(value, 61)) > 60


def _answer_items(answer: Answer, calls: Calls) -> list[Item]:
    """An answer's blocks, or a word where there are none."""
    return block_items(answer.blocks, BODY, calls, newest=True) or [
        line(("the answer is empty", "warn"), indent=BODY)
    ]


def _answer_words(exchange: Exchange) -> str:
    """Why the model stopped, and how much it said."""
    first = exchange.answers[0]
    reason = first.stop_reason or "no stop reason"
    count = (
        f"{len(exchange.answers)} choices"
        if len(exchange.answers) > 1
        else plural(len(first.blocks), "block")
    )
    return f"{reason} · {count}"


def _answer_text(exchange: Exchange) -> str:
    """What was answered, for copying."""
    return "\n\n".join(blocks_text(a.blocks) for a in exchange.answers)


def system_fold(exchange: Exchange, note: str) -> Fold:
    """The system prompt behind its first words."""
    blocks = exchange.request.system
    text = blocks_text(blocks)
    shape = f"  {text_shape(text)}" + (f"  {note}" if note else "")
    return Fold(
        line(("System prompt", "strong"), (shape, "dim"), indent=BODY),
        lambda: block_items(blocks, BODY + 2, Calls(), newest=True),
        closed_header=line(
            ("System prompt", "strong"), (f"{shape}  {first_words(text)}", "dim"), indent=BODY, clipped=True
        ),
        copy=text,
        noun="system prompt",
        haystack=text,
    )


def tools_fold(tools: tuple[Tool, ...], note: str) -> Fold:
    """The tools by name, each a fold with its description and schema."""
    names = ", ".join(tool.name for tool in tools[:40])
    count = f"  {len(tools)}" + (f"  {note}" if note else "")
    return Fold(
        line(("Tools", "strong"), (count, "dim"), indent=BODY),
        lambda: [_tool_fold(tool) for tool in tools],
        closed_header=line(
            ("Tools", "strong"), (f"{count}  {first_words(names)}", "dim"), indent=BODY, clipped=True
        ),
        copy=lambda: pretty([tool.schema for tool in tools]),
        noun="tools",
        haystack=lambda: "\n".join(map(_tool_text, tools)),
    )


def _tool_fold(tool: Tool) -> Fold:
    """One tool."""
    indent = BODY + 2

    def body() -> list[Item]:
        words = text_items(tool.description, indent=indent + 2) if tool.description else []
        return [*words, *json_items(tool.schema, indent=indent + 2)]

    return Fold(
        line((tool.name, "accent"), indent=indent),
        body,
        closed_header=line(
            (tool.name, "accent"), (f"  {first_words(tool.description)}", "dim"), indent=indent, clipped=True
        ),
        copy=lambda: pretty(tool.schema),
        noun="schema",
        haystack=lambda: _tool_text(tool),
    )


def _tool_text(tool: Tool) -> str:
    """All that a tool's fold holds, for searching."""
    return "\n".join((tool.name, tool.description, compact(tool.schema)))


def _message_items(exchange: Exchange, known: int, short: int) -> list[Item]:
    """The messages, numbered from 1; of the known ones, only those of at most `short` characters are open."""
    calls = calls_of(exchange)
    return [
        _message_fold(message, number, calls, short, newest=number > known)
        for number, message in enumerate(exchange.request.messages, 1)
    ]


def _message_fold(message: Message, number: int, calls: Calls, short: int, *, newest: bool) -> Fold:
    """One message; closed, it shows how it begins."""
    text = blocks_text(message.blocks)
    role = Span(message.role, _ROLE_STYLES.get(message.role, "strong"))
    head = (Span(f"{number:>2} ", "dim"), role, Span(f"  {text_shape(text)}", "dim"))
    words = "  ".join(block_words(b) for b in message.blocks[:4])
    return Fold(
        Line(head, BODY),
        lambda: (
            block_items(message.blocks, BODY + 3, calls, newest=newest)
            or [line(("empty", "dim"), indent=BODY + 3)]
        ),
        open=newest or len(text) <= short,
        closed_header=Line((*head, Span(f"  {first_words(words)}", "dim")), BODY, clipped=True),
        copy=text,
        noun=f"message {number}",
        haystack=text,
    )
