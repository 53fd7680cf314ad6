"""Jobs: what the list says of each, that it moves by itself, cancelling, and opening what came of one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from capture.jobs import Board, JobFolder, Order, Target, Work, begin, cancel, find_job, jobs_dir
from capture.jobs.folder import create
from capture.jobs.job import written
from capture.jobs.process import started
from capture.jobs.start import register
from capture.runs.locks import hold
from screens.jobs import JobsScreen
from screens.samples import SamplesScreen
from tessen_tui.app import TessenApp
from tests.job_folders import job_folder
from tests.logs import HOSTILE
from tests.running import running, settled, shows, until
from tests.screen_text import text_of
from widgets.job_table import JobTable

Matches = Callable[[App[Any]], bool]
SIZES = [(80, 24), (120, 40), (200, 60)]


@pytest.fixture(autouse=True)
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for jobs under a name that stays."""
    (tmp_path / "jobs").mkdir()
    monkeypatch.setenv("HARNESS_JOBS_DIR", str(tmp_path / "jobs"))
    return tmp_path / "jobs"


@asynccontextmanager
async def jobs_of(tmp_path: Path, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Pilot[None]]:
    """The app in Jobs, once it has looked."""
    async with running(tmp_path / "logs", size) as (_, pilot):
        await pilot.press("4")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        await until(pilot, lambda: pilot.app.screen_stack[0]._read)  # type: ignore[attr-defined]
        await settled(pilot)
        yield pilot


def states(pilot: Pilot[None]) -> dict[str, str]:
    """Job id → state, as listed."""
    return {row.job.id: row.job.state for row in pilot.app.screen.query_one(JobTable).rows}


@pytest.fixture
def five() -> Iterator[None]:
    """A job of each state that can be."""
    run = {"run": "/home/oncall/runs/mend-basket", "session": 1, "request": 5}
    label = "request 5, 50 samples"
    job_folder(
        "3f9c0a17",
        64,
        "harness: 50 samples of request 5 from claude-sonnet-4-5 at api.anthropic.com\n"
        "12/50  sample 12  end_turn  $0.0251  3.1 s\n",
        state="running",
        label=label,
        total=50,
        target=run,
        argv=["resample", "runs/mend-basket", "--request", "5", "--count", "50", "--max-cost", "2"],
        estimate_usd=1.25,
        estimate_most_usd=4.0,
        max_cost_usd=2.0,
        progress={"done": 12, "total": 50, "cost_usd": 0.3012, "message": "sample 12  end_turn"},
    )
    job_folder("77aa0b02", 600, kind="replay", label="turn 3 of session 1, 2 replays", target=run, total=2)
    job_folder(
        "a1b2c3d4",
        4_000,
        kind="judge",
        state="failed",
        error="set ANTHROPIC_API_KEY for anthropic, or try --script with a scripted model",
        label="session 1, 3 verdicts",
        target=run,
    )
    job_folder(
        "b0b0b0b0",
        90_000,
        kind="resample-edit",
        state="cancelled",
        label="event support:0a1b2c, 10 samples: kinder",
        target={"event": "support:0a1b2c"},
        progress={"done": 4, "total": 10, "cost_usd": 0.02},
    )
    job_folder("dead0000", 200_000, state="running", label="request 1, 5 samples", target=run)
    lock = hold(jobs_dir() / "3f9c0a17" / ".lock")
    yield
    os.close(lock)


