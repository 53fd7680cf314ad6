"""A session's trajectory as a document: its steps, and in each what was said, done, written and judged.

What belongs here is the order and the folding; the parts of a step are `widgets.step_lines`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from capture.atif.trajectory import Step
from capture.runs.reading import ReadSession
from tessen.format import count, money, plural
from widgets.lines import Fold, Item, Line, Span, line
from widgets.step_lines import StepParts, step_body, step_text, text_of
from widgets.text_lines import first_words

PORTION = 50
"""Steps that are laid out at once where there are many."""

_SOURCES = {"user": "accent", "system": "warn", "agent": "good"}


class AtStep(NamedTuple):
    """What a step's fold stands for."""

    step: int
    turn: int | None
    """None for what is no model call of this session."""


class TrajectoryLines:
    """The documents of one session as it grows: steps that did not change keep their folds as they are."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[object, Fold]] = {}
        self._parts: dict[int, tuple[object, Fold]] = {}
        self._copied: Fold | None = None

    def items(self, session: ReadSession) -> list[Item]:
        """All of a session, in order; takes time for a long one, so it is called in a thread."""
        problems: list[Item] = [line((problem, "warn")) for problem in session.problems]
        copied = [step for step in session.steps if step.is_copied_context]
        own = list(_with_records(session))
        if not own and not problems:
            problems.append(line(("no step yet", "dim")))
        first: list[Item] = [*problems, *([self._copied_fold(copied)] if copied else [])]
        if len(own) <= 2 * PORTION:
            return [*first, *map(self._fold, own)]
        return [*first, *(self._portion(own[at : at + PORTION]) for at in range(0, len(own), PORTION))]

    def _fold(self, parts: StepParts) -> Fold:
        """One step; the fold it had, if nothing of it has changed."""
        number, state = parts.step.step_id, parts.state
        before = self._kept.get(number)
        if before is not None and before[0] == state:
            return before[1]
        fold = step_fold(parts)
        if before is not None:
            fold.open = before[1].open
        self._kept[number] = state, fold
        return fold

    def _portion(self, steps: list[StepParts]) -> Fold:
        """Some steps of a session that is too long to be laid out at once."""
        first, last = steps[0].step.step_id, steps[-1].step.step_id
        state = [parts.state for parts in steps]
        before = self._parts.get(first)
        if before is not None and before[0] == state:
            return before[1]
        fold = Fold(
            line((f"steps {first} to {last}", "accent")),
            lambda: [self._fold(parts) for parts in steps],
            open=before is not None and before[1].open,
            haystack=lambda: "\n".join(step_text(parts.step) for parts in steps),
            holds=frozenset({"step", "turn"}).union(*(parts.marks for parts in steps)),
            of=range(first, last + 1),
            self_opening=before is None or before[1].self_opening,
        )
        self._parts[first] = state, fold
        return fold

    def _copied_fold(self, steps: Sequence[Step]) -> Fold:
        """The steps that a session took over: there, but out of the way."""
        if self._copied is None:
            words = plural(len(steps), "step")
            self._copied = Fold(
                line((f"⋯ {words} taken over from an earlier session", "dim")),
                lambda: [step_fold(StepParts(step, None, (), ())) for step in steps],
                haystack=lambda: "\n".join(step_text(step) for step in steps),
            )
        return self._copied


def _with_records(session: ReadSession) -> Iterator[StepParts]:
    """The session's own steps, each with what was recorded beside it; verdicts stand at their turn's last."""
    bounds: dict[int, tuple[int, int]] = {}
    for step_id, number in session.turns.items():
        bounds[number] = bounds.get(number, (step_id, step_id))[0], step_id
    for step in session.steps:
        if step.is_copied_context:
            continue
        turn = session.turns.get(step.step_id)
        first, last = bounds[turn] if turn is not None else (0, 0)
        verdicts = session.verdicts.get(turn, ()) if turn is not None and last == step.step_id else ()
        changes = session.changes.get(step.step_id, ())
        yield StepParts(step, turn, changes, verdicts, begins_turn=first == step.step_id)


def step_fold(parts: StepParts) -> Fold:
    """One step behind its number, its turn, and what it took."""
    step, turn = parts.step, parts.turn
    head = [Span(f"{step.step_id:>3} ", "dim"), Span(step.source, _SOURCES[step.source])]
    if turn is not None:
        head.append(Span(f"  turn {turn}", "accent"))
    if (conversation := step.extra.get("conversation", 1)) != 1:
        head.append(Span(f"  conversation {conversation}", "accent"))
    noted = _noted(parts)
    return Fold(
        Line((*head, *noted, *_took(step)), clipped=True),
        lambda: step_body(parts),
        open=True,
        closed_header=Line((*head, *noted, Span(f"  {_in_short(step)}", "dim")), clipped=True),
        copy=lambda: step_text(step),
        noun=f"step {step.step_id}",
        haystack=lambda: step_text(step),
        of=AtStep(step.step_id, turn),
        marks=frozenset({"step", *(("turn",) if parts.begins_turn else ())}),
        holds=parts.marks,
    )


def _took(step: Step) -> list[Span]:
    """Tokens and cost of the model call."""
    metrics = step.metrics
    if metrics is None:
        return []
    words = f"  {count(metrics.prompt_tokens)}→{count(metrics.completion_tokens)} tok"
    if metrics.cost_usd is not None:
        words += f"  {money(metrics.cost_usd)}"
    return [Span(words, "dim")]


def _noted(parts: StepParts) -> list[Span]:
    """What stands out in a step, also while it is folded."""
    found = []
    if parts.errors:
        found.append(Span(f"  ✖ {plural(parts.errors, 'error')}", "bad"))
    if parts.changes:
        found.append(Span(f"  ± {plural(len(parts.changes), 'file')}", "accent"))
    if any(row.get("flagged") is True for row in parts.verdicts):
        found.append(Span("  ⚑ flagged", "warn"))
    return found


def _in_short(step: Step) -> str:
    """How a folded step begins."""
    called = ", ".join(call.function_name for call in step.tool_calls[:6])
    said = first_words(text_of(step.message) or step.reasoning_content or "")
    return "  ".join(filter(None, (f"→ {called}" if called else "", said)))
