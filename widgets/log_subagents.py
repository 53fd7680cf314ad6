"""The subagents pane of a log's session: its further conversations, each behind the step that sent it.

What belongs here is telling who began a conversation. A log names no subagents: a call that does not go on
from an earlier one begins a conversation, and who begins with what a tool was asked was sent by that tool.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from capture.atif.trajectory import Step
from tessen.format import count, money, plural
from widgets.lines import Fold, Item, Line, Span, line
from widgets.log_look import LogLook
from widgets.step_lines import StepParts, step_text, text_of
from widgets.text_lines import first_words
from widgets.trajectory_lines import step_fold

SHORTEST_TASK = 8
"""Characters of a task from which on it is told by its words."""

_PARTS = frozenset({"hunk"})


class _Sent(NamedTuple):
    """The tool call that a conversation comes from."""

    step: int
    tool: str


def subagents_items(look: LogLook) -> list[Item]:
    """All conversations of the session but the first."""
    steps = look.session.steps
    others: dict[int, list[Step]] = {}
    for step in steps:
        if (number := step.extra.get("conversation", 1)) > 1:
            others.setdefault(number, []).append(step)
    if not others:
        return [
            line(("all calls of this session are one conversation: no subagent is in it", "dim")),
            line(("a subagent that records a session of its own is found in Live, by agent:", "faint")),
        ]
    words = f"  {plural(len(others), 'conversation')} beside the first"
    head = line((f"session {look.session_name[:8]}", "strong"), words)
    return [head, *(_conversation(number, own, _sender(steps, own)) for number, own in others.items())]


def _sender(steps: Sequence[Step], own: Sequence[Step]) -> _Sent | None:
    """The call among whose arguments is what a conversation begins with."""
    task = next((text_of(step.message).strip() for step in own if step.source == "user"), "")
    first = own[0]
    if len(task) < SHORTEST_TASK:
        return None
    for step in reversed(steps[: first.step_id - 1]):
        for call in step.tool_calls:
            if any(text.strip() and text.strip() in task for text in _long_texts(call.arguments)):
                return _Sent(step.step_id, call.function_name)
    return None


def _long_texts(value: object) -> Iterator[str]:
    """Texts among the arguments that are long enough to tell a task by."""
    if isinstance(value, str):
        if len(value.strip()) >= SHORTEST_TASK:
            yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _long_texts(each)


def _conversation(number: int, steps: Sequence[Step], sent: _Sent | None) -> Fold:
    """One conversation behind its number."""
    calls = sum(len(step.tool_calls) for step in steps)
    metrics = [step.metrics for step in steps if step.metrics is not None]
    asked, said = (
        sum(getattr(each, name) or 0 for each in metrics) for name in ("prompt_tokens", "completion_tokens")
    )
    costs = [each.cost_usd for each in metrics if each.cost_usd is not None]
    words = [
        ", ".join(dict.fromkeys(step.model_name for step in steps if step.model_name)),
        plural(len(steps), "step"),
        plural(calls, "tool call"),
        f"{count(asked)}→{count(said)} tok" if metrics else "",
        money(sum(costs)) if costs else "",
    ]
    by = f"  sent by step {sent.step}, {sent.tool}" if sent else "  sent by no step: a call beside the others"
    head = Line(
        (
            Span(f"conversation {number}", "strong"),
            Span(by, "accent" if sent else "dim"),
            Span(f"  {' · '.join(filter(None, words))}", "dim"),
        ),
        clipped=True,
    )
    task = next((text_of(step.message) for step in steps if step.source == "user"), "")
    return Fold(
        head,
        [_step(step) for step in steps],
        open=True,
        closed_header=head._replace(spans=(*head.spans, Span(f"  {first_words(task)}", "dim"))),
        copy=lambda: "\n\n".join(map(step_text, steps)),
        noun=f"conversation {number}",
        marks=frozenset({"file"}),
        holds=_PARTS,
    )


def _step(step: Step) -> Fold:
    """A step, folded: there may be many, and a person looks for one."""
    fold = step_fold(StepParts(step, None, (), ()))
    fold.open = False
    fold.marks = _PARTS
    return fold
