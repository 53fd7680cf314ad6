"""The parts of one step as lines: reasoning, message, tool calls with what came of them, files, verdicts.

What belongs here shows one step; which steps there are, and how they fold, is `widgets.trajectory_lines`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from capture.atif.trajectory import Content, Result, Step, ToolCall
from capture.runs.patch import patches_of
from capture.shadow import ChangelogRow
from tessen.blocks import Thinking
from widgets.block_lines import Calls, block_items
from widgets.json_lines import inline_json, json_items, pretty
from widgets.lines import BAD_RULE, RULE, Fold, Item, Line, Span, line
from widgets.patch_lines import file_fold
from widgets.text_lines import first_words, text_items, text_shape

Json = dict[str, Any]

INDENT = 4
"""Cells by which the parts stand under their step's header."""

SHORT_RESULT = 4
"""Lines of a result up to which it is open at first."""

SHORT_TEXT = 2_000
"""Characters of a result up to which it is open at first."""


@dataclass(frozen=True, slots=True)
class StepParts:
    """A step, and what the run recorded beside it."""

    step: Step
    turn: int | None
    changes: Sequence[ChangelogRow]
    """The files that it wrote."""
    verdicts: Sequence[Json]
    """Rows of `judge.jsonl` on its turn."""
    begins_turn: bool = True
    """Whether its turn begins with it."""

    @property
    def errors(self) -> int:
        """How many of its tools failed."""
        return sum(is_error(result) for result in self.step.results)

    @property
    def marks(self) -> frozenset[str]:
        """What one can go to inside it."""
        found = {
            "call": bool(self.step.tool_calls),
            "error": bool(self.errors) or any(row.get("error") for row in self.verdicts),
            "write": bool(self.changes),
            "flag": any(row.get("flagged") is True for row in self.verdicts),
        }
        return frozenset(name for name, there in found.items() if there)

    @property
    def state(self) -> object:
        """Differs when the step would be drawn differently."""
        step = self.step
        results = [(each.source_call_id, len(text_of(each.content))) for each in step.results]
        said = len(text_of(step.message)), len(step.reasoning_content or ""), len(step.tool_calls)
        return said, results, step.metrics, self.turn, len(self.changes), len(self.verdicts)


def is_error(result: Result) -> bool:
    """Whether a tool says that it failed."""
    return result.extra.get("is_error") is True


def step_body(parts: StepParts) -> list[Item]:
    """Everything of a step below its header."""
    step = parts.step
    items: list[Item] = []
    if step.reasoning_content:
        items += block_items([Thinking(step.reasoning_content)], INDENT, Calls(), newest=False)
    message = text_of(step.message)
    if message:
        items += text_items(message, indent=INDENT)
    results = {result.source_call_id: result for result in step.results}
    for call in step.tool_calls:
        items += _call_items(call, results.pop(call.tool_call_id, None))
    items += [_result_fold(result) for result in step.results if result.source_call_id in results]
    for patch in patches_of(parts.changes):
        fold = file_fold(patch, opened=False, indent=INDENT)
        fold.marks = frozenset({"write"})
        items.append(fold)
    items += [verdict_fold(row, INDENT) for row in parts.verdicts]
    return items


def text_of(content: Content | None) -> str:
    """Text of a message or result; parts that are no text are named."""
    if isinstance(content, list):
        return "\n".join(str(part.get("text", f"({part.get('type', 'part')})")) for part in content)
    return content or ""


def step_text(step: Step) -> str:
    """All that a step says, for copying and searching; raw."""
    return "\n".join(_texts(step))


def _texts(step: Step) -> Iterator[str]:
    if step.reasoning_content:
        yield step.reasoning_content
    if message := text_of(step.message):
        yield message
    for call in step.tool_calls:
        yield f"→ {call.function_name} {pretty(call.arguments)}"
    for result in step.results:
        yield text_of(result.content)


def _call_items(call: ToolCall, result: Result | None) -> Iterator[Item]:
    """A call, and what came of it below."""
    yield Fold(
        line(
            ("→ ", "accent"),
            (call.function_name, "strong"),
            (f"  {call.tool_call_id}", "faint"),
            indent=INDENT,
        ),
        lambda: json_items(call.arguments, indent=INDENT + 2, opened=3, prose=True),
        closed_header=line(
            ("→ ", "accent"), (call.function_name, "strong"), f"  {_brief(call)}", indent=INDENT, clipped=True
        ),
        copy=lambda: pretty(call.arguments),
        noun="arguments",
        haystack=lambda: pretty(call.arguments),
        marks=frozenset({"call"}),
    )
    if result is not None:
        yield _result_fold(result)
    else:
        yield line(("← no result", "dim"), indent=INDENT)


def _brief(call: ToolCall) -> str:
    """The arguments in one line: alone, a single text stands for itself."""
    values = list(call.arguments.values())
    texts = [value for value in values if isinstance(value, str)]
    if len(values) == 1 and texts:
        return first_words(texts[0])
    return "  ".join(f"{name}: {inline_json(value, 80)}" for name, value in call.arguments.items())


def _result_fold(result: Result) -> Fold:
    """What came of a call; an error is marked as one."""
    said, failed = text_of(result.content), is_error(result)
    subagents = [ref.trajectory_path or ref.trajectory_id or "?" for ref in result.subagent_trajectory_ref]
    parts = [("← ", "accent"), (text_shape(said) if said else "nothing", "dim")]
    if failed:
        parts = [("← ", "bad"), ("error", "bad"), (f"  {text_shape(said)}", "dim")]
    if subagents:
        parts.append((f"  subagent {', '.join(subagents)}", "accent"))
    return Fold(
        line(*parts, indent=INDENT),
        lambda: text_items(said, indent=INDENT + 2, lead=BAD_RULE if failed else RULE),
        open=bool(said) and said.count("\n") < SHORT_RESULT and len(said) < SHORT_TEXT,
        closed_header=line(*parts, (f"  {first_words(said)}", "dim"), indent=INDENT, clipped=True),
        copy=said,
        noun="result",
        haystack=said,
        marks=frozenset({"error"}) if failed else frozenset(),
    )


def verdict_fold(row: Json, indent: int) -> Fold:
    """What a judge said of a turn; a judge that failed said nothing, which is no all-clear."""
    error, flagged = row.get("error"), row.get("flagged")
    if error:
        spans, marks = (Span("✖ judge failed", "bad"), Span(f"  {error}", "dim")), {"error"}
    elif flagged:
        spans, marks = (Span("⚑ flagged", "warn"), Span(f"  {row.get('reason') or ''}")), {"flag"}
    else:
        spans, marks = (Span("judge: not flagged", "dim"), Span(f"  {row.get('reason') or ''}", "dim")), set()
    confidence = row.get("confidence")
    sure = (Span(f"  confidence {confidence:g}", "dim"),) if isinstance(confidence, int | float) else ()
    return Fold(
        Line((*spans, *sure), indent),
        lambda: json_items(row, indent=indent + 2, opened=1),
        copy=lambda: pretty(row),
        noun="verdict",
        marks=frozenset(marks),
    )