@pytest.mark.snapshot
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.usefixtures("five")
async def test_jobs(
    tmp_path: Path, size: tuple[int, int], matches_baseline: Matches, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screens.jobs.jobs_dir", lambda: Path("/home/oncall/jobs"))
    async with jobs_of(tmp_path, size) as pilot:
        assert matches_baseline(pilot.app)


@pytest.mark.usefixtures("five")
async def test_each_job_says_its_state_in_a_word_and_the_selected_one_everything(tmp_path: Path) -> None:
    async with jobs_of(tmp_path) as pilot:
        lines = text_of(pilot.app).split("\n")
        for identity, words in {
            "3f9c0a17": ("● running", "resample", "12/50", "$0.30/$2.00", "1m", "mend-basket"),
            "77aa0b02": ("· finished", "replay", "10m"),
            "a1b2c3d4": ("✖ failed", "judge", "set ANTHROPIC_API_KEY", "1h"),
            "b0b0b0b0": ("▲ cancelled", "edit", "4/10", "$0.02"),
            "dead0000": ("✖ lost", "2d"),
        }.items():
            line = next(each for each in lines if each.endswith(identity))
            assert [word for word in words if word not in line] == []
        for said in (
            "about $1.25 in all, at most $4.00, stopping at $2.00",
            "last: sample 12",
            "--max-cost 2",
        ):
            await shows(pilot, said)
        await shows(pilot, "12/50  sample 12  end_turn  $0.0251  3.1 s")
        await pilot.press("j", "enter")
        await shows(pilot, "job 77aa0b02 has come to nothing yet")
        await pilot.press("j")
        await shows(pilot, "it printed nothing")


@pytest.mark.usefixtures("five")
async def test_narrow_terminals_keep_what_matters(tmp_path: Path) -> None:
    async with jobs_of(tmp_path, (60, 15)) as pilot:
        line = next(each for each in text_of(pilot.app).split("\n") if "12/50" in each)
        assert "● running" in line
        assert "1m" in line
        assert max(len(each) for each in text_of(pilot.app).split("\n")) <= 60


async def test_none_says_how_to_start_one(tmp_path: Path) -> None:
    async with jobs_of(tmp_path, (80, 24)) as pilot:
        await shows(pilot, "No jobs")
        await shows(pilot, "harness resample RUN --request 5 --count 10 --detach")
        await shows(pilot, "On an event: r asks it again, i edits it first")


async def test_a_job_of_another_terminal_appears_moves_and_ends(tmp_path: Path) -> None:
    async with jobs_of(tmp_path) as pilot:
        order = Order("resample", Target(event="support:0a1b2c"), "event support:0a1b2c, 4 samples", 4)
        work = begin(order, ["resample", "support:0a1b2c"])
        await shows(pilot, "● running")
        work.progress(3, 0.5, 1, "sample 03  \x1b[2Jend_turn")
        await shows(pilot, "3/4")
        await shows(pilot, "3/4 done, 1 failure, $0.50 so far")
        assert "\x1b" not in text_of(pilot.app)
        work.end("failed", "1 of 4 samples failed", 1)
        await until(pilot, lambda: states(pilot) == {work.job.id: "failed"})
        await shows(pilot, "1 of 4 samples failed")


async def test_x_asks_once_and_then_the_process_is_gone(tmp_path: Path) -> None:
    folder, lock = create(jobs_dir())
    stand_in = [sys.executable, "-c", "import time; time.sleep(600)"]
    process = subprocess.Popen(  # noqa: ASYNC220
        stand_in, pass_fds=(lock,), start_new_session=True
    )
    try:
        _says_it_runs(folder, lock, process.pid)
        async with jobs_of(tmp_path) as pilot:
            await pilot.press("x")
            await shows(pilot, f"cancel job {folder.id}? x again does")
            await pilot.press("escape", "x", "x")
            await until(pilot, lambda: states(pilot) == {folder.id: "cancelled"})
            assert process.wait(60) != 0
            await shows(pilot, f"job {folder.id}: cancelled")
            await pilot.press("x")
            await shows(pilot, "this job has ended already")
    finally:
        process.kill()
        process.wait()


def _says_it_runs(folder: JobFolder, lock: int, pid: int) -> None:
    """Write what a job's process writes when it begins, of a process that knows nothing of it."""
    job = register(folder, Order("replay", label="turn 1"), ["replay"], detached=True)
    running_job = replace(job, state="running", pid=pid, process_started=started(pid))
    folder.job.write_bytes(written(running_job))
    os.close(lock)


@pytest.mark.parametrize("text", [HOSTILE[0], HOSTILE[4], HOSTILE[9]], ids=["title", "clear", "markup"])
async def test_nothing_of_a_job_is_drawn_raw(tmp_path: Path, text: str) -> None:
    job_folder(
        "0badbad0",
        5,
        f"{text}\n",
        label=text,
        state="failed",
        error=text,
        argv=[text],
        target={"event": text},
    )
    async with jobs_of(tmp_path) as pilot:
        await pilot.press("tab", "G")
        await settled(pilot)
        assert [each for each in text_of(pilot.app) if ord(each) < 32 and each != "\n"] == []
        assert "0badbad0" in text_of(pilot.app)


def test_ended_jobs_are_read_once(tmp_path: Path) -> None:
    for number in range(20):
        job_folder(f"{number:08x}", number)
    board = Board()
    assert board.read()[0].job.id == "00000000"
    assert board.reads == 20
    work: Work = begin(Order("judge"), ["judge"])
    board.read()
    board.read()
    assert board.reads == 22
    work.end("finished")
    (jobs_dir() / "00000003" / "job.json").write_text("{")
    assert len(board.read()) == 20
    assert "00000003/job.json: not JSON" in board.unreadable[0]


async def test_enter_opens_the_samples(tmp_path: Path) -> None:
    samples = tmp_path / "request_005"
    samples.mkdir()
    job_folder("5a5a5a5a", 9, result=str(samples), label="request 5")
    async with jobs_of(tmp_path) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, SamplesScreen))
        await shows(pilot, "no samples yet")
        await pilot.press("escape")
        await shows(pilot, "5a5a5a5a")
    assert find_job("5a5a5a5a")[1].state == "finished"
    assert isinstance(pilot.app, TessenApp)
    assert cancel(JobFolder(jobs_dir() / "5a5a5a5a")).state == "finished"
