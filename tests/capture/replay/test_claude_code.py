"""Replays with the real Claude Code: what it asks again is what it had asked."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from capture.engines.claude_code.midway import MARKER
from capture.proxy.dumps import read_request
from tests.agentlens import as_agentlens_left_it
from tests.replays import about_of, replayed, resampled
from tests.runs import Ran, load, run, sessions

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


def body(ran: Ran, request: int, index: int = 1, replicate: int | None = None) -> Json:
    found: Json = json.loads(read_request(ran.session(index, replicate).path, request))
    return found


async def test_turns_of_agentlens_and_of_replicates_and_replays_are_replayed(tmp_path: Path) -> None:
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
    as_agentlens_left_it(original.folder)
    transcript = original.session().transcript  # as if it had been another day
    text, days = re.subn(r'("type":"date","date":")[-\d]+', r"\g<1>2020-02-02", transcript.read_text())
    assert days == 1
    transcript.write_text(text)
    (ran,) = await replayed(original.folder, 2, go_on=True)
    about = about_of(ran)
    assert (about["context_check"]["result"], about["path_isolation"]) == ("equal", "mount"), about
    assert body(ran, 1)["messages"] == body(original, 2)["messages"]
    assert body(ran, 1)["system"] == body(original, 2)["system"]
    assert body(ran, 1)["tools"] == body(original, 2)["tools"]
    assert ran.meta.status == "finished", ran.meta.errors
    assert ran.session_meta(2).resumed_from == ran.session_meta(1).session_id
    assert " two\n+more\n" in ran.session(2).diff.read_text()  # to the log as the replay left it
    own = [step for step in ran.steps() if not step.get("is_copied_context")]
    assert own[0]["observation"]["results"][0]["content"] == "one"
    assert [(index, name) for index, _, name in ran.changes()] == [(1, "log"), (1, "made"), (2, "log")]
    assert own[-1]["message"] == "Done."
    later = read_request(ran.session().path, ran.captures()[-1]["request_index"])
    assert MARKER.encode() not in later

    more = await resampled(original.folder, 2)
    about = load(more.session(2, 2).resampled)
    assert about["context_check"]["result"] == "equal", about
    assert body(more, 1, 2, 2)["messages"] == body(original, 1, 2)["messages"]
    assert more.session_meta(2, 2).session_id != more.session_meta(2).session_id
    (first,) = await replayed(original.folder, 1, session=2, replicate=2)
    assert about_of(first)["context_check"]["result"] == "equal", about_of(first)
    (again,) = await replayed(ran.folder, 2, prompt="Never mind.")
    assert about_of(again)["context_check"]["result"] == "equal", about_of(again)
    assert "Never mind." in str(body(again, 1)["messages"][-1])
    assert "tool_result" in str(body(again, 1)["messages"][-1])
    assert again.steps()[-1]["message"] == "Stopped."
