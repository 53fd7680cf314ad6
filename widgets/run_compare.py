"""Two sessions or runs as one document: where they part, then step by step what is not the same.

What belongs here is how aligned steps look; aligning them is `capture.runs.aligning`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from capture.atif.trajectory import Step
from capture.runs.aligning import Couple, Placed, align, first_divergence, placed_steps, words_of
from capture.runs.folder import RunFolder
from tessen.format import money, plural
from widgets.diff_lines import diff_items, stretches
from widgets.event_talk import BODY, section
from widgets.json_lines import pretty
from widgets.lines import Fold, Item, Line, Span, line
from widgets.step_lines import StepParts, step_text
from widgets.text_lines import first_words
from widgets.trajectory_lines import step_fold

MARK = "difference"
"""The mark of steps that are not the same."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two."""

    run: RunFolder
    index: int | None
    """The session; None for the whole run."""
    replicate: int | None

    @property
    def name(self) -> str:
        """What it is called; raw."""
        if self.index is None:
            return self.run.path.name
        return f"{self.run.path.name}  session {self.index}" + (
            f" r{self.replicate:02d}" if self.replicate else ""
        )


@dataclass(frozen=True, slots=True)
class Aligned:
    """Both sides, aligned: made once, drawn in either layout."""

    sides: tuple[Side, Side]
    steps: tuple[Sequence[Placed], Sequence[Placed]]
    couples: Sequence[Couple]
    problems: Sequence[str]


def aligned(left: Side, right: Side) -> Aligned:
    """Read and align two sides; takes time for long ones, so it is called in a thread."""
    read = [placed_steps(side.run, side.index, side.replicate) for side in (left, right)]
    (some, bad), (others, worse) = read
    return Aligned((left, right), (some, others), align(some, others), [*bad, *worse])


def aligned_items(found: Aligned, *, side_by_side: bool) -> list[Item]:
    """What is said of the two, then their steps; equal ones are folded together."""
    return [_summary(found), _steps(found, side_by_side)]


def _summary(found: Aligned) -> Fold:
    body: list[Item] = [line((problem, "warn"), indent=BODY) for problem in found.problems]
    for label, side, steps in zip(("left", "right"), found.sides, found.steps, strict=True):
        body.append(
            line((f"{label:<7}", "dim"), (side.name, "strong"), (f"  {_took(steps)}", "dim"), indent=BODY)
        )
    return section("Summary", [*body, line(*_parting(found.couples), indent=BODY)])


def _took(steps: Sequence[Placed]) -> str:
    calls = sum(len(each.step.tool_calls) for each in steps)
    metrics = [each.step.metrics for each in steps if each.step.metrics]
    costs = [each.cost_usd for each in metrics if each.cost_usd is not None]
    words = f"{plural(len(steps), 'step')}, {plural(calls, 'tool call')}"
    return f"{words}, {money(sum(costs))}" if costs else words


def _parting(couples: Sequence[Couple]) -> list[tuple[str, str]]:
    """Where they part, in words."""
    place = first_divergence(couples)
    if place is None:
        return [("the same in every step", "good")] if couples else [("no steps on either side", "dim")]
    couple = couples[place]
    later = sum(bool(each.differs) for each in couples)
    return [
        (f"{plural(place, 'step')} the same, then they part at ", ""),
        (_numbers(couple), "strong"),
        (f": {', '.join(couple.differs)}", "warn"),
        (f"  {plural(later, 'step')} of {len(couples)} not the same", "dim"),
    ]


def _steps(found: Aligned, side_by_side: bool) -> Fold:
    """The steps in order."""
    couples, first = found.couples, first_divergence(found.couples)
    body: list[Item] = []
    same: list[Couple] = []
    for place, couple in enumerate(couples):
        if couple.differs:
            body += _same_fold(same)
            same = []
            body.append(_couple_fold(couple, side_by_side, opened=place == first))
        else:
            same.append(couple)
    body += _same_fold(same)
    fold = section("Steps", body or [line(("none", "dim"), indent=BODY)], "left → right", copy="")
    fold.copy = None
    fold.holds = frozenset({MARK})
    return fold


def _same_fold(couples: Sequence[Couple]) -> Iterator[Fold]:
    """Steps that are the same, in one line."""
    if couples:
        words = f"⋯ {plural(len(couples), 'step')} the same: {_numbers(couples[0])}"
        if len(couples) > 1:
            words += f" to {_numbers(couples[-1])}"
        steps = [couple.left.step for couple in couples if couple.left]
        yield Fold(
            line((words, "faint"), indent=BODY),
            partial(_as_they_are, steps),
            haystack=lambda: "\n".join(map(step_text, steps)),
        )


def _as_they_are(steps: Sequence[Step]) -> list[Item]:
    folds = [step_fold(StepParts(step, None, (), ())) for step in steps]
    for fold in folds:
        fold.open = False
    return list(folds)


def _couple_fold(couple: Couple, side_by_side: bool, *, opened: bool) -> Fold:
    """Two steps that are not the same."""
    left, right = (_lines(each.step) if each else [] for each in (couple.left, couple.right))
    source = next(each.step.source for each in (couple.left, couple.right) if each)
    head = (
        Span(_numbers(couple), "strong"),
        Span(f"  {source}", "accent"),
        Span(f"  {', '.join(couple.differs)}", "warn"),
    )
    brief = "  →  ".join(_brief(each) for each in (couple.left, couple.right))
    return Fold(
        Line(head, BODY),
        lambda: diff_items(stretches(left, right), side_by_side=side_by_side, indent=BODY + 2),
        open=opened,
        closed_header=Line((*head, Span(f"  {brief}", "dim")), BODY, clipped=True),
        copy="\n".join((*left, "", *right)),
        noun="both steps",
        haystack="\n".join((*left, *right)),
        of=couple,
        marks=frozenset({MARK}),
    )


def _numbers(couple: Couple) -> str:
    """The steps' numbers, once where they are the same."""
    names = [_number(each) if each else "–" for each in (couple.left, couple.right)]
    return f"step {names[0]}" if names[0] == names[1] else f"step {names[0]} → {names[1]}"


def _number(placed: Placed) -> str:
    return f"{placed.session.index}.{placed.step.step_id}"


def _brief(placed: Placed | None) -> str:
    if placed is None:
        return "nothing"
    called = " + ".join(call.function_name for call in placed.step.tool_calls)
    return called or first_words(words_of(placed.step.message), 40) or "nothing said"


def _lines(step: Step) -> list[str]:
    """A step as lines, without what differs always."""
    lines: list[str] = []
    if step.reasoning_content:
        lines += ["thinking:", *step.reasoning_content.split("\n")]
    if message := words_of(step.message):
        lines += message.split("\n")
    for call in step.tool_calls:
        lines += [f"→ {call.function_name}", *pretty(call.arguments).split("\n")]
    for result in step.results:
        lines += ["← result", *words_of(result.content).split("\n")]
    return lines
