"""Runs gone back to, as jobs: in a process of their own, and stopped when they have cost enough."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from capture.jobs import jobs_dir, last_progress
from capture.runs.folder import RunFolder
from capture.runs.meta import read_meta
from tests.capture.jobs.conftest import Harness, detached, ended, output_of
from tests.runs import run as run_script
from tests.runs import sessions

SCRIPT = """
otherwise:
  text: once more
  tool_calls: [{name: Bash, arguments: {command: "echo x >> a.txt"}}]
  usage: {input: 100000, output: 20000}
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A run of four turns, $0.60 each."""
    return asyncio.run(run_script(tmp_path, SCRIPT, sessions("go"), max_turns=4)).folder.path


def test_replays_are_a_job_that_says_how_far_it_is(source: Path, harness: Harness) -> None:
    identity = detached(harness, "replay", source, "--turn", 3, "--count", 2)
    job = ended(identity)
    assert (job.state, job.order.kind, job.order.total) == ("finished", "replay", 2)
    assert (job.order.target.turn, job.order.target.run) == (3, str(source))
    assert job.result == str(source.parent)
    last = last_progress(jobs_dir() / identity / "progress.jsonl")
    assert last is not None
    assert (last.done, last.total, last.failed) == (2, 2, 0)
    assert last.cost_usd == pytest.approx(8 * 0.6)
    assert output_of(identity).count("finished: ") == 2


def test_a_replay_stops_at_its_limit_and_its_run_is_whole(source: Path, harness: Harness) -> None:
    code, out, err = harness("replay", source, "--turn", 2, "--max-cost", "1", "--json")
    assert code == 1
    assert "harness: stopped at --max-cost $1.0000 after $1.2000" in err
    (replayed,) = json.loads(out)
    meta = read_meta(RunFolder(Path(replayed["path"])))
    assert (meta.status, meta.total_cost_usd) == ("interrupted", pytest.approx(1.2))
    (row,) = json.loads(harness("jobs", "--json")[1])
    assert (row["state"], row["result"]) == ("failed", replayed["path"])
    assert row["error"] == "stopped at --max-cost $1.0000 after $1.2000"


def test_a_resampled_session_stops_at_its_limit_and_its_run_is_whole(source: Path, harness: Harness) -> None:
    options = ("--count", 3, "--parallel", 1, "--max-cost", "1", "--json")
    code, out, err = harness("resample-session", source, "--session", "1", *options)
    assert code == 1
    assert "harness: stopped at --max-cost $1.0000 after $1.2000" in err
    (added,) = json.loads(out)["replicates"]  # the others did not begin
    assert (added["replicate"], added["stop_reason"]) == (2, "interrupted")
    meta = read_meta(RunFolder(source))
    assert (meta.status, meta.total_cost_usd) == ("finished", pytest.approx(4 * 0.6 + 1.2))
    (row,) = json.loads(harness("jobs", "--json")[1])
    assert (row["kind"], row["state"], row["result"]) == ("resample-session", "failed", str(source))
