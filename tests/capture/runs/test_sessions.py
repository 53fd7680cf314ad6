"""What a session starts from: whose conversation, whose files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from capture.engines import isolation
from capture.engines.builtin.engine import BuiltinEngine, BuiltinRun
from capture.engines.interface import EngineError, Launch
from capture.proxy.dumps import read_request
from tests.runs import Ran, files_in, run, sessions

WRITES = """
rules:
  - match: {text: write, tool_result: false}
    answer:
      text: I write.
      tool_calls:
        - {name: Bash, arguments: {command: "echo '{{last_user}}' >> notes; echo {{number}} > last"}}
otherwise: {text: "done with {{last_user}}"}
"""


def asked(ran: Ran, index: int, replicate: int | None = None) -> list[str]:
    """The texts of the first request's messages."""
    body = json.loads(read_request(ran.session(index, replicate).path, 1))
    return [_words(message["content"]) for message in body["messages"]]


def _words(content: object) -> str:
    if isinstance(content, str):
        return content
    assert isinstance(content, list)
    return "+".join(str(block.get("text", block["type"])) for block in content)


async def test_isolated_sessions_share_files_and_nothing_else(tmp_path: Path) -> None:
    ran = await run(tmp_path, WRITES, sessions("write one", "write two"))
    assert asked(ran, 2) == ["write two"]
    assert (ran.work_dir / "notes").read_text() == "write one\nwrite two\n"
    assert ran.session_meta(1).session_id != ran.session_meta(2).session_id
    assert [step["step_id"] for step in ran.steps(2)] == [1, 2, 3]


async def test_chained_sessions_go_on_with_the_conversation(tmp_path: Path) -> None:
    ran = await run(tmp_path, WRITES, sessions("write one", "write two"), session_mode="chained")
    assert asked(ran, 2) == [
        "write one",
        "I write.+tool_use",
        "tool_result",
        "done with write one",
        "write two",
    ]
    first, second = ran.session_meta(1), ran.session_meta(2)
    assert second.resumed_from == first.session_id == second.session_id
    steps = ran.steps(2)
    assert [step.get("is_copied_context", False) for step in steps] == [True, True, True, False, False, False]
    assert (second.step_count, second.num_turns) == (3, 2)  # this session's own
    assert [turn["turn_index"] for turn in turns(ran, 2)] == [1, 2]
    assert ran.changes()[-2:] == [(2, 5, "last"), (2, 5, "notes")]
    assert "write one" not in ran.session(2).diff.read_text().replace(" write one", "")  # only as context


async def test_forked_sessions_start_from_the_first_ones_end(tmp_path: Path) -> None:
    ran = await run(
        tmp_path, WRITES, sessions("write one", "write two", "write three"), session_mode="forked"
    )
    for index, word in ((2, "two"), (3, "three")):
        assert asked(ran, index)[0::4] == ["write one", f"write {word}"]
        assert ran.session_meta(index).fork_from == 1
        assert ran.session_meta(index).session_id != ran.session_meta(1).session_id
        patch = ran.session(index).diff.read_text()
        assert f"+write {word}" in patch
        assert "+write one" not in patch
    assert (ran.work_dir / "notes").read_text() == "write one\nwrite three\n"


async def test_fork_from_beats_the_mode(tmp_path: Path) -> None:
    listed = sessions("write one", "write two", "write three")
    listed[2]["fork_from"] = 1
    ran = await run(tmp_path, WRITES, listed, session_mode="isolated")
    assert asked(ran, 3)[0::4] == ["write one", "write three"]
    assert (ran.work_dir / "notes").read_text() == "write one\nwrite three\n"


