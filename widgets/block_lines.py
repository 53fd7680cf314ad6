"""The blocks of a conversation as lines of a document: words, thoughts, tool calls and their results.

What belongs here shows `tessen.blocks`; who said them, and where they stand on a screen, is `event_talk`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tessen.blocks import Block, Media, Other, Refusal, Text, Thinking, ToolCall, ToolResult
from tessen.format import size
from widgets.json_lines import compact, inline_json, json_items, pretty
from widgets.lines import BAD_RULE, NO_LEAD, RULE, Fold, Item, Line, Span, line
from widgets.text_lines import first_words, text_items, text_shape

FOLD_LINES = 12
"""Lines of a thought or tool result that are shown without a fold to open."""

_NEST = 2


@dataclass(frozen=True, slots=True)
class Calls:
    """Which tool calls a conversation holds, so that calls and results can name each other."""

    names: Mapping[str, str] = field(default_factory=dict)
    """Call id → the tool's name."""
    answered_in: Mapping[str, str] = field(default_factory=dict)
    """Call id → where its result stands, in words."""


def block_items(blocks: Sequence[Block], indent: int, calls: Calls, *, newest: bool) -> list[Item]:
    """Blocks one below the other.

    Args:
        blocks: of one message or answer.
        indent: cells before the marker column.
        calls: the conversation's tool calls.
        newest: whether this is what a person came to read: long parts are open.
    """
    return [item for block in blocks for item in _block(block, indent, calls, newest)]


def block_words(block: Block) -> str:
    """The beginning of what a block says, in one line; raw."""
    match block:
        case Text(text) | Refusal(text):
            return first_words(text)
        case Thinking(text):
            return first_words(text) or "(thinking)"
        case ToolCall(name=name, arguments=arguments):
            return f"→ {name} {inline_json(arguments, 100)}"
        case ToolResult(blocks=inner):
            return "← " + (block_words(inner[0]) if inner else "(nothing)")
        case Media(kind=kind):
            return f"({kind})"
        case Other(type=kind):
            return f"({kind})"


def block_text(block: Block) -> str:
    """All that a block says, for copying and counting; raw."""
    match block:
        case Text(text) | Refusal(text) | Thinking(text):
            return text
        case ToolCall(name=name, arguments=arguments):
            return f"{name} {arguments if isinstance(arguments, str) else pretty(arguments)}"
        case ToolResult(blocks=inner):
            return blocks_text(inner)
        case Media():
            return block_words(block)
        case Other(value=value):
            return pretty(value)


def blocks_text(blocks: Sequence[Block]) -> str:
    """All that blocks say, one below the other; raw."""
    return "\n".join(block_text(b) for b in blocks)


def _block(block: Block, indent: int, calls: Calls, newest: bool) -> list[Item]:
    """One block."""
    match block:
        case Text(text):
            return text_items(text, indent=indent)
        case Refusal(text):
            return [line(("refused", "bad"), indent=indent), *text_items(text, indent=indent, lead=BAD_RULE)]
        case _:
            return [_part(block, indent, calls, newest)]


def _part(block: Block, indent: int, calls: Calls, newest: bool) -> Item:
    """A block that is a line or fold of its own."""
    match block:
        case Thinking():
            return _thinking(block, indent, newest)
        case ToolCall():
            return _tool_call(block, indent, calls)
        case ToolResult():
            return _tool_result(block, indent, calls, newest)
        case Media():
            return _media(block, indent)
        case Other():
            return _other(block, indent, newest)
        case Text(text) | Refusal(text):
            return line(text, indent=indent)


def _other(block: Other, indent: int, newest: bool) -> Fold:
    """A block without a name of its own here, as JSON."""
    return Fold(
        line((block.type, "accent"), indent=indent),
        lambda: json_items(block.value, indent=indent + _NEST),
        open=newest,
        copy=lambda: pretty(block.value),
        noun="JSON",
        haystack=lambda: compact(block.value),
    )


def _thinking(block: Thinking, indent: int, newest: bool) -> Item:
    """A thought, quieter than words."""
    if not block.text:
        how = "kept by the vendor" if block.redacted else "empty"
        return line(("thinking", "accent"), (f"  {how}", "dim"), indent=indent)
    shape = text_shape(block.text)
    body = text_items(block.text, indent=indent + _NEST, style="dim", lead=RULE)
    return Fold(
        line(("thinking", "accent"), (f"  {shape}", "dim"), indent=indent),
        body,
        open=newest or len(body) <= FOLD_LINES,
        closed_header=line(
            ("thinking", "accent"),
            (f"  {shape}  {first_words(block.text)}", "dim"),
            indent=indent,
            clipped=True,
        ),
        copy=block.text,
        noun="thinking",
        haystack=block.text,
    )


def _tool_call(block: ToolCall, indent: int, calls: Calls) -> Fold:
    """A call: the tool's name, its arguments in full, and where its result is."""
    spans = [("→ ", "accent"), (block.name, "strong"), (f"  {block.id}", "faint")]
    if block.remote:
        spans.append(("  run by the vendor", "dim"))
    answered = calls.answered_in.get(block.id)
    if answered:
        spans.append((f"  result in {answered}", "dim"))
    if block.valid:
        body = json_items(block.arguments, indent=indent + _NEST, opened=3, prose=True)
        copied = pretty(block.arguments)
    else:
        copied = block.arguments if isinstance(block.arguments, str) else pretty(block.arguments)
        body = [
            line(("the arguments are not JSON:", "bad"), indent=indent + _NEST),
            *text_items(copied, indent=indent + _NEST, lead=BAD_RULE),
        ]
    return Fold(
        line(*spans, indent=indent),
        body,
        open=True,
        closed_header=line(
            *spans[:2], (f"  {inline_json(block.arguments, 120)}", "dim"), indent=indent, clipped=True
        ),
        copy=copied,
        noun="arguments",
    )


def _tool_result(block: ToolResult, indent: int, calls: Calls, newest: bool) -> Fold:
    """A result: whose it is, and what it says."""
    name = calls.names.get(block.call_id, "")
    said = blocks_text(block.blocks)
    word = ("← error from ", "bad") if block.is_error else ("← result of ", "accent")
    spans = [word, (name or "?", "strong"), (f"  {block.call_id}", "faint"), (f"  {text_shape(said)}", "dim")]
    body: list[Item] = block_items(block.blocks, indent + _NEST, calls, newest=newest) or [
        line(("nothing", "dim"), indent=indent + _NEST)
    ]
    return Fold(
        line(*spans, indent=indent),
        [_ruled(item, BAD_RULE if block.is_error else RULE) for item in body],
        open=newest or len(body) <= FOLD_LINES,
        closed_header=line(*spans, (f"  {first_words(said)}", "dim"), indent=indent, clipped=True),
        copy=said,
        noun="tool result",
        haystack=said,
    )


def _ruled(item: Item, rule: Span) -> Item:
    """A plain line with a rule before it; folds and lines that have one stay as they are."""
    return item._replace(lead=rule) if isinstance(item, Line) and item.lead == NO_LEAD else item


def _media(block: Media, indent: int) -> Line:
    """What is known of an image or document."""
    known = [block.media_type, size(block.size) if block.size is not None else None, block.source]
    return line((block.kind, "accent"), ("  " + "  ".join(k for k in known if k), "dim"), indent=indent)
