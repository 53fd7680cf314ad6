"""New replicates of sessions: from where the session began, in a run that stays as it was."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from capture.engines import isolation
from capture.proxy.dumps import read_request
from capture.replay.fork_point import find_fork_point
from capture.replay.source import ReplayError
from capture.runs.folder import RunFolder, lock_run
from tests.agentlens import as_agentlens_left_it
from tests.replays import about_of, replayed, resampled
from tests.runs import Ran, load, run, sessions

WRITES = """
rules:
  - match: {text: write, tool_result: false}
    answer:
      text: I write.
      tool_calls:
        - {name: Bash, arguments: {command: "cat notes; echo '{{last_user}}' >> notes; pwd > where"}}
      usage: {input: 1000, output: 10}
otherwise: {text: "done with {{last_user}}", usage: {input: 2000, output: 10}}
"""


def seen(ran: Ran, index: int, replicate: int | None = None) -> str:
    """What the notes held when the session looked at them."""
    own = [step for step in ran.steps(index, replicate) if not step.get("is_copied_context")]
    content: str = own[1]["observation"]["results"][0]["content"]
    return content


async def test_replicates_begin_where_their_session_began(tmp_path: Path) -> None:
    listed = sessions("write one", "write two", "write three")
    listed[2] |= {"fork_from": 1, "count": 2}
    before = await run(tmp_path, WRITES, listed, session_mode="chained")
    ran = await resampled(before.folder, 2, count=2, parallel=1)  # chained: from a copy of the conversation
    assert [each.name for each in ran.meta.sessions] == [*("1", "2", "2 r02", "2 r03", "3 r01", "3 r02")]
    for number in (2, 3):
        meta, original = ran.session_meta(2, number), ran.session_meta(2)
        assert (meta.stop_reason, meta.error, meta.num_turns) == ("completed", None, 2)
        assert (meta.resumed_from, meta.path_isolation) == (original.resumed_from, "mount")
        assert meta.session_id not in (None, original.session_id)
        about = load(ran.session(2, number).resampled)
        assert (about["source_session"], about["shadow_git_reset_tag"]) == ("session_02", "_start_2")
        assert about["context_check"]["result"] == "equal"
        assert read_request(ran.session(2, number).path, 1) == read_request(ran.session(2).path, 1)
        assert seen(ran, 2, number) == "write one\n"
        assert "+write two\n" in ran.session(2, number).diff.read_text()
    assert (ran.session_meta(2, 3).started_at or "") > (ran.session_meta(2, 2).finished_at or "~")
    ran = await resampled(before.folder, 3)  # forked, of a session with replicates
    assert ran.session_meta(3, 3).fork_from == 1
    assert seen(ran, 3, 3) == "write one\n"
    ran = await resampled(before.folder, 1)  # its own beginning
    assert "notes: No such file" in seen(ran, 1, 2)
    everywhere = ran.meta.sessions
    assert (ran.meta.status, ran.meta.errors, ran.meta.session_count) == ("finished", [], len(everywhere))
    assert ran.meta.total_steps == sum(each.step_count for each in everywhere) == 3 * len(everywhere)
    assert ran.meta.total_file_writes == sum(each.file_writes for each in everywhere)
    assert ran.meta.total_cost_usd == pytest.approx(sum(each.total_cost_usd or 0 for each in everywhere))

    (again,) = await replayed(before.folder, 2, session=2, replicate=3)
    assert about_of(again)["context_check"]["result"] == "equal", about_of(again)
    assert about_of(again)["source_replicate"] == 3


async def test_an_isolated_session_whose_directory_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await run(tmp_path, WRITES, sessions("write one", "write two"))
    shutil.move(before.work_dir, tmp_path / "elsewhere")
    before.work_dir.mkdir()
    monkeypatch.setattr(isolation, "_unshare", lambda: None)
    ran = await resampled(before.folder, 2)
    assert ran.session_meta(2, 2).path_isolation == "rewrite"
    assert seen(ran, 2, 2) == "write one\n"
    assert load(ran.session(2, 2).resampled)["context_check"]["result"] == "equal"
    place = ran.session_meta(2, 2).seen_work_dir
    assert place is not None
    assert f"+{place}\n" in ran.session(2, 2).diff.read_text()
    (again,) = await replayed(before.folder, 2, session=2, replicate=2)  # its paths are known
    assert about_of(again)["context_check"]["result"] == "equal", about_of(again)


async def test_a_run_of_agentlens(tmp_path: Path) -> None:
    before = await run(tmp_path, WRITES, sessions("write one", "write two"), session_mode="chained")
    as_agentlens_left_it(before.folder)
    ran = await resampled(before.folder, 2)
    assert load(ran.session(2, 2).resampled)["shadow_git_reset_tag"] == "session_01"
    assert seen(ran, 2, 2) == "write one\n"
    assert load(ran.session(2, 2).resampled)["context_check"]["result"] == "equal"
    assert load(before.folder.meta)["kept"] == "by others"
    ran = await resampled(before.folder, 1)
    assert (ran.meta.status, ran.meta.total_file_writes) == ("finished", 3 + 1 + 2)
    assert load(ran.session(1, 2).resampled)["shadow_git_reset_tag"] == "baseline"


async def test_what_cannot_begin_again_is_refused(tmp_path: Path) -> None:
    script = """
rules:
  - match: {text: big, tool_result: false}
    answer: {tool_calls: [{name: Bash, arguments: {command: "truncate -s 65M model.bin"}}]}
otherwise: {text: done}
"""
    before = await run(tmp_path, script, sessions("big", "small"), session_mode="chained")
    with pytest.raises(ReplayError, match="there is no session 3; there are: 1, 2"):
        find_fork_point(before.folder, 3)
    with pytest.raises(ReplayError, match=r"of 'model.bin', which is large, only size and hash"):
        await resampled(before.folder, 2)
    with pytest.raises(ReplayError, match=r"of 'model.bin', which is large, only size and hash"):
        await replayed(before.folder, 1, session=2)
    assert [each.label for each in before.folder.sessions()] == ["1", "2"]
    before.session().transcript.unlink()
    with pytest.raises(ReplayError, match="no conversation of session 1 to go on from"):
        find_fork_point(before.folder, 2)


def test_what_began_in_the_middle_is_refused(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.session(1).path.mkdir()
    folder.shadow.mkdir()
    folder.config.write_text(
        "{engine: builtin, model: m, work_dir: ., sessions: [{session_index: 1, prompt: p}]}"
    )
    of = {"status": "finished", "replay_source": "r", "replay_turn": 2, "sessions": [{"session_index": 1}]}
    folder.meta.write_text(json.dumps(of))
    (tmp_path / "replay_meta.json").write_text('{"source_run_dir": "/runs/r", "source_session_index": 1}')
    with pytest.raises(ReplayError, match="session 1 began in the middle, at turn 2 of /runs/r; more of it"):
        find_fork_point(folder, 1)


def test_a_run_that_is_not_over_is_left_alone(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.session(1).path.mkdir()
    folder.meta.write_text(json.dumps({"status": "running", "sessions": [{"session_index": 1}]}))
    lock_run(folder)
    with pytest.raises(ReplayError, match="is being run; wait until it has ended"):
        find_fork_point(folder, 1)
