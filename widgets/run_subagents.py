"""The subagents pane of a run: each subagent's trajectory, behind the step that sent it.

What belongs here is which subagents there are and who sent them; a step is drawn as in the trajectory.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from capture.atif import TrajectoryError, read_trajectory
from capture.atif.trajectory import Step, SubagentRef, Trajectory
from tessen.format import count, money, plural
from widgets.lines import Fold, Item, Line, Span, line
from widgets.run_look import Look
from widgets.step_lines import StepParts, step_text
from widgets.text_lines import first_words
from widgets.trajectory_lines import step_fold

_PARTS = frozenset({"hunk"})


@dataclass(frozen=True, slots=True)
class _Sent:
    """Which call of the main agent sent a subagent."""

    step: int
    task: str
    """The prompt it was given, as far as the call says it."""


def subagents_items(look: Look) -> list[Item]:
    """All subagents of the session, in the order in which they were sent; reads files, in a thread."""
    folder = look.session.folder.path
    try:
        paths = sorted(folder.glob("subagent_*.json"))
    except OSError as error:
        return [line((f"{folder.name} cannot be read: {error.strerror}", "warn"))]
    senders = _senders(look.session.steps)
    paths.sort(key=lambda path: senders[path.name].step if path.name in senders else len(look.session.steps))
    missing = sorted(senders.keys() - {path.name for path in paths})
    said: list[Item] = [
        line((f"{name} is not there; step {senders[name].step} names it", "warn")) for name in missing
    ]
    if not paths:
        return [
            *said,
            line((f"session {look.session_name} sent no subagent", "dim")),
            line(("agents in a configuration are those that it can send", "faint")),
        ]
    head = line((f"session {look.session_name}", "strong"), f"  {plural(len(paths), 'subagent')}")
    return [head, *said, *(_subagent(path, senders.get(path.name)) for path in paths)]


def _senders(steps: Iterable[Step]) -> dict[str, _Sent]:
    """The name of a subagent's file → who sent it."""
    found: dict[str, _Sent] = {}
    for step in steps:
        calls = {call.tool_call_id: call for call in step.tool_calls}
        for result in step.results:
            call = calls.get(result.source_call_id or "")
            task = str(call.arguments.get("prompt") or "") if call else ""
            for reference in result.subagent_trajectory_ref:
                if not step.is_copied_context and (name := _file_of(reference)):
                    found[name] = _Sent(step.step_id, task)
    return found


def _file_of(reference: SubagentRef) -> str:
    return Path(reference.trajectory_path).name if reference.trajectory_path else ""


def _subagent(path: Path, sent: _Sent | None) -> Item:
    """One subagent behind its name."""
    try:
        trajectory = read_trajectory(path)
    except TrajectoryError as error:
        return line((str(error).removeprefix(f"{path.parent}/"), "warn"))
    steps = trajectory.own_steps
    parts: list[Item] = [line(("sent by no step that is on record", "dim"), indent=2)] if sent is None else []
    head = Line(tuple(_head(trajectory, steps, sent)), clipped=True)
    task = sent.task if sent else ""
    return Fold(
        head,
        [*parts, *map(_step, steps)],
        open=True,
        closed_header=head._replace(spans=(*head.spans, Span(f"  {first_words(task)}", "dim"))),
        copy=partial(_text, steps),
        noun=f"the steps of {trajectory.agent_name}",
        of=path,
        marks=frozenset({"file"}),
        holds=_PARTS,
    )


def _head(trajectory: Trajectory, steps: Sequence[Step], sent: _Sent | None) -> list[Span]:
    """Who it is, who sent it, and what it took."""
    calls = sum(len(step.tool_calls) for step in steps)
    metrics = list(trajectory.metrics())
    asked, said = (
        sum(getattr(each, name) or 0 for each in metrics) for name in ("prompt_tokens", "completion_tokens")
    )
    cost = _cost(trajectory)
    words = [
        trajectory.model_name or "",
        plural(len(steps), "step"),
        plural(calls, "tool call"),
        f"{count(asked)}→{count(said)} tok" if metrics else "",
        money(cost) if cost is not None else "",
    ]
    by = [Span(f"  sent by step {sent.step}", "accent")] if sent else []
    return [Span(trajectory.agent_name, "strong"), *by, Span(f"  {' · '.join(filter(None, words))}", "dim")]


def _cost(trajectory: Trajectory) -> float | None:
    """What it cost in all, or what its steps say."""
    costs = [each.cost_usd for each in trajectory.metrics() if each.cost_usd is not None]
    return sum(costs) if trajectory.total_cost_usd is None and costs else trajectory.total_cost_usd


def _step(step: Step) -> Fold:
    """A step, folded: there may be many, and a person looks for one."""
    fold = step_fold(StepParts(step, None, (), ()))
    fold.open = False
    fold.marks = _PARTS
    return fold


def _text(steps: Sequence[Step]) -> str:
    return "\n\n".join(map(step_text, steps))
