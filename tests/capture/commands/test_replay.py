"""`harness replay` as a person meets it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from capture.cli import main
from tests.runs import run, sessions

SCRIPT = """
rules:
  - match: {turn: 0}
    answer:
      text: "Writing \\e[2J it."
      tool_calls: [{name: Bash, arguments: {command: "echo x > a.txt"}}]
otherwise: {text: done}
"""


def harness(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["replay", *arguments])
    out, err = capsys.readouterr()
    return ended.value.code, out, err


async def made(base: Path) -> str:
    return str((await run(base, SCRIPT, sessions("go", "go"))).folder.path)


def test_turns_are_listed_and_replayed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:

    source = asyncio.run(made(tmp_path))
    code, out, err = harness(capsys, source, "--list-turns")
    assert (code, err) == (0, "")
    rows = [line.split() for line in out.splitlines()]
    assert rows[0] == ["turn", "request", "tools", "files", "text"]
    assert rows[1][:5] == ["1", "1", "Bash", "a.txt", "Writing"]
    assert rows[2] == ["2", "2", "-", "-", "done"]
    assert "\x1b" not in out
    code, out, _ = harness(capsys, source, "--list-turns", "--json")
    assert [(row["turn"], row["request"], row["tools"]) for row in json.loads(out)] == [
        (1, 1, ["Bash"]),
        (2, 2, []),
    ]

    wanted = ("--session", "1", "--turn", "1", "--count", "2", "--continue-sessions", "--json")
    code, out, err = harness(capsys, source, *wanted)
    assert code == 0
    assert "replaying turn 1 of session 1 2 times, then session 2, with" in err
    assert "no cost, the model is scripted" in err
    found = json.loads(out)
    assert [each["replay"]["context_check"]["result"] for each in found] == ["equal", "equal"]
    assert [each["session_count"] for each in found] == [2, 2]
    assert all(Path(each["path"]).parent == Path(source).parent for each in found)

    for arguments, said in (
        ([], "say which turn with --turn N"),
        (["--turn", "7"], "there is no turn 7: the session has turns 1 to 2"),
        (["--session", "3", "--turn", "1"], "there is no session 3"),
    ):
        code, out, err = harness(capsys, source, *arguments)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert said in err
    (Path(source) / "session_01/uuid_map.json").unlink()
    code, _, err = harness(capsys, source, "--list-turns")
    assert code == 2
    assert "uuid_map.json is missing" in err
