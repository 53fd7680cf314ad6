"""Offline replays with every engine, really driven: alone in the world they are equal; a change is found."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from capture.runs.folder import RunFolder
from capture.runs.meta import read_meta
from tests.alone import Done, alone
from tests.replays import about_of, fingerprint, offline_of
from tests.runs import GPT, Ran, checked, run, sessions

Json = dict[str, Any]
HARNESS = [sys.executable, "-P", "-c", "from capture.cli import main; main()"]
OTHER = "another-model-1"
ROOT = Path(__file__).parents[3]


@dataclass
class Agent:
    """What differs between the engines in one and the same session."""

    shell: str
    argument: str
    fields: Json
    place: str
    """Where the second turn's result stands in the third request."""
    delegates: str = ""

    def script(self, base: Path) -> str:
        def call(command: str) -> str:
            return f'{{name: {self.shell}, arguments: {{{self.argument}: "{command}", description: d}}}}'

        return f"""
rules:
  - match: {{text: sub task}}
    answer: {{text: sub finished}}
  - match: {{turn: 0}}
    answer: {{thinking: First., tool_calls: [{call("echo one > log; echo 2026")}]}}
  - match: {{turn: 1}}
    answer: {{tool_calls: [{call(f"cat {base}/world; echo two >> log")}{self.delegates}]}}
  - match: {{turn: 2}}
    answer: {{tool_calls: [{call("cat log")}]}}
otherwise: {{text: Done.}}
"""


HELPER = [{"name": "helper", "description": "helps", "prompt": "You help.", "tools": ["Bash"]}]
DELEGATES = ", {name: Agent, arguments: {subagent_type: helper, description: d, prompt: sub task}}"
AGENTS = {
    "builtin": Agent("Bash", "command", {"agents": HELPER}, "messages[4].content[0].content", DELEGATES),
    "claude_code": Agent("Bash", "command", {"agents": HELPER}, "messages[4].content[0].content", DELEGATES),
    "codex": Agent("exec_command", "cmd", {"model": GPT, "provider": "openai"}, "input[8].output"),
}


@pytest.fixture
def recorded(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ran:
    """A session that was recorded on another day than UTC's, which is the replay's."""
    (tmp_path / "world").write_text("old\n")
    agent = AGENTS[engine]
    with monkeypatch.context() as elsewhere:
        yesterday, tomorrow = "Etc/GMT+12", "Pacific/Kiritimati"
        elsewhere.setenv("TZ", yesterday if datetime.now(UTC).hour < 12 else tomorrow)
        return asyncio.run(
            run(tmp_path, agent.script(tmp_path), sessions("go"), engine=engine, **agent.fields)
        )


@pytest.mark.parametrize("engine", AGENTS)
def test_it_is_equal_without_key_or_network_until_something_changes(
    engine: str, recorded: Ran, tmp_path: Path
) -> None:
    before = fingerprint(recorded.work_dir), fingerprint(recorded.session().path)
    log = recorded.folder.path.parent.parent / "logs"
    (tmp_path / "script.yaml").rename(tmp_path / "away")  # nothing but the record can have answered
    done = offline(recorded, tmp_path, log)
    assert (done.code, done.tried) == (0, 0), done.err
    (told,) = json.loads(done.out)
    assert told["result"] == "equal", told
    assert told["answered"] == len(recorded.captures())
    assert told["cost_usd"] == 0
    replay = Ran(RunFolder(Path(told["path"])), read_meta(RunFolder(Path(told["path"]))), recorded.work_dir)
    checked(replay.folder)
    assert about_of(replay)["context_check"]["result"] == "equal", about_of(replay)
    assert {row["answered_by"] for row in replay.captures()} == {"record"}
    assert [name for *_, name in replay.changes()] == [name for *_, name in recorded.changes()]
    assert not list(log.rglob("*.jsonl"))  # no call was made that would be one

    (tmp_path / "world").write_text("new\n")
    (tmp_path / "away").rename(tmp_path / "script.yaml")
    replay = asyncio.run(offline_of(recorded.folder, keep_going=True, until=4, model=OTHER))
    told = about_of(replay)["offline"]
    (found,) = told["divergences"]
    assert (told["result"], told["handed_over"]) == ("diverged", True)
    assert (replay.meta.status, replay.steps()[-1]["message"]) == ("finished", "Done.")
    asked = [row for row in replay.captures() if "answered_by" not in row]
    assert [row["model"] for row in asked] == [OTHER]
    assert len(replay.captures()) == len(recorded.captures())
    assert (found["kind"], found["agent"], found["turn"], found["path"]) == (
        "differs",
        "main",
        3,
        AGENTS[engine].place,
    )
    assert (found["tool"]["name"], found["tool"]["turn"]) == (AGENTS[engine].shell, 2)
    assert [line for line in found["diff"] if line[0] in "-+"] == ["-old", "+new"]
    assert before == (fingerprint(recorded.work_dir), fingerprint(recorded.session().path))


def offline(recorded: Ran, base: Path, log: Path) -> Done:
    env = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ["HOME"],
        "TZ": "UTC",
        "TESSEN_LOG_DIR": str(log),
        "PYTHONPATH": str(ROOT),
    }
    command = [*HARNESS, "replay", str(recorded.folder.path), "--offline", "--json"]
    return alone(command, base / "tried", base, env)


def test_what_is_tried_is_counted(tmp_path: Path) -> None:
    reach = "import socket; s = socket.socket({}); s.settimeout(5); s.connect(({!r}, 443))"
    for family, host in (("", "192.0.2.1"), ("socket.AF_INET6", "2001:db8::1")):
        command = [sys.executable, "-c", reach.format(family, host)]
        done = alone(command, tmp_path / "tried", tmp_path, {"PATH": os.environ["PATH"]})
        assert done.tried > 0, host
        assert "unreachable" in done.err
