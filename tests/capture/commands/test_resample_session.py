"""`harness resample-session` as a person meets it: its words, two at once, and one that is ended half-way."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from capture.cli import main
from capture.engines.keeper import descendants
from capture.runs.files import read_lines
from capture.runs.folder import RunFolder
from capture.runs.meta import read_meta
from tests.replays import Left
from tests.runs import Ran, load, run, sessions, until

HARNESS = [sys.executable, "-P", "-c", "from capture.cli import main; main()"]
SCRIPT = """
rules:
  - match: {tool_result: false}
    answer:
      tool_calls:
        - name: Bash
          arguments: {command: "seq 200 > a.txt; test ! -e HOLD || (touch HOLD.$$; sleep 100000)"}
  - match: {turn: 1}
    answer: {tool_calls: [{name: Bash, arguments: {command: "echo x > b.txt"}}]}
otherwise: {text: done}
"""


def made(base: Path) -> Ran:
    return asyncio.run(run(base, SCRIPT.replace("HOLD", str(base / "hold")), sessions("go", "go")))


def started(folder: RunFolder, *arguments: str) -> subprocess.Popen[str]:
    """The command, as a process of its own; its copies of the files are beside the runs."""
    command = [*HARNESS, "resample-session", str(folder.path), "--session", "2", *arguments]
    env = os.environ | {"TMPDIR": str(folder.path.parent.parent)}
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_what_it_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = made(tmp_path)
    given = ["resample-session", "run", "--runs-dir", str(tmp_path / "runs")]
    for arguments, said in (
        (["--session", "3"], "there is no session 3; there are: 1, 2"),
        ([], "Missing option '--session'"),
    ):
        with pytest.raises(SystemExit) as ended:
            main([*given, *arguments])
        out, err = capsys.readouterr()
        assert (ended.value.code, out, err.count("\n")) == (2, "", 1)
        assert said in err
    with pytest.raises(SystemExit) as ended:
        main([*given, "--session", "2", "--json"])
    out, err = capsys.readouterr()
    assert (ended.value.code, err.count("\n")) == (0, 1)
    assert "1 new replicate of session 2" in err
    assert "no cost, the model is scripted" in err
    found = json.loads(out)
    (row,) = found["replicates"]
    assert (found["path"], row["replicate"], row["stop_reason"]) == (str(ran.folder.path), 2, "completed")
    assert row["path"] == str(ran.folder.session(2, 2).path)
    assert row["resample"]["context_check"]["result"] == "equal"

    for arguments, said in (  # and the one without a number is still the one that is meant without one
        (["resample", "run", "--session", "2", "--list-requests"], ""),
        (["inspect", "run"], "Session 2 r02: 4 steps"),
    ):
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--runs-dir", str(tmp_path / "runs")])
        out, _ = capsys.readouterr()
        assert ended.value.code == 0
        assert said in out


def test_two_at_once_keep_the_run_whole(tmp_path: Path) -> None:
    ran = made(tmp_path)
    left = Left(ran.folder, ran.work_dir)
    both = [started(ran.folder, "--count", "2", "--json") for _ in range(2)]
    outputs = [each.communicate(timeout=120) for each in both]
    assert [each.returncode for each in both] == [0, 0], outputs
    left.check()
    meta = read_meta(ran.folder)
    assert [each.name for each in meta.sessions] == ["1", "2", *(f"2 r0{n}" for n in (2, 3, 4, 5))]
    told = [row["replicate"] for out, _ in outputs for row in json.loads(out)["replicates"]]
    assert sorted(told) == [2, 3, 4, 5]
    assert {each.stop_reason for each in meta.sessions} == {"completed"}
    assert meta.total_steps == sum(each.step_count for each in meta.sessions) == 4 * 6
    rows, bad = read_lines(ran.folder.changelog)
    assert bad == 0
    assert meta.total_file_writes == len(rows)


def test_what_is_ended_half_way_is_interrupted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = made(tmp_path)
    folder, before = ran.folder, load(ran.folder.meta)
    (tmp_path / "hold").touch()
    for how, count, new in ((signal.SIGKILL, 2, [2, 3]), (signal.SIGINT, 1, [4])):
        for each in tmp_path.glob("hold.*"):
            each.unlink()
        with started(folder, "--count", str(count)) as process:
            try:
                asyncio.run(until(lambda n=count: len(list(tmp_path.glob("hold.*"))) == n))  # type: ignore[misc]
                asyncio.run(until(lambda n=count: tool_calls(folder) == n))  # type: ignore[misc]
                assert [each.stop_reason for each in read_meta(folder).sessions[-count:]] == [None] * count
                family = descendants(process.pid)
                process.send_signal(how)
                _, err = process.communicate(timeout=60)
            finally:
                process.kill()
        asyncio.run(until(lambda f=family: not any(Path(f"/proc/{each}").exists() for each in f)))  # type: ignore[misc]
        assert process.returncode == (130 if how == signal.SIGINT else -signal.SIGKILL)
        assert "Traceback" not in err
        meta = read_meta(folder)
        assert meta.status == "finished"
        ends = {each.replicate: each.stop_reason for each in meta.sessions if each.replicate in new}
        assert ends == dict.fromkeys(new, "interrupted")
    assert load(folder.meta)["sessions"][:2] == before["sessions"]
    assert not folder.session(2, 4).lock.exists()
    (tmp_path / "hold").unlink()
    with pytest.raises(SystemExit) as ended:  # the states of its files were found by the next command
        main(["replay", str(folder.path), "--session", "2", "--replicate", "2", "--turn", "1"])
    assert ended.value.code == 0
    assert "context equal" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        main(["inspect", str(folder.path)])
    assert ended.value.code == 0
    assert capsys.readouterr().out.count("[interrupted]") == 3


def tool_calls(folder: RunFolder) -> int:
    """How many tool calls replicates have made that are under way."""
    under_way = (each for each in read_meta(folder).sessions if each.replicate and each.stop_reason is None)
    return sum(each.tool_call_count for each in under_way)
