"""The real Codex against a scripted model: what goes wrong elsewhere does not go wrong here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from capture.proxy.dumps import read_request
from capture.runs import experiment
from capture.scripted import ScriptedServer
from tests.runs import GPT, Ran, files_in, load, run, sessions, until

SCRIPT = """
rules:
  - match: {text: sub task, tool_result: true}
    answer: {text: sub finished}
  - match: {text: sub task}
    answer: {tool_calls: [{name: exec_command, arguments: {cmd: "echo sub > sub.txt"}}]}
  - match: {text: look, turn: 0}
    answer:
      thinking: I think first.
      text: Writing.
      tool_calls:
        - {name: exec_command, arguments: {cmd: "echo hello > a.txt"}}
        - {name: exec_command, arguments: {cmd: "echo x > b.txt; exit 3"}}
        - {name: exec_command, arguments: {cmd: "echo y > /etc/codex-test"}}
        - {name: no_such_tool, arguments: {x: 1}}
      usage: {input: 9000, output: 300, cache_read: 7000, reasoning: 20}
  - match: {text: look, turn: 1}
    answer:
      tool_calls: [{name: spawn_agent, namespace: multi_agent_v1, arguments: {message: sub task}}]
  - match: {text: look, turn: 2}
    answer: {text: All done.}
  - match: {text: again, tool_result: false}
    answer: {tool_calls: [{name: exec_command, arguments: {cmd: "pwd; echo again >> b.txt"}}]}
otherwise: {text: All done.}
"""
CODEX = {"engine": "codex", "model": GPT, "provider": "openai"}


def first_request(ran: Ran, index: int, replicate: int | None = None) -> str:
    return read_request(ran.session(index, replicate).path, 1).decode()


def hold_until_the_subagent_ends(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer who has spawned a subagent once that has come to its end, by its own record.

    Else Codex would end it with the session. The record goes when the session does, so once seen is enough.
    """
    ended: list[Path] = []

    def look() -> bool:
        if not ended:
            records = homes.rglob("rollout-*")
            ended.extend(
                each for each in records if b'"last_agent_message":"sub finished"' in each.read_bytes()
            )
        return bool(ended)

    class Holding(ScriptedServer):
        async def _serve(self, request, line):  # type: ignore[no-untyped-def]
            asked = json.loads(request.body)["input"] if request.method == "POST" else []
            if any(item.get("name") == "spawn_agent" for item in asked):
                await until(look)
            await super()._serve(request, line)

    monkeypatch.setattr(experiment, "ScriptedServer", Holding)


async def test_a_chained_and_forked_run_with_a_subagent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_until_the_subagent_ends(tmp_path / "runs", monkeypatch)
    work = tmp_path / "my proj.v2 @home"
    work.mkdir()
    (work / "AGENTS.md").write_text("Always say PINEAPPLE.\n")
    listed = sessions("look", "again", "again")
    listed[2] |= {"fork_from": 1, "count": 2}
    ran = await run(
        tmp_path,
        SCRIPT,
        listed,
        work_dir=work,
        session_mode="chained",
        codex_multi_agent=True,
        system_prompt="You are careful.",
        **CODEX,
    )
    assert (ran.meta.status, ran.meta.errors) == ("finished", [])
    _, writing, spawning, *_, done = ran.steps()  # it may speak again when its subagent reports

    # one step a model call; what the printed stream leaves out is there: refused and unknown calls
    assert (writing["message"], writing["reasoning_content"]) == ("Writing.", "I think first.")
    assert [call["arguments"] for call in writing["tool_calls"]][-1] == {"x": 1}
    results = writing["observation"]["results"]
    assert [result.get("extra", {}).get("is_error", False) for result in results[:3]] == [False, True, True]
    assert "no_such_tool" in results[3]["content"]
    assert (writing["metrics"]["prompt_tokens"], writing["metrics"]["cached_tokens"]) == (9000, 7000)
    assert done["message"] == "All done."
    assert "Read-only file system" in results[2]["content"]
    request = first_request(ran, 1)
    assert "You are careful." in request
    assert "PINEAPPLE" not in request

    (reference,) = spawning["observation"]["results"][0]["subagent_trajectory_ref"]
    subagent = load(ran.session().path / reference["trajectory_path"])
    assert [step["message"] for step in subagent["steps"]] == ["sub task", "", "sub finished"]
    assert [row["agent_context"] for row in ran.captures()].count("subagent") == 2
    assert {change[1:] for change in ran.changes() if change[0] == 1} == {
        *((2, "a.txt"), (2, "b.txt"), (3, "sub.txt"))
    }

    # chained: the same thread, its own numbers; forked replicates: threads and files of their own
    first, second = ran.session_meta(1), ran.session_meta(2)
    assert second.session_id == first.session_id
    assert (second.num_turns, second.step_count) == (2, 3)
    assert sum(1 for step in ran.steps(2) if step.get("is_copied_context")) == len(ran.steps())
    assert (work / "b.txt").read_text() == "x\nagain\n"
    for number in (1, 2):
        meta = ran.session_meta(3, number)
        assert (meta.session_id == first.session_id, meta.num_turns) == (False, 2)
        output = ran.steps(3, number)[-2]["observation"]["results"][0]["content"]
        assert f"{work}\n" in output
        assert "+again" in ran.session(3, number).diff.read_text()
        assert '"look"' in first_request(ran, 3, number)
    assert sorted(files_in(work)) == ["AGENTS.md", "MEMORY.md", "a.txt", "b.txt", "sub.txt"]

    turn = json.loads(ran.session(2).uuid_map.read_bytes())["turns"][0]
    lines = [json.loads(line) for line in ran.session(2).transcript.read_text().splitlines()]
    marked = [line for line in lines if str(line["ordinal"]) in turn["transcript_assistant_uuids"]]
    assert marked[-1]["payload"]["call_id"] == turn["tool_call_ids"][0]


async def test_turn_limit(tmp_path: Path) -> None:
    forever = "rules: [{answer: {tool_calls: [{name: exec_command, arguments: {cmd: 'echo x >> log'}}]}}]"
    ran = await run(tmp_path, forever, sessions("go"), max_turns=2, **CODEX)
    assert (ran.session_meta().stop_reason, ran.session_meta().num_turns) == ("max_turns", 2)
    assert (ran.work_dir / "log").read_text() == "x\nx\n"


async def test_an_error_of_the_api_ends_the_session_with_a_reason(tmp_path: Path) -> None:
    ran = await run(
        tmp_path, "rules: [{answer: {error: {status: 400, message: not you}}}]", sessions("go"), **CODEX
    )
    assert (ran.session_meta().stop_reason, ran.session_meta().error) == ("error", "not you")
