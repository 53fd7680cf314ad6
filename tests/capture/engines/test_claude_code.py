"""The real Claude Code against a scripted model: what goes wrong elsewhere does not go wrong here."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from capture.engines.claude_code.program import program
from capture.proxy.dumps import read_request
from tests.runs import Ran, files_in, load, run, sessions

ODD_NAME = "my proj.v2 @home"
"""A folder whose name the program writes differently in its own."""


def project(base: Path) -> Path:
    """A working directory with everything in it that could get in the way."""
    work = base / ODD_NAME
    (work / "nested").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", str(work / "nested")], check=True)
    (work / "nested/inner.txt").write_text("inner\n")
    (base / "outside").mkdir()
    (base / "outside/secret.txt").write_text("not ours\n")
    (work / "linked").symlink_to(base / "outside")
    (work / "CLAUDE.md").write_text("Always say PINEAPPLE-ONE.\n")
    (work / "AGENTS.md").write_text("Always say PINEAPPLE-TWO.\n")
    (work / ".claude").mkdir()
    hook = {"type": "command", "command": f"touch {base}/hook-ran"}
    hooks = {name: [{"matcher": "*", "hooks": [hook]}] for name in ("PreToolUse", "SessionStart", "Stop")}
    settings = {"hooks": hooks, "env": {"PINEAPPLE": "THREE"}}
    (work / ".claude/settings.json").write_text(json.dumps(settings))
    (work / ".mcp.json").write_text(json.dumps({"mcpServers": {"pineapple": {"command": "true"}}}))
    return work


def script(work: Path) -> str:
    return f"""
rules:
  - match: {{text: sub task, tool_result: true}}
    answer: {{text: sub finished}}
  - match: {{text: sub task}}
    answer:
      tool_calls: [{{name: Bash, arguments: {{command: "echo sub > sub.txt", description: d}}}}]
  - match: {{text: look, turn: 0}}
    answer:
      thinking: I think first.
      text: Writing.
      tool_calls:
        - {{name: Write, arguments: {{file_path: "{work}/a.txt", content: "hello\\n"}}}}
        - {{name: Bash, arguments: {{command: "echo $PINEAPPLE; echo x > b.txt", description: d}}}}
        - {{name: Grep, arguments: {{pattern: hello}}}}
      usage: {{input: 9000, output: 300, cache_read: 7000, cache_write: 1000}}
  - match: {{text: look, turn: 1}}
    answer:
      text: Delegating.
      tool_calls: [{{name: Agent, arguments: {{subagent_type: helper, description: d, prompt: sub task}}}}]
  - match: {{text: again, tool_result: false}}
    answer:
      tool_calls: [{{name: Bash, arguments: {{command: "echo again >> b.txt; exit 3", description: d}}}}]
