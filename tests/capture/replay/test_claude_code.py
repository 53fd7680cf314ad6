"""Replays with the real Claude Code: what it asks again is what it had asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from capture.engines.claude_code.midway import MARKER
from capture.proxy.dumps import read_request
from tests.replays import about_of, replayed
from tests.runs import Ran, run, sessions

Json = dict[str, Any]
SCRIPT = """
rules:
  - match: {text: Never mind}
    answer: {text: Stopped.}
  - match: {text: sub task}
    answer: {text: sub finished}
  - match: {text: go, turn: 0}
    answer:
      thinking: I think first.
      text: One.
      tool_calls:
        - {name: Bash, arguments: {command: "echo one >> log", description: d}}
        - {name: Write, arguments: {file_path: "WORK/made", content: "made\\n"}}
  - match: {text: go, turn: 1}
    answer:
      tool_calls:
        - {name: Bash, arguments: {command: "cat log; echo two >> 'WORK/log'; rm made", description: d}}
        - {name: Agent, arguments: {subagent_type: helper, description: d, prompt: sub task}}
  - match: {text: more, tool_result: false}
    answer: {tool_calls: [{name: Bash, arguments: {command: "echo more >> log", description: d}}]}
otherwise: {text: Done.}
"""
HELPER = [{"name": "helper", "description": "helps", "prompt": "You help.", "tools": ["Bash"]}]


def body(ran: Ran, request: int, index: int = 1) -> Json:
    found: Json = json.loads(read_request(ran.session(index).path, request))
    return found


async def test_turns_are_replayed(tmp_path: Path) -> None:
    work = tmp_path / "my proj.v2 @home"
    listed = sessions("go", "more")
    original = await run(
        tmp_path,
        SCRIPT.replace("WORK", str(work)),
        listed,
        engine="claude_code",
        work_dir=work,
        session_mode="chained",
        system_prompt="You are careful.",
        agents=HELPER,
    )
    (ran,) = await replayed(original.folder, 2)
    about = about_of(ran)
    assert (about["context_check"]["result"], about["path_isolation"]) == ("equal", "mount"), about
    assert body(ran, 1)["messages"] == body(original, 2)["messages"]
    assert body(ran, 1)["system"] == body(original, 2)["system"]
    assert body(ran, 1)["tools"] == body(original, 2)["tools"]
    assert ran.meta.status == "finished", ran.meta.errors
    own = [step for step in ran.steps() if not step.get("is_copied_context")]
    assert own[0]["observation"]["results"][0]["content"] == "one"
    assert [name for *_, name in ran.changes()] == ["log", "made"]
    assert own[-1]["message"] == "Done."
    later = read_request(ran.session().path, ran.captures()[-1]["request_index"])
    assert MARKER.encode() not in later

    (first,) = await replayed(original.folder, 1, session=2)
    assert about_of(first)["context_check"]["result"] == "equal", about_of(first)
    (again,) = await replayed(ran.folder, 2, prompt="Never mind.")
    assert about_of(again)["context_check"]["result"] == "equal", about_of(again)
    assert "Never mind." in str(body(again, 1)["messages"][-1])
    assert "tool_result" in str(body(again, 1)["messages"][-1])
    assert again.steps()[-1]["message"] == "Stopped."
