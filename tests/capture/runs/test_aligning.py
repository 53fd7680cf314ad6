"""Trajectories beside each other: what anchors them, what answers to what, and where they part."""

from __future__ import annotations

from pathlib import Path

from capture.atif.trajectory import Result, Step, ToolCall, Trajectory
from capture.runs.aligning import Placed, align, first_divergence, placed_steps
from capture.runs.files import write_json
from capture.runs.folder import RunFolder, SessionFolder

SESSION = SessionFolder(Path("session_01"), 1)


def steps(*said: str) -> list[Placed]:
    """`word`: a message; `Tool:argument=result`: a call of a tool."""
    return [Placed(SESSION, _step(number, each)) for number, each in enumerate(said, 1)]


def _step(number: int, said: str) -> Step:
    tool, colon, rest = said.partition(":")
    if not colon:
        return Step(number, "agent", said)
    argument, _, result = rest.partition("=")
    call = ToolCall(f"call_{id(said)}_{number}", tool, {"a": argument})
    return Step(number, "agent", "", tool_calls=[call], results=[Result(call.tool_call_id, result)])


def numbers(left: list[Placed], right: list[Placed]) -> list[tuple[int | None, int | None, str]]:
    return [
        (c.left.step.step_id if c.left else None, c.right.step.step_id if c.right else None, *c.differs[:1])
        if c.differs
        else (c.left.step.step_id if c.left else None, c.right.step.step_id if c.right else None, "")
        for c in align(left, right)
    ]


def test_ids_do_not_count_and_a_step_more_does_not_shift_the_rest() -> None:
    left = steps("go", "Read:x=1", "Bash:ls=a", "done")
    right = steps("go", "Read:x=1", "Grep:y=2", "Bash:ls=b", "done")
    assert numbers(left, right) == [
        (1, 1, ""),
        (2, 2, ""),
        (None, 3, "only on the right"),
        (3, 4, "results"),
        (4, 5, ""),
    ]
    assert first_divergence(align(left, right)) == 2
    assert first_divergence(align(left, left)) is None


def test_other_tools_at_the_same_place_answer_to_each_other() -> None:
    assert numbers(steps("go", "Read:x=1"), steps("go", "Edit:x=1", "end")) == [
        (1, 1, ""),
        (2, 2, "tools"),
        (None, 3, "only on the right"),
    ]


def test_a_whole_run_is_its_sessions_without_what_they_took_over(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    for index, replicate in ((1, None), (2, 1), (2, 2)):
        folder = run.session(index, replicate)
        folder.path.mkdir()
        copied = [Step(1, "user", "go", is_copied_context=True)] if index == 2 else []
        own = Step(len(copied) + 1, "agent", folder.label)
        write_json(folder.trajectory, Trajectory("builtin", "1", [*copied, own]).as_dict())
    run.session(3).path.mkdir()
    found, problems = placed_steps(run, None, None)
    assert [(each.session.label, each.step.message) for each in found] == [("1", "1"), ("2_r01", "2_r01")]
    assert len(problems) == 1
    assert "session_03/trajectory.json" in problems[0]
    assert [each.step.message for each in placed_steps(run, 2, 2)[0]] == ["go", "2_r02"]
