"""`harness compare` as a person meets it: one table, on the screen and on the disk."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from capture.cli import main
from capture.runs.folder import RunFolder
from tests.replays import fingerprint
from tests.runs import checked, run, sessions

SCRIPT = """
rules:
  - match: {turn: 0}
    answer:
      tool_calls: [{name: Bash, arguments: {command: "echo a > list"}}]
      usage: {input: 100, output: 10}
  - match: {turn: 1, model: claude-haiku-4-5}
    answer:
      tool_calls: [{name: Write, arguments: {file_path: WORK/list, content: z}}]
      usage: {input: 150, output: 9}
  - match: {turn: 1}
    answer:
      tool_calls: [{name: Bash, arguments: {command: "echo b >> list"}}]
      usage: {input: 200, output: 10}
otherwise: {text: done, usage: {input: 300, output: 10}}
"""
BASE = "claude-sonnet-4-20250514"
VERIFY = 'cat list; echo "$HARNESS_WORK_DIR $PWD"; test -d "$HARNESS_RUN_DIR/session_01" && grep -q b list'


def harness(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["compare", *arguments])
    out, err = capsys.readouterr()
    return ended.value.code, out, err


def test_models_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = SCRIPT.replace("WORK", str(tmp_path / "work"))
    ran = asyncio.run(run(tmp_path, script, sessions("go")))
    (ran.work_dir / "list").write_text("mine\n")  # which is nobody's business
    before = fingerprint(ran.work_dir), fingerprint(ran.folder.path / "session_01")
    asked = [str(ran.folder.path), "--from-turn", "2", "--verify", VERIFY]
    code, out, err = harness(capsys, *asked, "--models", f"claude-haiku-4-5, {BASE}", "--count", "2")
    assert code == 0, err
    assert "2 replays of turn 2 with each model" in err
    assert "no cost, the model is scripted" in err
    table, _, kept = out.rstrip("\n").rpartition("\n")
    rows = [line.split() for line in table.splitlines()]
    assert rows[0][:7] == ["model", "verdict", "in", "out", "cost", "time", "turns"]
    assert rows[1][:6] == [BASE, "(recorded)", "pass", "500", "20", "$0.0018"]
    assert rows[2][:6] == ["claude-haiku-4-5", "fail", "0/2", "450", "19", "$0.0005"]
    assert " ".join(rows[2][-5:]) == "turn 2: Write, recorded Bash"
    assert rows[3][:6] == [BASE, "pass", "2/2", "500", "20", "$0.0018"]
    assert rows[3][-2:] == ["2", "-"]
    assert before == (fingerprint(ran.work_dir), fingerprint(ran.folder.path / "session_01"))

    folder = Path(kept.removeprefix("kept in "))
    assert (folder / "table.txt").read_text() == table + "\n"
    told = json.loads((folder / "comparison.json").read_bytes())
    assert (told["status"], told["from_turn"], told["verify"]) == ("finished", 2, VERIFY)
    recorded, haiku, sonnet = told["rows"]
    assert (recorded["recorded"], haiku["passed"], sonnet["passed"]) == (True, 0, 2)
    seen = f"{ran.work_dir} {ran.work_dir}\n"
    outputs = [Path(each["verify"]["output"]).read_text() for row in told["rows"] for each in row["replays"]]
    assert outputs == [f"a\nb\n{seen}", *[f"z{seen}"] * 2, *[f"a\nb\n{seen}"] * 2]
    for replay in (*haiku["replays"], *sonnet["replays"]):
        checked(RunFolder(Path(replay["path"])))
    assert haiku["replays"][0]["verify"]["exit_code"] == 1
    assert haiku["replays"][0]["first_divergence"] == {"turn": 2, "recorded": ["Bash"], "now": ["Write"]}

    code, out, err = harness(
        capsys, *asked[:-1], "sleep 60", "--models", BASE, "--verify-timeout", "0.1", "--json"
    )
    told = json.loads(out)
    assert (code, told["status"], told["rows"][1]["passed"]) == (0, "finished", 0)
    assert [row["replays"][0]["verify"]["exit_code"] for row in told["rows"]] == [None, None]


def test_no_more_is_spent_than_may_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from capture.scripted import ScriptedServer

    script = SCRIPT.replace("WORK", str(tmp_path / "work"))
    ran = asyncio.run(run(tmp_path, script, sessions("go")))
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-of-the-test")
    with ScriptedServer(tmp_path / "script.yaml") as server:
        asked = [str(ran.folder.path), "--from-turn", "2", "--verify", "true", "--base-url", server.url]
        code, out, err = harness(
            capsys,
            *asked,
            "--models",
            f"{BASE},claude-haiku-4-5,claude-opus-4-1",
            "--max-cost",
            "0.003",
            "--json",
        )
        told = json.loads(out)
        assert code == 1
        assert f"{BASE} about $0.0018, claude-haiku-4-5 about $0.0006" in err
        assert "stopping at $0.0030" in err
        assert "claude-opus-4-1 is left out: it would go beyond --max-cost" in err
        assert [bool(row["left_out"]) for row in told["rows"]] == [False, False, False, True]
        assert [request.model for request in server.requests] == [BASE] * 2 + ["claude-haiku-4-5"] * 2
        code, out, err = harness(capsys, *asked, "--models", "unheard-of", "--max-cost", "1")
        assert (code, out) == (1, "")
        assert "no price is known for unheard-of" in err
        assert len(server.requests) == 4
    for arguments, complaint in (
        (["--models", " , "], "name at least one model"),
        (["--models", BASE, "--from-turn", "9"], "there is no turn 9"),
        (["--models", BASE, "--provider", "bedrock"], "'bedrock' does not serve builtin"),
    ):
        code, out, err = harness(capsys, *asked, *arguments)
        assert (code, out, err.count("\n")) == (2, "", 1), err
        assert complaint in err
