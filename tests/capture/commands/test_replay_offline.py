"""`harness replay --offline` and `--until-turn` as a person meets them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from capture.cli import main
from tests.runs import run, sessions

SCRIPT = """
rules:
  - match: {model: claude-haiku-4-5}
    answer: {text: Over to me., usage: {input: 1000, output: 100}}
  - match: {turn: 0}
    answer:
      tool_calls: [{name: Bash, arguments: {command: "cat BASE/world"}}]
      usage: {input: 100, output: 10}
otherwise: {text: done, usage: {input: 200, output: 10}}
"""


def harness(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["replay", *arguments])
    out, err = capsys.readouterr()
    return ended.value.code, out, err


def test_what_is_said_and_how_it_ends(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = tmp_path / "world"
    world.write_text("first\nsecond\nthird\n")
    ran = asyncio.run(run(tmp_path, SCRIPT.replace("BASE", str(tmp_path)), sessions("go")))
    source = str(ran.folder.path)

    code, out, err = harness(capsys, source, "--offline")
    assert (code, err) == (0, "")
    assert out.startswith("equal: session 1, 2 answers from the record  ")

    world.write_text("first\n\x1b]0;gotcha\x07second\nthird\n")
    code, out, err = harness(capsys, source, "--offline")
    assert (code, err) == (1, "")
    lines = out.splitlines()
    assert lines[0].startswith("diverged: session 1, at turn 2, 1 answer from the record  ")
    assert lines[1] == "turn 2: the main agent asked something else (request 2, recorded as 2)"
    assert lines[2] == "  it is what Bash returned, called at turn 1 (step 2)"
    assert lines[4] == "  at messages[2].content[0].content"
    assert "    -second" in lines
    assert "\x1b" not in out
    assert "\x07" not in out

    code, out, _ = harness(capsys, source, "--offline", "--ignore", "(?s)\x1b.*?\x07", "--json")
    (told,) = json.loads(out)
    assert (code, told["result"], told["left_out"]) == (0, "equal", ["ignored"])

    world.write_text("first\nsecond\nthird\n")
    code, out, err = harness(capsys, source, "--until-turn", "2", "--model", "claude-haiku-4-5")
    assert code == 0
    assert "with claude-haiku-4-5 from turn 2 on: no cost, the model is scripted" in err
    said = "equal: session 1, 1 answer from the record, claude-haiku-4-5 took over at turn 2, $0.0015  "
    assert out.startswith(said)

    for arguments, complaint in (
        (["--until-turn", "2"], "say with --model which model takes over"),
        (["--until-turn", "7", "--model", "m"], "there is no turn 7"),
        (["--until-turn", "1", "--turn", "2", "--model", "m"], "turn 1 is before turn 2"),
        (["--offline", "--model", "m"], "--offline asks no model"),
        (["--turn", "1", "--keep-going"], "go with --offline or --until-turn"),
        (["--offline", "--ignore", "("], "--ignore: '(' is not a regular expression"),
        (["--offline", "--prompt", "p"], "--prompt"),
        (["--offline", "--count", "2"], "--count"),
        (["--offline", "--continue-sessions"], "--continue-sessions goes with --turn alone"),
    ):
        code, out, err = harness(capsys, source, *arguments)
        assert (code, out, err.count("\n")) == (2, "", 1), (arguments, out, err)
        assert complaint in err

    config = ran.folder.config
    config.write_text(
        config.read_text()
        .replace("provider: anthropic", "provider: vertex")
        .replace("engine: builtin", "engine: claude_code")
    )
    code, out, err = harness(capsys, source, "--offline")
    assert (code, out) == (2, "")
    assert "are signed with credentials" in err
