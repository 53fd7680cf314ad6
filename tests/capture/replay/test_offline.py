"""Offline replays of the builtin engine: what is answered, what is found, and where a model takes over."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from capture.proxy.dumps import export, read_request
from capture.replay.source import find_source
from capture.replay.turns import turns_of
from tests.replays import about_of, fingerprint, offline_of
from tests.runs import Ran, run, sessions

Json = dict[str, Any]

SCRIPT = """
rules:
  - match: {model: stranger, turn: 3}
    answer: {text: Farewell., usage: {input: 10, output: 5}}
  - match: {model: stranger, turn: 2}
    answer: {tool_calls: [{name: Bash, arguments: {command: "echo stranger >> log"}}]}
  - match: {text: part, tool_result: true}
    answer: {text: "{{last_user}} is done"}
  - match: {text: part-one}
    answer: {tool_calls: [{name: Bash, arguments: {command: "cat BASE/one"}}]}
  - match: {text: part-two}
    answer: {tool_calls: [{name: Bash, arguments: {command: "cat BASE/two"}}]}
  - match: {turn: 0}
    answer:
      tool_calls: [{name: Write, arguments: {file_path: "BASE/work/log", content: "begun\\n"}}]
      usage: {input: 100, output: 10}
  - match: {turn: 1}
    answers:
      - OVERLOADED
      - tool_calls:
          - {name: Agent, arguments: {subagent_type: worker, prompt: part-one}}
          - {name: Agent, arguments: {subagent_type: worker, prompt: part-two}}
        usage: {input: 200, output: 10}
  - match: {turn: 2}
    answer: {tool_calls: [{name: Bash, arguments: {command: "cat log; sh BASE/check"}}]}
otherwise: {text: Done.}
"""
AGENTS = [{"name": "worker", "description": "works", "prompt": "You work.", "tools": ["Bash"]}]


@pytest.fixture
async def recorded(tmp_path: Path) -> Ran:
    """A session of four turns and two subagents."""
    return await made(tmp_path, "")


async def made(base: Path, overloaded: str) -> Ran:
    for name, content in (("one", "1\n"), ("two", "2\n"), ("check", "echo fine\n")):
        (base / name).write_text(content)
    script = SCRIPT.replace("      - OVERLOADED\n", overloaded).replace("BASE", str(base))
    return await run(base, script, sessions("go"), agents=AGENTS)


def offline(ran: Ran) -> Json:
    found: Json = about_of(ran)["offline"]
    return found


async def test_what_changed_is_named_and_nobody_waits_for_an_overload_again(
    tmp_path: Path,
) -> None:
    recorded = await made(tmp_path, "      - {error: {status: 529}}\n")
    assert [row["status"] for row in recorded.captures()].count(529) == 1
    ran = await offline_of(recorded.folder)
    assert offline(ran)["result"] == "equal", offline(ran)
    assert offline(ran)["answered"] == len(recorded.captures()) - 1 == len(ran.captures())
    assert {row["status"] for row in ran.captures()} == {200}
    assert ran.meta.total_cost_usd == 0
    assert (recorded.meta.total_cost_usd or 0) > 0

    (tmp_path / "two").write_text("two\n")  # which a subagent reads
    (tmp_path / "check").write_text("echo broken; exit 3\n")
    ran = await offline_of(recorded.folder, keep_going=True)
    first, second = offline(ran)["divergences"]
    assert (first["agent"].partition(" ")[0], first["turn"]) == ("subagent", 2)
    assert (first["path"], first["recorded"], first["now"]) == (
        "messages[2].content[0].content",
        "2\n",
        "two\n",
    )
    assert (second["agent"], second["turn"], second["tool"]["turn"]) == ("main", 4, 3)
    assert second["tool"]["arguments"]["command"].startswith("cat log; sh ")
    assert "+exit code 3" in second["diff"]
    assert second["paths"] == ["messages[6].content[0].content", "messages[6].content[0].is_error"]
    assert ran.session_meta().stop_reason == "completed"

    ran = await offline_of(recorded.folder)
    (only,) = offline(ran)["divergences"]
    assert only == first | {"replayed_as": only["replayed_as"], "agent": only["agent"]}
    asked = read_request(ran.session().path, only["replayed_as"])
    assert json.loads(asked)["messages"][2]["content"][0]["content"] == "two\n"
    ignoring = [re.compile("1|2|two|(?s:fine.*|broken.*)")]
    ran = await offline_of(recorded.folder, ignore=ignoring, ignore_paths=[re.compile("is_error$")])
    assert offline(ran)["result"] == "equal"
    assert "ignored" in offline(ran)["left_out"]


async def test_of_files_under_another_path_the_original_is_left_alone(
    recorded: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("capture.replay.replay.can_overlay", lambda: False)
    (recorded.work_dir / "log").write_text("mine now\n")
    before = fingerprint(recorded.work_dir)
    ran = await offline_of(recorded.folder)
    assert about_of(ran)["path_isolation"] == "rewrite"
    assert (offline(ran)["result"], offline(ran)["left_out"]) == ("equal", ["paths"]), offline(ran)
    assert [name for *_, name in ran.changes()] == ["log"]
    assert fingerprint(recorded.work_dir) == before


async def test_it_begins_at_any_turn_of_any_session_and_can_itself_be_replayed(tmp_path: Path) -> None:
    script = SCRIPT.replace("      - OVERLOADED\n", "").replace("BASE", str(tmp_path))
    for name in ("one", "two", "check"):
        (tmp_path / name).write_text(f"echo {name}\n")
    recorded = await run(tmp_path, script, sessions("go", "more"), agents=AGENTS, session_mode="chained")
    ran = await offline_of(recorded.folder, session=2)
    assert offline(ran)["result"] == "equal", offline(ran)
    ran = await offline_of(recorded.folder, 3)
    assert (offline(ran)["result"], offline(ran)["answered"]) == ("equal", 2)
    again = await offline_of(ran.folder)
    assert (offline(again)["result"], offline(again)["answered"]) == ("equal", 2)


async def test_an_agent_may_ask_less_or_more_than_it_had(recorded: Ran) -> None:
    config = recorded.folder.config
    before = config.read_text()
    config.write_text(re.sub(r"(?m)^max_turns: .*", "max_turns: 3", before))
    ran = await offline_of(recorded.folder)
    (told,) = offline(ran)["divergences"]
    assert (told["kind"], told["agent"], told["turn"]) == ("not_asked", "main", 4)
    config.write_text(before)

    dumps = recorded.session().dumps
    last = max(dumps.glob("response_???.txt"))
    last.unlink()
    ran = await offline_of(recorded.folder)
    assert offline(ran)["result"] == "equal"
    assert ran.session_meta().stop_reason == "interrupted"
    assert ran.captures()[-1]["outcome"] == "cut"
    row = json.loads(recorded.session().captures.read_bytes().splitlines()[-1])
    for path in dumps.glob(f"*_{row['request_index']:03d}*"):
        path.unlink()
    ran = await offline_of(recorded.folder)
    (told,) = offline(ran)["divergences"]
    assert (told["kind"], told["turn"], told["request"]) == ("not_on_record", 5, None)


@pytest.mark.parametrize(
    ("answer", "limits", "ended"),
    [
        ('{error: {status: 400, message: "no"}}', {}, "error"),
        ("{text: Enough.}", {"max_turns": 1}, "max_turns"),
    ],
)
async def test_it_ends_as_the_session_had_ended(
    tmp_path: Path, answer: str, limits: Json, ended: str
) -> None:
    script = f"""
