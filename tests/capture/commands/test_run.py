"""`harness run` as a person meets it."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from capture.cli import main

HARNESS = [sys.executable, "-P", "-c", "from capture.cli import main; main()"]
SCRIPT = """
rules:
  - match: {turn: 0}
    answer:
      tool_calls: [{name: Bash, arguments: {command: "echo x > a.txt"}}]
      usage: {input: 12345, output: 67}
otherwise: {text: done}
"""
CONFIG = {
    "engine": "builtin",
    "model": "claude-sonnet-4-5",
    "work_dir": "work",
    "script": "script.yaml",
    "tags": ["first"],
    "sessions": [{"session_index": 1, "prompt": "go"}],
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    (tmp_path / "work").mkdir()
    (tmp_path / "script.yaml").write_text(SCRIPT)
    (tmp_path / "run.yaml").write_text(yaml.safe_dump(CONFIG))
    return tmp_path


def harness(here: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*HARNESS, *arguments],
        cwd=here,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_in_a_pipe_it_says_only_how_it_ended(here: Path) -> None:
    done = harness(
        here,
        *("run", "run.yaml", "--run-name", "mine", "--tag", "a", "--tag", "b", "--runs-dir", "out"),
        *("--model", "claude-haiku-4-5", "--session-mode", "chained", "--no-capture"),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(
        r"finished: 1 session, 3 steps, 1 tool call, 1 file write, \$\d\.\d{4}\n"
        r"look at it:  harness inspect \S+/out/mine\n",
        done.stdout,
    )
    meta = json.loads((here / "out/mine/run_meta.json").read_bytes())
    assert (meta["tags"], meta["model"], meta["session_mode"]) == (
        ["first", "a", "b"],
        "claude-haiku-4-5",
        "chained",
    )
    assert not (here / "out/mine/session_01/raw_dumps").exists()


def test_on_a_terminal_it_shows_where_it_is_and_leaves_the_line_clean(here: Path) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*HARNESS, "run", "run.yaml", "--run-name", "mine"], cwd=here, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        shown = read_all(ours)
        assert process.wait(60) == 0
    assert "session 1  turn 1  1 tool call" in shown
    assert "Bash" in shown
    assert re.search(r"✓.* session 1  turn 2  1 tool call  \d\S* in \d+ out tokens  \$\d\.\d{4}", shown)
    assert "finished" in shown.rsplit("\x1b[2K", 1)[1]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ({"sesions": []}, 2, "run.yaml:{line}: sesions: unknown field; did you mean 'sessions'?"),
        ({"work_dir": "nowhere"}, 2, "work_dir: there is no folder 'nowhere'; make it first"),
        ({"script": None}, 1, "set ANTHROPIC_API_KEY for provider anthropic, or try --script"),
        ({"script": "none.yaml"}, 2, "none.yaml: No such file or directory"),
        (
            {"judge": {"model": "m", "rubric": "r"}, "base_url": "http://x", "script": None},
            1,
            "for the judge",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    change: dict[str, object], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = yaml.safe_dump(CONFIG | change)
    Path("run.yaml").write_text(text)
    if "run_name" in change:
        Path("out/mine").mkdir(parents=True)
    line = next((n for n, each in enumerate(text.splitlines(), 1) if each.startswith("sesions")), 0)
    with pytest.raises(SystemExit) as ended:
        main(["run", "run.yaml", "--runs-dir", "out"])
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (code, "")
    assert err.startswith("harness: ")
    assert said.format(line=line) in err
    assert err.count("\n") == 1
    assert not list(Path("out").glob("*/*"))


def test_a_failed_run_exits_with_1_and_says_why(here: Path) -> None:
    (here / "script.yaml").write_text('rules: [{answer: {error: {status: 400, message: "no \\e[2J"}}}]')
    done = harness(here, "run", "run.yaml", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["status"] == "failed"
    assert done.stderr.startswith("harness: session 1: 400: no")
    assert "\x1b" not in done.stderr


def test_it_goes_on_when_nobody_reads_what_it_says(here: Path) -> None:
    config = CONFIG | {
        "model": "no-such-model-1",
        "post_run_commands": [{"command": "exit 1", "check": False}],
    }
    (here / "run.yaml").write_text(yaml.safe_dump(config))
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [*HARNESS, "run", "run.yaml", "--run-name", "mine"], stderr=write, timeout=60, check=False
    )
    os.close(write)
    assert done.returncode == 0
    assert json.loads((here / "runs/mine/run_meta.json").read_bytes())["status"] == "finished"


def read_all(terminal: int) -> str:
    seen = b""
    while True:
        try:
            more = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            more = b""
        if not more:
            os.close(terminal)
            return seen.decode()
        seen += more