@pytest.mark.parametrize("mounts", [True, False])
async def test_replicates_are_independent_and_leave_the_original_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mounts: bool
) -> None:
    if not mounts:
        monkeypatch.setattr(isolation, "_unshare", lambda: None)
    work = tmp_path / "work"
    script = f"""
rules:
  - match: {{text: write, tool_result: false}}
    answer:
      tool_calls: [{{name: Bash, arguments: {{command: "ls {work}; echo {{{{number}}}} >> {work}/notes"}}}}]
  - match: {{text: again, tool_result: false}}
    answer:
      tool_calls: [{{name: Bash, arguments: {{command: "cat notes; ls; echo $$ >> notes; pwd > place"}}}}]
otherwise: {{text: done}}
"""
    listed = sessions("write", "again")
    listed[1] |= {"fork_from": 1, "count": 3}
    ran = await run(tmp_path, script, listed)
    assert ran.meta.status == "finished"
    assert {session.path.name for session in ran.folder.sessions()} == {
        *("session_01", "session_02_r01", "session_02_r02", "session_02_r03")
    }
    assert sorted(files_in(work)) == ["MEMORY.md", "notes"]  # no replicate wrote here
    assert (work / "notes").read_text() == "1\n"
    said = set()
    for number in (1, 2, 3):
        meta = ran.session_meta(2, number)
        assert (meta.replicate, meta.replicate_count, meta.fork_from) == (number, 3, 1)
        assert meta.path_isolation == ("mount" if mounts else "rewrite")
        result = ran.steps(2, number)[-2]["observation"]["results"][0]["content"]
        assert result == "1\nMEMORY.md\nnotes\n"  # and none saw what another did
        patch = ran.session(2, number).diff.read_text()
        said.add(patch)
        assert "+++ b/place" in patch
        assert (f"+{work}\n" in patch) is mounts
    assert len(said) == 3
    assert {name for _, _, name in ran.changes()} == {"notes", "place"}
    assert len({meta.session_id for meta in ran.meta.sessions}) == 4


async def test_after_replicates_the_first_is_gone_on_from(tmp_path: Path) -> None:
    listed = sessions("write one", "write two")
    listed[0]["count"] = 2
    ran = await run(tmp_path, WRITES, listed, session_mode="chained")
    assert ran.session_meta(2).resumed_from == ran.session_meta(1, 1).session_id
    assert (ran.work_dir / "notes").read_text() == "write one\nwrite two\n"


async def test_a_session_overrides_the_runs_prompt_and_is_told_where_it_is(tmp_path: Path) -> None:
    listed = sessions("one", "two")
    listed[1]["system_prompt"] = "Be brief."
    ran = await run(tmp_path, "rules: []", listed, system_prompt="Be kind.\n", memory_file="n/NOTES.md")
    place = f"Your working directory is {ran.work_dir}.\nYour notes are in {ran.work_dir}/n/NOTES.md."
    systems = [json.loads(read_request(ran.session(n).path, 1))["system"] for n in (1, 2)]
    assert systems == [f"Be kind.\n\n{place}", f"Be brief.\n\n{place}"]
    assert (ran.work_dir / "n/NOTES.md").read_text() == "# Notes\n"


async def test_notes_that_are_there_stay(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work/MEMORY.md").write_text("mine")
    ran = await run(tmp_path, "rules: []", sessions("go"), memory_seed="other")
    assert (ran.work_dir / "MEMORY.md").read_text() == "mine"


async def test_what_cannot_start_is_left_out_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = BuiltinEngine.start

    async def fails_once(engine: BuiltinEngine, launch: Launch) -> BuiltinRun:
        if launch.prompt == "one":
            raise EngineError("no room")
        return await start(engine, launch)

    monkeypatch.setattr(BuiltinEngine, "start", fails_once)
    listed = sessions("one", "two", "three")
    listed[2]["fork_from"] = 1
    ran = await run(tmp_path, "rules: []", listed)
    assert [(meta.stop_reason, meta.error) for meta in ran.meta.sessions] == [
        ("error", "no room"),
        ("completed", None),
    ]
    assert ran.meta.errors == [
        "session 1: no room",
        "session 3: left out, for there is no conversation of session 1 to go on from",
    ]
    assert ran.meta.status == "failed"


async def test_the_working_directory_can_be_put_back(tmp_path: Path) -> None:
    work = tmp_path / "work"
    (work / "sub").mkdir(parents=True)
    (work / "sub/keep").write_text("keep")
    (work / "link").symlink_to("sub/keep")
    before = files_in(work)
    script = """
rules:
  - match: {turn: 0}
    answer:
      tool_calls: [{name: Bash, arguments: {command: "rm -r sub link; echo x > new; echo n >> MEMORY.md"}}]
otherwise: {text: done}
"""
    ran = await run(tmp_path, script, sessions("go"), revert_work_dir=True)
    assert files_in(work) == before
    assert len(ran.changes()) == 4


def turns(ran: Ran, index: int) -> list[dict[str, int]]:
    found: list[dict[str, int]] = json.loads(ran.session(index).uuid_map.read_bytes())["turns"]
    return found
