"""Replays with the builtin engine: files, context, prompts, replicates, and replays of replays."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from capture.engines import isolation
from capture.proxy.dumps import read_request
from capture.runs.progress import Remark
from capture.shadow.places import lock
from tests.agentlens import as_agentlens_left_it
from tests.replays import about_of, replayed
from tests.runs import Ran, run, sessions

SCRIPT = """
rules:
  - match: {text: Never mind}
    answer: {text: Stopped.}
  - match: {text: go, turn: 0}
    answer:
      text: One.
      tool_calls:
        - {name: Bash, arguments: {command: "echo one >> log"}}
        - {name: Write, arguments: {file_path: "WORK/made", content: "made\\n"}}
      usage: {input: 100, output: 10}
  - match: {text: go, turn: 1}
    answer:
      tool_calls: [{name: Bash, arguments: {command: "cat log; echo two >> log; pwd > where"}}]
      usage: {input: 200, output: 10}
  - match: {text: go, turn: 2}
    answer:
      tool_calls: [{name: Bash, arguments: {command: "rm made; cat log"}}]
  - match: {text: more, tool_result: false}
    answer:
      tool_calls: [{name: Bash, arguments: {command: "echo more >> log"}}]
otherwise: {text: Done.}
"""


async def source(base: Path, **fields: object) -> Ran:
    return await run(base, SCRIPT.replace("WORK", str(base / "work")), sessions("go"), **fields)


@pytest.mark.parametrize("mounts", [True, False])
async def test_a_turn_is_replayed_with_its_files_and_context(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mounts: bool
) -> None:
    if not mounts:
        monkeypatch.setattr("capture.replay.replay.can_overlay", lambda: False)
    assert isolation.can_overlay()
    original = await source(tmp_path)
    first, second = await replayed(original.folder, 2, count=2)
    for number, ran in enumerate((first, second), 1):
        about = about_of(ran)
        assert ran.folder.path.name.startswith(f"replay_run_s1_t2_r{number:02d}_")
        assert about["context_check"]["result"] == "equal", about["context_check"]
        assert (about["path_isolation"], about["replay_number"]) == ("mount" if mounts else "rewrite", number)
        assert about["source_session_id"] == original.session_meta().session_id
        assert about["new_session_id"] == ran.session_meta().session_id != about["source_session_id"]
        assert (ran.meta.replay_source, ran.meta.replay_turn, ran.meta.status) == ("run", 2, "finished")
        # live: what the tools of turn 2 saw was there again, and no more than that
        assert [step.get("is_copied_context", False) for step in ran.steps()] == [True] * 2 + [False] * 3
        assert ran.steps()[2]["observation"]["results"][0]["content"] == "one\n"
        assert [name for *_, name in ran.changes()] == ["log", "where", "made"]
        assert ran.session_meta().num_turns == 3
        # the path is the original's, the files are not
        assert (f"+{original.work_dir}\n" in ran.folder.diff.read_text()) is mounts
    if not mounts:
        (again,) = await replayed(first.folder, 1)
        assert about_of(again)["context_check"]["result"] == "equal", about_of(again)
        assert again.steps()[2]["observation"]["results"][0]["content"] == "one\n"
    if mounts:
        sent = [read_request(ran.session().path, 1) for ran in (original, first)]
        assert read_request(original.session().path, 2) == sent[1]


async def test_every_turn_can_be_replayed(tmp_path: Path) -> None:
    original = await source(tmp_path)
    in_use = lock(original.folder.shadow)  # as by whoever tracks with it
    for turn, tag in ((1, "_start_1"), (3, "_step_1_3"), (4, "_step_1_4")):
        (ran,) = await replayed(original.folder, turn)
        assert about_of(ran)["shadow_git_reset_tag"] == tag
        assert about_of(ran)["context_check"]["result"] == "equal"
        assert ran.session_meta().num_turns == 5 - turn
    os.close(in_use)


@pytest.mark.parametrize("turn", [1, 2])
async def test_a_prompt_comes_with_the_results_of_the_tools(tmp_path: Path, turn: int) -> None:
    original = await source(tmp_path)
    (ran,) = await replayed(original.folder, turn, prompt="Never mind.")
    messages = json.loads(read_request(ran.session().path, 1))["messages"]
    before = json.loads(read_request(original.session().path, turn))["messages"]
    assert len(messages) == len(before)
    assert messages[-1]["content"][-1] == {"type": "text", "text": "Never mind."}
    check = about_of(ran)["context_check"]
    assert (check["result"], check["left_out"]) == ("equal", ["prompt"])
    assert [step["message"] for step in ran.steps()[-2:]] == ["Never mind.", "Stopped."]


async def test_a_replay_of_a_replay_of_a_later_session(tmp_path: Path) -> None:
    script = SCRIPT.replace("WORK", str(tmp_path / "work"))
    listed = sessions("go", "more")
    original = await run(tmp_path, script, listed, session_mode="chained")
    (ran,) = await replayed(original.folder, 1, session=2)
    assert about_of(ran)["context_check"]["result"] == "equal"
    assert (ran.work_dir / "log").read_text() == "one\ntwo\nmore\n"
    (again,) = await replayed(ran.folder, 2, session=2)
    assert about_of(again)["context_check"]["result"] == "equal"
    assert about_of(again)["source_run"] == ran.folder.path.name
    assert again.session_meta(2).num_turns == 1
    assert again.steps(2)[-1]["message"] == "Done."


async def test_a_different_context_is_said_to_be_different(tmp_path: Path) -> None:
    original = await source(tmp_path)
    config = original.folder.config
    config.write_text(config.read_text().replace("allowed_tools:\n", "allowed_tools:\n- Nothing\n", 1))
    text = config.read_text().replace("- Grep\n", "", 1)
    config.write_text(text)
    (ran,) = await replayed(original.folder, 2)
    check = about_of(ran)["context_check"]
    assert check["result"] == "differs"
    assert any(path.startswith("tools[") for path in check["differs"])


async def test_of_agentlens_the_snapshot_of_the_turn_itself_is_what_was_there_before(tmp_path: Path) -> None:
    original = await source(tmp_path)
    as_agentlens_left_it(original.folder)
    for turn, tag, log in ((1, "baseline", None), (3, "_step_1_4", "one\ntwo\n")):
        (ran,) = await replayed(original.folder, turn)
        assert about_of(ran)["shadow_git_reset_tag"] == tag
        assert about_of(ran)["context_check"]["result"] == "equal", about_of(ran)
        assert any("recorded by AgentLens" in each.text for each in ran.progress if isinstance(each, Remark))
        if log is not None:
            assert ran.steps()[3]["observation"]["results"][0]["content"] == log
