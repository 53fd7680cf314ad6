"""Replays with the real Codex: what it asks again is what it had asked."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from capture.proxy.dumps import read_request
from tests.replays import about_of, replayed, resampled
from tests.runs import GPT, Ran, load, run, sessions

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


def body(ran: Ran, request: int, index: int = 1, replicate: int | None = None) -> Json:
    found: Json = json.loads(read_request(ran.session(index, replicate).path, request))
    return found


async def test_turns_of_runs_and_of_replicates_and_replays_are_replayed(tmp_path: Path) -> None:
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
    more = await resampled(original.folder, 2)
    about = load(more.session(2, 2).resampled)
    assert about["context_check"]["result"] == "equal", about
    assert about["context_check"]["left_out"][-3:] == [
        *("input[13].id", "input[13], the folder of skills", "input[14].id")
    ]
    assert more.session_meta(2, 2).session_id != more.session_meta(2).session_id
    (ran,) = await replayed(original.folder, 2, go_on=True)
    about = about_of(ran)
    assert (about["context_check"]["result"], about["path_isolation"]) == ("equal", "mount"), about
    assert body(ran, 1)["input"][1:] == body(original, 2)["input"][1:]
    assert body(ran, 1)["tools"] == body(original, 2)["tools"]
    assert (ran.meta.status, ran.meta.errors) == ("finished", [])
    assert ran.session_meta(2).resumed_from == ran.session_meta(1).session_id
    assert " two\n+more\n" in ran.session(2).diff.read_text()  # to the log as the replay left it
    own = [step for step in ran.steps() if not step.get("is_copied_context")]
    assert "one" in own[0]["observation"]["results"][0]["content"]
    assert [(index, name) for index, _, name in ran.changes()] == [(1, "log"), (1, "made"), (2, "log")]
    assert own[-1]["message"] == "Done."

    (first,) = await replayed(original.folder, 1, session=2, replicate=2)
    assert about_of(first)["context_check"]["result"] == "equal", about_of(first)
    (again,) = await replayed(ran.folder, 2, prompt="Never mind.")
    assert about_of(again)["context_check"]["result"] == "equal", about_of(again)
    assert "Never mind." in str(body(again, 1)["input"][-1])
    assert body(again, 1)["input"][-2]["type"] == "function_call_output"
    assert again.steps()[-1]["message"] == "Stopped."