otherwise: {{text: All done.}}
"""


HELPER = [
    {"name": "helper", "description": "helps", "prompt": "You help.", "tools": ["Bash"], "model": "inherit"}
]


def body(ran: Ran, request: int, index: int = 1, replicate: int | None = None) -> dict[str, object]:
    found: dict[str, object] = json.loads(read_request(ran.session(index, replicate).path, request))
    return found


def tree_of(ran: Ran) -> str:
    command = ["git", f"--git-dir={ran.folder.shadow}", "ls-tree", "-r", "baseline"]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


async def test_a_chained_run_in_a_difficult_place(tmp_path: Path) -> None:
    work = project(tmp_path)
    ran = await run(
        tmp_path,
        script(work),
        sessions("look", "again"),
        engine="claude_code",
        work_dir=work,
        session_mode="chained",
        agents=HELPER,
        allowed_tools=["Read", "Write", "Bash"],
        system_prompt="You are careful.",
    )
    assert (ran.meta.status, ran.meta.errors) == ("finished", [])
    _, writing, delegating, done = ran.steps()

    # one step a model call, with all its blocks, and tokens that count the cached ones
    assert (writing["message"], writing["reasoning_content"]) == ("Writing.", "I think first.")
    assert [call["function_name"] for call in writing["tool_calls"]] == ["Write", "Bash", "Grep"]
    assert (writing["metrics"]["prompt_tokens"], writing["metrics"]["cached_tokens"]) == (9000, 7000)
    assert done["message"] == "All done."

    # tools are what was allowed, and the project's own settings, hooks and notes stay out
    write, shell, grep = (result["content"] for result in writing["observation"]["results"])
    assert write.startswith("File created")
    assert "THREE" not in shell  # no variable of the project's settings
    assert "No such tool" in grep
    offered = {tool["name"] for tool in body(ran, 1)["tools"]}  # type: ignore[attr-defined]
    assert offered == {"Agent", "Bash", "Read", "Write"}
    everything = b"".join(read_request(ran.session(1).path, row["request_index"]) for row in ran.captures())
    assert b"PINEAPPLE-" not in everything
    assert b"pineapple" not in everything
    assert b"You are careful." in everything
    assert not (tmp_path / "hook-ran").exists()

    # the subagent
    (reference,) = delegating["observation"]["results"][0]["subagent_trajectory_ref"]
    subagent = load(ran.session().path / reference["trajectory_path"])
    assert [step["message"] for step in subagent["steps"]] == ["sub task", "", "sub finished"]
    assert [row["agent_context"] for row in ran.captures()] == [
        "main",
        "main",
        "subagent",
        "subagent",
        "main",
    ]

    # every change belongs to its step; links and nested repositories are what they are
    assert ran.changes() == [(1, 2, "a.txt"), (1, 2, "b.txt"), (1, 3, "sub.txt"), (2, 6, "b.txt")]
    assert "nested/inner.txt" in files_in(work)
    assert (work / "linked").is_symlink()
    everything_shadow = tree_of(ran)
    assert "120000 blob" in everything_shadow
    assert "secret.txt" not in everything_shadow

    # the second session goes on, and counts its own
    first, second = ran.session_meta(1), ran.session_meta(2)
    assert second.session_id == first.session_id == second.resumed_from
    assert [step.get("is_copied_context", False) for step in ran.steps(2)] == [True] * 4 + [False] * 3
    assert (second.num_turns, second.stop_reason) == (2, "completed")
    assert second.total_cost_usd == pytest.approx(0.0394, abs=0.01)
    assert second.engine_state["cost_usd"] == pytest.approx(first.total_cost_usd + second.total_cost_usd)  # type: ignore[operator]
    turn = json.loads(ran.session(2).uuid_map.read_bytes())["turns"][0]
    entries = [json.loads(line) for line in ran.session(2).transcript.read_text().splitlines()]
    by_uuid = {entry["uuid"]: entry for entry in entries if "uuid" in entry}
    assert turn["turn_index"] == 1
    assert all(
        by_uuid[name]["message"]["id"] == turn["message_id"] for name in turn["transcript_assistant_uuids"]
    )
    assert [by_uuid[name]["type"] for name in turn["transcript_tool_result_uuids"]] == ["user"]


async def test_forked_replicates_start_alike_and_stay_apart(tmp_path: Path) -> None:
    work = tmp_path / "work"
    listed = sessions("look", "again")
    listed[1] |= {"fork_from": 1, "count": 2}
    ran = await run(tmp_path, script(work), listed, engine="claude_code", max_turns=3, agents=HELPER)
    assert ran.meta.status == "finished"
    assert sorted(files_in(work)) == ["MEMORY.md", "a.txt", "b.txt", "sub.txt"]
    assert (work / "b.txt").read_text() == "x\n"
    assert len({meta.session_id for meta in ran.meta.sessions}) == 3
    for number in (1, 2):
        said = body(ran, 1, 2, number)["messages"]
        assert str(work) in str(said)  # the path is the original's, and what is there is the copy
        assert "+again" in ran.session(2, number).diff.read_text()
        assert ran.session_meta(2, number).resumed_from == ran.session_meta(1).session_id


async def test_project_settings_are_loaded_when_asked_for(tmp_path: Path) -> None:
    work = project(tmp_path)
    ran = await run(
        tmp_path,
        "rules: []",
        sessions("hello"),
        engine="claude_code",
        work_dir=work,
        load_project_settings=True,
    )
    assert b"PINEAPPLE-ONE" in read_request(ran.session().path, 1)
    assert (tmp_path / "hook-ran").exists()


async def test_turn_limit_and_error(tmp_path: Path) -> None:
    forever = "rules: [{answer: {tool_calls: [{name: Bash, arguments: {command: 'true', description: d}}]}}]"
    long = "go " + "x" * 1_100_000  # more than the 1 MiB that others refuse
    ran = await run(tmp_path, forever, sessions(long), engine="claude_code", max_turns=2)
    assert (ran.session_meta().stop_reason, ran.session_meta().num_turns) == ("max_turns", 2)
    assert len(ran.captures()) == 2
    assert len(read_request(ran.session().path, 2)) > 1 << 20


async def test_an_error_of_the_api_ends_the_session_with_a_reason(tmp_path: Path) -> None:
    refuses = "rules: [{answer: {error: {status: 400, message: who are you}}}]"
    ran = await run(tmp_path, refuses, sessions("go"), engine="claude_code")
    meta = ran.session_meta()
    assert meta.stop_reason == "error"
    assert "who are you" in (meta.error or "")


def test_the_program_comes_with_the_sdk() -> None:
    assert program().parent.name == "_bundled"
