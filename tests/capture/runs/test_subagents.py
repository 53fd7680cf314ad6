"""Subagents of the builtin engine: trajectories of their own, linked to the call that started them."""

from __future__ import annotations

from pathlib import Path

from tests.runs import load, run, sessions

SCRIPT = """
rules:
  - match: {text: "part", tool_result: true}
    answer: {text: "part is done"}
  - match: {text: "part"}
    answer:
      text: I do my part.
      tool_calls: [{name: Bash, arguments: {command: "echo {{last_user}} > '{{last_user}}'"}}]
  - match: {turn: 0}
    answer:
      tool_calls:
        - {name: Agent, arguments: {subagent_type: worker, prompt: part-one}}
        - {name: Agent, arguments: {subagent_type: worker, prompt: part-two}}
        - {name: Agent, arguments: {subagent_type: nobody, prompt: part-three}}
otherwise: {text: all done}
"""
AGENTS = [
    {"name": "worker", "description": "works", "prompt": "You work.", "tools": ["Bash"], "model": "gpt-5"}
]


async def test_they_are_linked_and_what_they_change_is_the_callers_step(tmp_path: Path) -> None:
    ran = await run(tmp_path, SCRIPT, sessions("go"), agents=AGENTS)
    assert ran.meta.total_subagent_invocations == 2
    results = ran.steps()[1]["observation"]["results"]
    assert [result["content"] for result in results] == [
        *["part is done"] * 2,
        "there is no subagent nobody",
    ]
    for result, prompt in zip(results, ("part-one", "part-two"), strict=False):
        (reference,) = result["subagent_trajectory_ref"]
        trajectory = load(ran.session().path / reference["trajectory_path"])
        assert trajectory["trajectory_id"] == reference["trajectory_id"]
        assert [step["message"] for step in trajectory["steps"]] == [prompt, "I do my part.", "part is done"]
        assert trajectory["agent"]["name"] == "worker"
    assert sorted(ran.changes()) == [(1, 2, "part-one"), (1, 2, "part-two")]
    assert [row["agent_context"] for row in ran.captures()].count("subagent") == 4
    assert {row["model"] for row in ran.captures() if row["agent_context"] == "subagent"} == {"gpt-5"}
    assert ran.session_meta().num_turns == 2


async def test_they_need_not_be_kept(tmp_path: Path) -> None:
    ran = await run(tmp_path, SCRIPT, sessions("go"), agents=AGENTS, capture_subagent_trajectories=False)
    assert ran.meta.total_subagent_invocations == 2
    assert not list(ran.session().path.glob("subagent_*"))
    assert "subagent_trajectory_ref" not in ran.session().trajectory.read_text()
