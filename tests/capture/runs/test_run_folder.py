"""What a run leaves behind, with the builtin engine: complete, exact, and as it happened."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import yaml

from capture.runs import keeping_up
from capture.runs.files import read_lines
from capture.runs.folder import RunExistsError
from capture.shadow import ShadowGit
from tests.runs import GPT, apply_patch, files_in, run, sessions, until

TWO_TOOLS = """
rules:
  - match: {turn: 0}
    answer:
      thinking: First I look.
      text: Writing.
      tool_calls:
        - {name: Write, arguments: {file_path: a.txt, content: "one\\n"}}
        - {name: Bash, arguments: {command: "mkdir -p d; printf '\\\\0\\\\1' > d/b.bin; echo said"}}
      usage: {input: 1000, output: 50, cache_read: 800, cache_write: 100, reasoning: 7}
  - match: {turn: 1}
    answer:
      tool_calls:
        - {name: Edit, arguments: {file_path: a.txt, old_string: one, new_string: two}}
        - {name: Read, arguments: {file_path: nowhere}}
  - answer: {text: Done.}
"""


async def test_a_run_is_recorded_to_the_last_detail(tmp_path: Path, home: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "old.txt").write_text("old\n")
    before = files_in(tmp_path / "work")
    ran = await run(tmp_path, TWO_TOOLS, sessions("go"), tags=["t"], hypothesis="It works.")

    assert (ran.meta.status, ran.meta.errors, ran.meta.tags) == ("finished", [], ["t"])
    meta = ran.session_meta()
    assert (meta.stop_reason, meta.num_turns, meta.step_count, meta.tool_call_count) == ("completed", 3, 4, 4)

    user, first, second, last = ran.steps()
    assert (user["source"], user["message"]) == ("user", "go")
    assert (first["message"], first["reasoning_content"]) == ("Writing.", "First I look.")
    assert [call["function_name"] for call in first["tool_calls"]] == ["Write", "Bash"]
    assert {result["content"] for result in first["observation"]["results"]} == {"Wrote a.txt", "said\n"}
    assert second["observation"]["results"][-1]["extra"] == {"is_error": True}
    assert last["message"] == "Done."
    assert first["metrics"] | {"cost_usd": 0} == {
        "prompt_tokens": 1000,
        "completion_tokens": 50,
        "cached_tokens": 800,
        "cost_usd": 0,
        "extra": {"cache_creation_tokens": 100, "reasoning_tokens": 7},
    }

    # each change belongs to the step whose tools made it, also of two tools at once
    assert ran.changes() == [(1, 2, "a.txt"), (1, 2, "d/b.bin"), (1, 3, "a.txt")]
    assert ran.meta.total_file_writes == 3

    turns = json.loads(ran.session().uuid_map.read_bytes())["turns"]
    assert [turn["turn_index"] for turn in turns] == [1, 2, 3]
    assert [turn["request_file"] for turn in turns] == [f"request_00{n}.json" for n in (1, 2, 3)]
    assert [turn["atif_step_ids"] for turn in turns] == [[2], [3], [4]]
    assert [turn["shadow_git_tag"] for turn in turns] == ["_step_1_2", "_step_1_3", None]
    assert turns[0]["tool_call_ids"] == [call["tool_call_id"] for call in first["tool_calls"]]
    assert all((ran.session().dumps / turn["request_file"]).exists() for turn in turns)
    assert len(read_lines(ran.session().transcript)[0]) == 6

    config = yaml.safe_load(ran.folder.config.read_text())
    assert (config["max_turns"], config["memory_file"], config["run_name"]) == (50, "MEMORY.md", "run")

    # the patch makes the state at the end from the state at the start
    assert files_in(ran.work_dir) == before | {
        "MEMORY.md": "# Notes\n",
        "a.txt": "two\n",
        "d/b.bin": "\0\1",
    }
    shadow = await ShadowGit.open(ran.folder.shadow, ran.work_dir)
    for patch in (ran.folder.diff, ran.session().diff):
        copy = tmp_path / patch.name
        await shadow.check_out("baseline", copy)
        apply_patch(patch, copy)
        assert files_in(copy) == files_in(ran.work_dir)
    await shadow.close()

    # the agent's model calls are in the log as well, so that the run is live in the app
    events, _ = read_lines(next((home / ".tessen" / "logs" / "run").glob("*.jsonl")))
    assert len(events) == 3
    assert not (ran.folder.path / ".engine").exists()


async def test_the_other_protocol_gives_the_same_run(tmp_path: Path) -> None:
    ran = await run(tmp_path, TWO_TOOLS, sessions("go"), provider="openai", model=GPT)
    assert ran.meta.status == "finished"
    assert [len(step.get("tool_calls", ())) for step in ran.steps()] == [0, 2, 2, 0]
    assert ran.steps()[1]["metrics"]["prompt_tokens"] == 1000
    assert {row["api_format"] for row in ran.captures()} == {"openai_chat"}
    assert ran.changes() == [(1, 2, "a.txt"), (1, 2, "d/b.bin"), (1, 3, "a.txt")]


async def test_without_capture_changes_still_belong_to_their_steps(tmp_path: Path, home: Path) -> None:
    ran = await run(tmp_path, TWO_TOOLS, sessions("go"), capture_api_requests=False)
    assert ran.meta.status == "finished"
    assert not ran.session().captures.exists()
    assert not ran.session().dumps.exists()
    assert not (home / ".tessen").exists()
    assert ran.changes() == [(1, 2, "a.txt"), (1, 2, "d/b.bin"), (1, 3, "a.txt")]
    assert (ran.meta.total_cost_usd or 0) > 0


async def test_a_run_never_overwrites_another(tmp_path: Path) -> None:
    ran = await run(tmp_path, "rules: []", sessions("go"))
    before = ran.folder.meta.read_bytes()
    with pytest.raises(RunExistsError, match="--run-name"):
        await run(tmp_path, "rules: []", sessions("go"))
    assert ran.folder.meta.read_bytes() == before


async def test_everything_is_on_disk_while_it_happens(tmp_path: Path) -> None:
    script = """
