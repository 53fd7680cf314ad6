"""Replays with the real Codex: what it asks again is what it had asked."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from capture.proxy.dumps import read_request
from tests.replays import about_of, replayed
from tests.runs import GPT, Ran, run, sessions

Json = dict[str, Any]
SCRIPT = """
rules:
  - match: {text: Never mind}
    answer: {text: Stopped.}
  - match: {text: go, turn: 0}
    answer:
      thinking: I think first.
      text: One.
      tool_calls:
        - {name: exec_command, arguments: {cmd: "echo one >> log"}}
        - {name: exec_command, arguments: {cmd: "echo made > made"}}
  - match: {text: go, turn: 1}
    answer: {tool_calls: [{name: exec_command, arguments: {cmd: "cat log; echo two >> WORK/log; rm made"}}]}
  - match: {text: more, tool_result: false}
    answer: {tool_calls: [{name: exec_command, arguments: {cmd: "echo more >> log"}}]}
otherwise: {text: Done.}
"""


def body(ran: Ran, request: int, index: int = 1) -> Json:
    found: Json = json.loads(read_request(ran.session(index).path, request))
    return found


async def test_turns_are_replayed(tmp_path: Path) -> None:
    original = await run(
        tmp_path,
        SCRIPT.replace("WORK", str(tmp_path / "work")),
        sessions("go", "more"),
        engine="codex",
        model=GPT,
        provider="openai",
        session_mode="chained",
        system_prompt="You are careful.",
    )
    transcript = original.session().transcript  # as if it had been another day
    transcript.write_text(re.sub(r'("current_date":")[-\d]+', r"\g<1>2020-02-02", transcript.read_text()))
    (ran,) = await replayed(original.folder, 2)
    about = about_of(ran)
    assert (about["context_check"]["result"], about["path_isolation"]) == ("equal", "mount"), about
    assert body(ran, 1)["input"][1:] == body(original, 2)["input"][1:]
    assert body(ran, 1)["tools"] == body(original, 2)["tools"]
    assert (ran.meta.status, ran.meta.errors) == ("finished", [])
    own = [step for step in ran.steps() if not step.get("is_copied_context")]
    assert "one" in own[0]["observation"]["results"][0]["content"]
    assert [name for *_, name in ran.changes()] == ["log", "made"]
    assert own[-1]["message"] == "Done."

    (first,) = await replayed(original.folder, 1, session=2)
    assert about_of(first)["context_check"]["result"] == "equal", about_of(first)
    (again,) = await replayed(ran.folder, 2, prompt="Never mind.")
    assert about_of(again)["context_check"]["result"] == "equal", about_of(again)
    assert "Never mind." in str(body(again, 1)["input"][-1])
    assert body(again, 1)["input"][-2]["type"] == "function_call_output"
    assert again.steps()[-1]["message"] == "Stopped."
