"""ATIF: written for the reference models, read from anyone, checked beyond them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from harbor.models.trajectories import Trajectory as ReferenceTrajectory

from capture.atif import Metrics, Trajectory, TrajectoryError, flaws, read_trajectory
from capture.atif.build import Builder
from capture.engines.interface import Called, Returned, Said

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def built() -> Builder:
    builder = Builder(Trajectory("agent", "1", model_name="m", trajectory_id="t"), lambda: NOW)
    builder.user("go")
    builder.said(Said("a", thinking="hm"))
    builder.said(Said("a", text="one"))
    builder.called(Called("a", "c1", "Read", {}))
    builder.called(Called("a", "c2", "Bash", {"command": "ls"}))
    builder.returned(Returned("c2", "", is_error=True))
    builder.returned(Returned("c1", [{"type": "text", "text": "x"}]))
    builder.said(Said("a", text="two"))
    builder.measured("a", Metrics(10, 2, 5, 0.1))
    builder.system("something happened")
    return builder


def test_pieces_of_one_model_call_are_one_step(tmp_path: Path) -> None:
    trajectory = built().trajectory
    written = trajectory.as_dict()
    ReferenceTrajectory.model_validate(written)
    assert list(flaws(written)) == []
    step = written["steps"][1]
    assert (step["message"], step["reasoning_content"]) == ("one\ntwo", "hm")
    assert [result["source_call_id"] for result in step["observation"]["results"]] == ["c1", "c2"]
    assert step["tool_calls"][0]["arguments"] == {}
    assert step["observation"]["results"][1]["content"] == ""
    assert written["final_metrics"] == {
        "total_prompt_tokens": 10,
        "total_completion_tokens": 2,
        "total_cached_tokens": 5,
        "total_steps": 3,
    }
    path = tmp_path / "trajectory.json"
    path.write_text(json.dumps(written))
    assert read_trajectory(path).as_dict() == written


def test_what_comes_twice_or_from_nowhere_changes_nothing() -> None:
    builder = built()
    before = builder.trajectory.as_dict()
    builder.called(Called("a", "c1", "Read", {"again": True}))
    builder.returned(Returned("c1", "again"))
    assert builder.returned(Returned("unknown", "x")) is None
    assert builder.trajectory.as_dict() == before


def test_copied_context_counts_for_nothing() -> None:
    builder = Builder(Trajectory("agent", "1"), lambda: NOW)
    builder.copy_context(built().trajectory.steps)
    builder.user("more")
    written = builder.trajectory.as_dict()
    ReferenceTrajectory.model_validate(written)
    assert list(flaws(written)) == []
    assert [step.get("is_copied_context") for step in written["steps"]] == [True, True, True, None]
    assert written["final_metrics"] == {"total_steps": 4}
    assert builder.turns == 0


def test_times_never_go_back() -> None:
    times = iter([NOW, NOW.replace(hour=11), NOW.replace(hour=13)])
    builder = Builder(Trajectory("agent", "1"), lambda: next(times))
    for word in ("a", "b", "c"):
        builder.user(word)
    assert [step.timestamp for step in builder.trajectory.steps] == [
        *["2026-11-24T12:00:00+00:00"] * 2,
        "2026-11-24T13:00:00+00:00",
    ]


def call(name: str) -> dict[str, Any]:
    return {"tool_call_id": name, "function_name": "f", "arguments": {}}


def result(name: str, **more: Any) -> dict[str, Any]:
    return {"source_call_id": name, "content": "x", **more}


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"tool_calls": [call("a"), call("a")]}, "tool_call_id a is used 2 times"),
        (
            {"tool_calls": [call("a")], "observation": {"results": [result("a")] * 2}},
            "step 1: 2 results for call a",
        ),
        ({"observation": {"results": [result("b")]}}, "step 1: a result for a call b that does not exist"),
        (
            {"metrics": {"prompt_tokens": 1, "cached_tokens": 2}},
            "step 1: more cached tokens than prompt tokens",
        ),
        ({"metrics": {"prompt_tokens": 1}, "is_copied_context": True}, "step 1: copied context has metrics"),
        (
            {
                "tool_calls": [call("a")],
                "observation": {"results": [result("a", subagent_trajectory_ref=[{"trajectory_id": "s"}])]},
            },
            "step 1: a subagent's trajectory that is nowhere",
        ),
        (
            {
                "tool_calls": [call("a")],
                "observation": {"results": [result("a", subagent_trajectory_ref=[{"trajectory_path": "s"}])]},
            },
            "step 1: there is no s",
        ),
        ({"timestamp": "2026-01-01T00:00:00Z"}, "step 2: earlier than the step before it"),
        ({}, "total_steps is 9, but there are 2 steps"),
    ],
)
def test_flaws_that_the_schema_cannot_see(tmp_path: Path, step: dict[str, Any], said: str) -> None:
    steps = [{"step_id": 1, **step}, {"step_id": 2, "timestamp": "2025-01-01T00:00:00Z"}]
    found = list(flaws({"steps": steps, "final_metrics": {"total_steps": 9 if not step else 2}}, tmp_path))
    assert len(found) == 1
    assert found[0].startswith(said)


def test_anyones_v1_is_read_with_patience(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    steps = [{"step_id": "x", "source": "robot", "message": None, "tool_calls": "no"}, 7, {"message": "m"}]
    path.write_text(json.dumps({"schema_version": "ATIF-v1.2", "agent": [], "steps": steps, "new": 1}))
    trajectory = read_trajectory(path)
    assert (trajectory.agent_name, [step.message for step in trajectory.steps]) == ("unknown", ["", "", "m"])
    for text, said in (
        ("{", "not JSON"),
        ('{"schema_version": "ATIF-v2.0"}', "ATIF-v2.0"),
        ("[]", "missing"),
    ):
        path.write_text(text)
        with pytest.raises(TrajectoryError, match=said):
            read_trajectory(path)
    with pytest.raises(TrajectoryError, match="No such file"):
        read_trajectory(tmp_path / "none")
