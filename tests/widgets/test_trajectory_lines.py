"""A trajectory as a document: what stands where, how little of a long one is made, what stays as it grows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.app import App, ComposeResult

from capture.atif.trajectory import Result, Step, ToolCall
from capture.runs.folder import SessionFolder
from capture.runs.reading import ReadSession
from tessen_tui.themes import with_own_variables
from widgets.lines import Fold
from widgets.run_documents import TrajectoryDocument
from widgets.trajectory_lines import PORTION, AtStep, TrajectoryLines

FOLDER = SessionFolder(Path("/runs/x/session_01"), 1)


def step(number: int, **fields: Any) -> Step:
    call = ToolCall(f"c{number}", "Bash", {"command": f"echo {number}"})
    return Step(number, "agent", f"said {number}", tool_calls=[call], **fields)


def session(count: int, **fields: Any) -> ReadSession:
    steps = [step(number, results=[Result(f"c{number}", f"out {number}")]) for number in range(1, count + 1)]
    return ReadSession(FOLDER, steps, {each.step_id: each.step_id for each in steps}, **fields)


class OneTrajectory(App[None]):
    """A trajectory and nothing else."""

    def get_css_variables(self) -> dict[str, str]:
        return with_own_variables(super().get_css_variables(), ansi=False)

    def compose(self) -> ComposeResult:
        yield TrajectoryDocument()

    @property
    def document(self) -> TrajectoryDocument:
        return self.query_one(TrajectoryDocument)


def made(items: list[Any]) -> int:
    """Steps of which the parts were made."""
    folds = [each for each in items if isinstance(each, Fold)]
    inner = [each for fold in folds if isinstance(fold.of, range) and fold._items for each in fold._items]
    steps = [fold for fold in [*folds, *inner] if isinstance(fold.of, AtStep)]
    return sum(fold._items is not None for fold in steps)


async def test_a_long_trajectory_is_made_where_one_looks() -> None:
    app = OneTrajectory()
    async with app.run_test(size=(60, 20)) as pilot:
        items = TrajectoryLines().items(session(40 * PORTION))
        app.document.show(items)
        assert made(items) == PORTION
        await pilot.press("G")
        assert app.document.line_text == f"out {40 * PORTION}"
        assert made(items) == 2 * PORTION
        assert app.document.go_to_step(10 * PORTION)
        assert app.document.place == AtStep(10 * PORTION, 10 * PORTION)
        assert made(items) == 3 * PORTION
        await pilot.press("t")
        assert app.document.line_text == f"→ Bash  echo {10 * PORTION}"
        await pilot.press("t")
        assert app.document.place == AtStep(10 * PORTION + 1, 10 * PORTION + 1)
        assert app.document.search(f"said {30 * PORTION}")
        assert app.document.place == AtStep(30 * PORTION, 30 * PORTION)


async def test_who_comes_from_below_arrives_at_the_end_of_a_part() -> None:
    app = OneTrajectory()
    async with app.run_test(size=(60, 20)) as pilot:
        app.document.show(TrajectoryLines().items(session(4 * PORTION)))
        await pilot.press("G", *"hhhhh")
        assert app.document.line_text == f"steps {3 * PORTION + 1} to {4 * PORTION}"
        await pilot.press("k")
        assert app.document.line_text == f"out {3 * PORTION}"
        await pilot.press(*"hhhhh")
        assert app.document.line_text == f"steps {2 * PORTION + 1} to {3 * PORTION}"
        await pilot.press("h", "j", "k")
        assert (
            app.document.line_text == f"steps {2 * PORTION + 1} to {3 * PORTION}"
        )  # what was folded stays so


async def test_what_is_open_stays_so_as_a_session_grows() -> None:
    app = OneTrajectory()
    async with app.run_test(size=(60, 20)) as pilot:
        lines = TrajectoryLines()
        app.document.show(lines.items(session(3)))
        await pilot.press("t", "t", "enter")
        assert app.document.line_text == "→ Bash  c2"
        before = [app.document.render_line(y).text for y in range(5)]
        app.document.renew(lines.items(session(5)))
        assert app.document.line_text == "→ Bash  c2"
        assert [app.document.render_line(y).text for y in range(5)] == before
        assert "said 5" in app.document.text


def test_a_verdict_stands_at_its_turn_s_last_step() -> None:
    verdicts = {2: [{"turn": 2, "error": "529: busy"}, {"turn": 2, "flagged": False, "reason": "fine"}]}
    steps = [step(number) for number in range(1, 5)]
    found = TrajectoryLines().items(ReadSession(FOLDER, steps, {1: 1, 2: 2, 3: 2, 4: 3}, verdicts=verdicts))
    texts = {
        fold.of.step: [(item.header if isinstance(item, Fold) else item).text for item in fold.items]
        for fold in found
        if isinstance(fold, Fold) and isinstance(fold.of, AtStep)
    }
    assert texts[3][-2:] == ["✖ judge failed  529: busy", "judge: not flagged  fine"]
    assert texts[2][-1] == "← no result"
    assert [fold.marks for fold in found if isinstance(fold, Fold)] == [
        *[{"step", "turn"}, {"step", "turn"}, {"step"}, {"step", "turn"}]
    ]
