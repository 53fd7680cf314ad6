"""A trajectory as text for a judge, within a budget.

Long tool outputs are shortened first, in the middle; then the oldest steps are left out, but for the
prompt. What was left out is said in the text and counted beside it, so that a verdict can be weighed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from capture.atif.trajectory import Content, Step

Json = dict[str, Any]

BUDGET = 200_000
"""Characters of the whole."""
OUTPUT_LIMIT = 4_000
"""Characters of one tool's output."""


@dataclass(frozen=True, slots=True)
class RenderInfo:
    """How much of a trajectory its text holds."""

    budget: int
    truncated: bool
    tool_outputs_shortened: int
    tool_output_chars_omitted: int
    steps_omitted: int
    rendered_chars: int

    def as_dict(self) -> Json:
        """Return the fields as they are written."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A trajectory's text."""

    text: str
    info: RenderInfo


def render(steps: Sequence[Step], include_reasoning: bool, budget: int = BUDGET) -> Rendered:
    """Return steps as text.

    Args:
        steps: What happened, oldest first.
        include_reasoning: Whether to show what the agent thought.
        budget: Characters at most.
    """
    shortener = _Shortener()
    parts = [_step(step, include_reasoning, shortener) for step in steps]
    kept, room = [], budget - (len(parts[0]) if parts else 0)
    for part in reversed(parts[1:]):
        room -= len(part) + 1
        if room < 0:
            break
        kept.append(part)
    omitted = max(0, len(parts) - 1 - len(kept))
    gap = [f"[{omitted} steps left out]"] if omitted else []
    text = "\n".join([*parts[:1], *gap, *reversed(kept)])[: budget + 100]
    info = RenderInfo(
        budget=budget,
        truncated=bool(omitted or shortener.count),
        tool_outputs_shortened=shortener.count,
        tool_output_chars_omitted=shortener.omitted,
        steps_omitted=omitted,
        rendered_chars=len(text),
    )
    return Rendered(text, info)


class _Shortener:
    def __init__(self) -> None:
        self.count = 0
        self.omitted = 0

    def __call__(self, text: str) -> str:
        if len(text) <= OUTPUT_LIMIT:
            return text
        half = OUTPUT_LIMIT // 2
        self.count += 1
        self.omitted += len(text) - 2 * half
        return f"{text[:half]}\n[{len(text) - 2 * half} characters left out]\n{text[-half:]}"


def _step(step: Step, include_reasoning: bool, shorten: _Shortener) -> str:
    lines = [f"--- step {step.step_id}, {step.source}"]
    if include_reasoning and step.reasoning_content:
        lines.append(f"[reasoning] {step.reasoning_content}")
    if message := _text(step.message):
        lines.append(message)
    for call in step.tool_calls:
        lines.append(f"[tool call] {call.function_name} {orjson.dumps(call.arguments).decode()}")
        lines += [
            f"[tool result] {shorten(_text(result.content or ''))}"
            for result in step.results
            if result.source_call_id == call.tool_call_id
        ]
    return "\n".join(lines)


def _text(content: Content) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(str(part.get("text") or f"[{part.get('type')}]") for part in content)