rules:
  - match: {{turn: 0}}
    answer: {{tool_calls: [{{name: Bash, arguments: {{command: "cat {tmp_path}/world"}}}}]}}
otherwise: {answer}
"""
    (tmp_path / "world").write_text("round\n")
    recorded = await run(tmp_path, script, sessions("go"), **limits)
    assert recorded.session_meta().stop_reason == ended
    config = recorded.folder.config  # without the limit the replay comes to the end of the record
    config.write_text(re.sub(r"(?m)^max_turns: .*", "max_turns: 9", config.read_text()))
    ran = await offline_of(recorded.folder)
    assert (offline(ran)["result"], ran.session_meta().stop_reason) == ("equal", ended), offline(ran)
    if ended == "error":
        (tmp_path / "world").write_text("flat\n")
        (told,) = offline(await offline_of(recorded.folder))["divergences"]
        assert (told["turn"], told["tool"]["turn"]) == (2, 1)  # which had no answer that would be a turn


async def test_from_a_turn_on_another_model_takes_over(recorded: Ran) -> None:
    ran = await offline_of(recorded.folder, until=3, model="stranger")
    told = offline(ran)
    assert (told["result"], told["handed_over"]) == ("equal", True), told
    assert told["handover"] == {"turn": 3, "model": "stranger"}
    rows = ran.captures()
    live = [row for row in rows if row.get("answered_by") != "record"]
    assert [row["model"] for row in live] == ["stranger", "stranger"]
    assert len(rows) - len(live) == told["answered"] == 6
    then = max(row["request_index"] for row in recorded.captures() if row["message_count"] == 5)
    before = read_request(recorded.session().path, then)
    after = read_request(ran.session().path, live[0]["request_index"])
    assert after == before.replace(recorded.meta.model.encode(), b"stranger")  # to the byte
    assert (ran.steps()[-1]["message"], ran.steps()[-1]["model_name"]) == ("Farewell.", "stranger")
    assert ran.meta.total_cost_usd is None  # of the stranger no price is known
    assert "+stranger" in ran.folder.diff.read_text()


async def test_a_session_as_agentlens_records_it(recorded: Ran) -> None:
    as_agentlens(recorded)
    source = find_source(recorded.folder, 1, None)
    assert [turn.request for turn in turns_of(source)] == [2, 3, 8, 9]
    ran = await offline_of(recorded.folder)
    assert (offline(ran)["result"], offline(ran)["answered"]) == ("equal", 8), offline(ran)
    assert about_of(ran)["context_check"]["result"] == "equal"


def as_agentlens(ran: Ran) -> None:
    """Make a run's session one of AgentLens's: a title was asked for first, and taken for a turn's."""
    session = ran.session()
    export(session.path)
    for path in sorted(session.dumps.iterdir(), reverse=True):
        kind, number, rest = re.fullmatch(r"(\w+?)_(\d+)(.*)", path.name).groups()
        path.rename(path.with_name(f"{kind}_{int(number) + 1:03d}{rest}"))
    head = {"method": "POST", "path": "/v1/messages", "headers": {"X-Claude-Code-Session-Id": "s"}}
    (session.dumps / "request_001_headers.json").write_text(json.dumps(head))
    (session.dumps / "request_001.json").write_text('{"model": "m", "messages": [{"role": "user"}]}')
    kept = ("timestamp", "agent_context", "model", "message_count", "usage")
    rows = [
        {"request_index": row["request_index"] + 1, **{name: row[name] for name in kept if name in row}}
        for row in ran.captures()
    ]
    rows.insert(0, rows[0] | {"request_index": 1})
    session.captures.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