rules:
  - match: {turn: 0}
    answer: {tool_calls: [{name: Write, arguments: {file_path: a.txt, content: x}}]}
  - match: {turn: 1}
    answer: {hang: true}
"""
    running = asyncio.create_task(run(tmp_path, script, sessions("go")))
    folder = tmp_path / "runs" / "run"
    trajectory, changelog = folder / "session_01" / "trajectory.json", folder / "state_changelog.jsonl"
    await until(lambda: changelog.exists() and trajectory.exists() and b"Wrote" in trajectory.read_bytes())
    try:
        assert [row["file_path"] for row in read_lines(changelog)[0]] == ["a.txt"]
        step = json.loads(trajectory.read_bytes())["steps"][1]
        assert (step["tool_calls"][0]["function_name"], step["observation"]["results"][0]["content"]) == (
            "Write",
            "Wrote a.txt",
        )
        assert json.loads((folder / "run_meta.json").read_bytes())["status"] == "running"
        assert (folder / "session_01" / "transcript.jsonl").exists()
    finally:
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert json.loads((folder / "run_meta.json").read_bytes())["status"] == "interrupted"


async def test_a_slow_disk_delays_what_is_written_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = """
rules:
  - match: {turn: 0}
    answer:
      text: Waiting.
      tool_calls: [{name: Bash, arguments: {command: "while ! [ -e go ]; do sleep 0.1; done"}}]
  - answer: {text: Done.}
"""
    monkeypatch.setattr(keeping_up, "NEGLIGIBLE_S", 0.0)  # every write is slow,
    monkeypatch.setattr(keeping_up, "SHARE", 500)  # so that what comes right behind it has to wait
    running = asyncio.create_task(run(tmp_path, script, sessions("go")))
    trajectory = tmp_path / "runs" / "run" / "session_01" / "trajectory.json"
    await until(lambda: trajectory.exists() and b"Waiting." in trajectory.read_bytes())
    (tmp_path / "work" / "go").touch()
    await running


async def test_a_run_within_its_own_working_directory_does_not_record_itself(tmp_path: Path) -> None:
    ran = await run(tmp_path, TWO_TOOLS, sessions("go"), work_dir=tmp_path)
    assert {path for _, _, path in ran.changes()} == {"a.txt", "d/b.bin"}
