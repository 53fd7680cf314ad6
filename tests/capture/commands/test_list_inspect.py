"""`harness list` and `harness inspect`: our folders, AgentLens's, and what is broken or hostile."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from capture.cli import main
from capture.runs.folder import RunFolder
from capture.runs.meta import read_meta

AGENTLENS_META = {
    "run_name": "smoke-test-01",
    "hypothesis": None,
    "model": "anthropic/claude-sonnet-4",
    "provider": "openrouter",
    "sdk_version": "0.2.187",
    "harness_version": "0.1.1",
    "session_mode": "isolated",
    "work_dir": "/lab/work",
    "tags": ["smoke-test"],
    "session_count": 1,
    "sessions": [
        {
            "session_index": 1,
            "session_id": "b61e581f",
            "resumed_from": None,
            "fork_from": None,
            "step_count": 15,
            "tool_call_count": 5,
            "num_turns": 4,
            "total_cost_usd": 0.0596,
            "error": None,
            "started_at": "2026-11-23T11:28:01.055890+00:00",
            "finished_at": "2026-11-23T11:28:02.341913+00:00",
        }
    ],
    "started_at": "2026-11-23T11:28:01.055890+00:00",
    "finished_at": "2026-11-23T11:28:02.341913+00:00",
    "total_steps": 15,
    "total_tool_calls": 5,
    "total_cost_usd": 0.0596,
    "total_file_writes": 1,
    "total_compaction_events": 0,
    "total_subagent_invocations": 0,
    "errors": [],
    "their_own": {"kept": True},
}
CHANGE = {
    "timestamp": "2026-11-23T11:28:02+00:00",
    "session_index": 1,
    "step_id": 15,
    "file_path": "MEMORY.md",
    "diff": "--- MEMORY.md\n+++ MEMORY.md\n",
    "diff_stats": {"added": 9, "removed": 0},
}


def write_run(runs: Path, name: str, meta: dict[str, Any], *lines: str) -> Path:
    folder = runs / name
    folder.mkdir(parents=True)
    (folder / "run_meta.json").write_text(json.dumps(meta))
    (folder / "config.yaml").write_text("model: x\n")
    (folder / "state_changelog.jsonl").write_text("".join(f"{line}\n" for line in lines))
    return folder


def harness(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    out, err = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, out, err


def test_a_run_of_agentlens_is_inspected_as_it_does_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_run(tmp_path, "smoke-test-01", AGENTLENS_META, json.dumps(CHANGE))
    code, out, err = harness(capsys, "inspect", str(folder))
    assert (code, err) == (0, "")
    assert out == (
        "Run: smoke-test-01\n"
        "Model: anthropic/claude-sonnet-4 (openrouter)\n"
        "Mode: isolated\n"
        "Status: finished\n"
        "Tags: smoke-test\n"
        "Total: 15 steps, 5 tool calls\n"
        "Cost: $0.0596\n"
        "File writes: 1\n"
        "\n"
        "  Session 1: 15 steps, 5 tool calls  $0.0596\n"
        "\n"
        "File changes:\n"
        "  session 1, step 15: MEMORY.md (+9/-0)\n"
    )
    code, out, _ = harness(capsys, "inspect", "smoke-test-01", "--runs-dir", str(tmp_path), "--json")
    shown = json.loads(out)
    assert (shown["total_steps"], shown["their_own"]) == (15, {"kept": True})
    assert shown["file_changes"][0]["diff_stats"] == {"added": 9, "removed": 0}


def test_runs_are_listed_newest_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(tmp_path, "old", AGENTLENS_META)
    write_run(tmp_path, "new", AGENTLENS_META | {"started_at": "2026-11-24T00:00:00+00:00", "errors": ["x"]})
    write_run(tmp_path, "judged", AGENTLENS_META | {"started_at": "2026", "judge_flagged_sessions": 1})
    code, out, err = harness(capsys, "list", "--runs-dir", str(tmp_path))
    rows = out.splitlines()
    assert (code, err) == (0, "")
    assert [row.split()[:2] for row in rows] == [
        ["new", "failed"],
        ["old", "finished"],
        ["judged", "finished"],
    ]
    assert rows[2].endswith("⚑ flagged")
    _, out, _ = harness(capsys, "list", "--runs-dir", str(tmp_path), "--json")
    assert [row["path"].rsplit("/", 1)[1] for row in json.loads(out)] == ["new", "old", "judged"]


def test_nothing_there_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = harness(capsys, "list", "--runs-dir", str(tmp_path / "none"))
    assert (code, "harness run examples/demo.yaml" in out) == (0, True)
    assert harness(capsys, "list", "--runs-dir", str(tmp_path / "none"), "--json")[1] == "[]\n"
    code, _, err = harness(capsys, "inspect", "nowhere", "--runs-dir", str(tmp_path))
    assert (code, err) == (2, "harness: nowhere: no such run; `harness list` shows those there are\n")


def test_what_cannot_be_read_is_counted_and_does_no_harm(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = write_run(tmp_path, "broken", AGENTLENS_META)
    (broken / "run_meta.json").write_text('{"run_name": ')
    odd = {"run_name": 7, "sessions": "none", "total_steps": "many", "tags": [1], "started_at": "2026"}
    write_run(tmp_path, "odd", odd, json.dumps(CHANGE), '{"torn', "[]")
    code, out, err = harness(capsys, "list", "--runs-dir", str(tmp_path))
    assert code == 0
    assert out.startswith("odd")
    assert err.count("\n") == 1
    assert "broken/run_meta.json: not JSON" in err
    assert harness(capsys, "inspect", str(broken))[0] == 1
    code, out, err = harness(capsys, "inspect", str(tmp_path / "odd"))
    assert (code, "session 1, step 15: MEMORY.md (+9/-0)" in out) == (0, True)
    assert err.endswith("2 lines not readable\n")


def test_nothing_from_a_run_reaches_the_terminal_raw(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evil = "e\x1b[2J\x9b31m\u202evil\nnext"
    session = AGENTLENS_META["sessions"][0] | {"error": evil, "stop_reason": "error"}  # type: ignore[index]
    meta = AGENTLENS_META | dict.fromkeys(
        ("run_name", "model", "provider", "hypothesis", "session_mode"), evil
    )
    meta |= {"tags": [evil], "errors": [evil], "sessions": [session], "status": "failed", "engine": evil}
    write_run(tmp_path, "evil", meta, json.dumps(CHANGE | {"file_path": evil}))
    for arguments in (["list", "--runs-dir", str(tmp_path)], ["inspect", str(tmp_path / "evil")]):
        _, out, err = harness(capsys, *arguments)
        assert not {"\x1b", "\x9b", "\u202e"} & set(out + err)
        assert "vil next" in out


def test_a_run_whose_process_is_gone_is_interrupted(tmp_path: Path) -> None:
    folder = RunFolder(write_run(tmp_path, "dead", AGENTLENS_META | {"status": "running"}))
    assert read_meta(folder).status == "interrupted"
    hold = (
        "import fcntl,sys; f=open(sys.argv[1],'w'); fcntl.flock(f,fcntl.LOCK_EX); print(flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(folder.lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert read_meta(folder).status == "running"
        holder.kill()
        holder.wait()
    assert read_meta(folder).status == "interrupted"
