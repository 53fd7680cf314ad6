"""Jobs on disk: found by the beginning of an id, read with tolerance, cleared away when old."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from capture.jobs import (
    Follower,
    JobError,
    JobFolder,
    Order,
    begin,
    cancel,
    find_job,
    jobs_dir,
    last_progress,
)
from capture.scripted import ScriptedServer
from tests.capture.jobs.conftest import Harness


def folder_of(identity: str, **fields: object) -> Path:
    """A job's folder, as some process once left it."""
    folder = jobs_dir() / identity
    folder.mkdir(parents=True)
    row = {"id": identity, "kind": "replay", "state": "finished", "created_at": "2026-11-20T10:00:00Z"}
    (folder / "job.json").write_text(json.dumps(row | fields))
    return folder


def test_a_job_is_found_by_the_beginning_of_its_id() -> None:
    for identity in ("3f9c0a17", "3f9c77aa", "b2b2b2b2"):
        folder_of(identity)
    assert find_job("b2")[1].id == "b2b2b2b2"
    assert find_job("3f9c0a17")[1].id == "3f9c0a17"
    for wanted, said in (
        ("3f9", "3f9: 2 jobs begin so: 3f9c0a17, 3f9c77aa"),
        ("b2b2b2b3", "b2b2b2b3: no such job; did you mean b2b2b2b2?"),
        ("zzz", "zzz: no such job; `harness jobs` shows those there are"),
        ("", ": no such job"),
    ):
        with pytest.raises(JobError) as error:
            find_job(wanted)
        assert said in str(error.value)


def test_what_another_wrote_is_read_as_far_as_it_can_be(harness: Harness) -> None:
    folder_of("aaaaaaaa", pid="none", argv=7, target="x", label="\x1b[2Jold", new_key=[1])
    folder_of("bbbbbbbb", kind="dance")
    (jobs_dir() / "cccccccc").mkdir()
    (jobs_dir() / "aaaaaaaa/progress.jsonl").write_text(
        '{"ts": 1.0, "done": 1, "total": 2, "cost_usd": null, "failed": 0, "message": "m"}\n{"ts": 2, "do'
    )
    code, out, err = harness("jobs")
    assert code == 0
    assert out.splitlines()[1].split()[:5] == ["aaaaaaaa", "finished", "replay", "1/2", "-"]
    assert "\x1b" not in out
    assert err == "harness: job bbbbbbbb: job.json is not a job's: its kind or state is not known here\n"
    (row,) = json.loads(harness("jobs", "--json")[1])
    assert (row["new_key"], row["pid"], row["argv"]) == ([1], None, [])
    assert find_job("aaaa")[1].as_dict()["new_key"] == [1]


def test_states_are_those_of_now_and_cannot_be_running_without_a_process() -> None:
    lost = folder_of("aaaaaaaa", state="running", pid=os.getpid())
    assert find_job("aaaaaaaa")[1].state == "lost"
    (lost / "cancelled").touch()
    assert find_job("aaaaaaaa")[1].state == "cancelled"
    work = begin(Order("judge", total=2), ["judge"])
    assert find_job(work.job.id)[1].state == "running"
    work.end("finished")
    assert find_job(work.job.id)[1].state == "finished"


def test_no_process_is_ended_but_the_one_that_the_job_began_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[cancel.__module__], "KILL_GRACE_S", 0.1)
    work = begin(Order("judge"), ["judge"])
    folder = JobFolder(jobs_dir() / work.job.id)
    written = json.loads(folder.job.read_bytes())
    with subprocess.Popen(["sleep", "600"]) as stranger:
        for changes, said in (
            ({"pid": stranger.pid}, "its process does not end"),  # the id of another by now
            ({"pid": stranger.pid, "host": "elsewhere"}, "runs on elsewhere; cancel it there"),
        ):
            folder.job.write_text(json.dumps(written | changes))
            with pytest.raises(JobError, match=said):
                cancel(folder, grace_s=0.1)
            assert stranger.poll() is None
        stranger.kill()
    work.end("finished")


def test_progress_is_followed_line_by_line_and_keys_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-proj-0123456789abcdefghij")
    work = begin(Order("judge", total=2), ["judge"])
    folder = JobFolder(jobs_dir() / work.job.id)
    follower = Follower(folder)
    assert follower.news().progress == []
    work.progress(1, 0.25, 1, "key sk-proj-0123456789abcdefghij")
    with folder.progress.open("a") as file:
        file.write('{"ts": 1')
    (row,) = follower.news().progress
    assert (row.done, row.total, row.cost_usd, row.failed) == (1, 2, 0.25, 1)
    assert row.message == "key [redacted]"
    assert last_progress(folder.progress) == row
    work.end("failed", "why")
    news = follower.news()
    assert (news.over, news.job.error) == (True, "why")


def test_old_jobs_that_ended_are_cleared_away(harness: Harness) -> None:
    folder_of("aaaaaaaa", finished_at="2020-01-01T00:00:00Z")
    folder_of("bbbbbbbb", finished_at="2999-01-01T00:00:00+00:00")
    lost = folder_of("cccccccc", state="running")
    for path in (lost / "job.json", lost):
        os.utime(path, (0, 0))
    work = begin(Order("judge"), ["judge"])
    os.utime(jobs_dir() / work.job.id / "job.json", (0, 0))
    assert harness("jobs", "prune", "--older-than", "30d") == (0, "2 jobs cleared away\n", "")
    assert {path.name for path in jobs_dir().iterdir()} == {"bbbbbbbb", work.job.id}
    code, out, err = harness("jobs", "prune", "--older-than", "soon")
    assert (code, out) == (2, "")
    assert err.startswith("harness: --older-than: 'soon' is neither a duration nor a date")
    work.end("finished")


def test_without_a_place_for_jobs_work_goes_on_unlisted(
    harness: Harness,
    server: ScriptedServer,
    resample: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "in the way").touch()
    monkeypatch.setenv("HARNESS_JOBS_DIR", str(tmp_path / "in the way/jobs"))
    code, out, err = harness(*resample)
    assert code == 0
    assert "1 sample, $" in out
    assert "it will not be listed among the jobs" in err
    code, out, err = harness(*resample, "--detach")
    assert (code, out) == (1, "")
    assert "the job cannot be started" in err.splitlines()[-1]
    assert harness("jobs")[:2] == (
        0,
        "no jobs yet; try  harness resample RUN --request N --count 5 --detach\n",
    )


def test_a_lost_job_is_seen_quickly_whatever_took_its_process_id() -> None:
    folder_of(
        "aaaaaaaa", state="running", pid=1, process_started="another boot:1", created_at=str(time.time())
    )
    assert find_job("a")[1].state == "lost"
