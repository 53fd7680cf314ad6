"""A run to work on, a server to ask, and the `harness` command; no job outlives its test."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from capture.cli import main
from capture.jobs import Follower, Job, cancel, find_job, jobs_dir, list_jobs
from capture.scripted import ScriptedServer
from tests.runs import until

KEY = "sk-ant-api03-a-key-of-the-environment-0123456789"
BODY = b'{"model":"claude-sonnet-4-5","max_tokens":100,"messages":[{"role":"user","content":"hi"}]}'
HARNESS = [sys.executable, "-P", "-c", "from capture.cli import main; main()"]

Harness = Callable[..., tuple[int, str, str]]


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of one session with one request."""
    dumps = tmp_path / "run/session_01/raw_dumps"
    dumps.mkdir(parents=True)
    (dumps / "request_001.json").write_bytes(BODY)
    return tmp_path / "run"


@pytest.fixture
def resample(run: Path, server: ScriptedServer) -> list[str]:
    """The command that asks the run's request again."""
    return ["resample", str(run), "--request", "1", "--base-url", server.url, "--parallel", "1"]


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Harness]:
    """Run a command here; gives its exit code, output and errors. Jobs it started end with the test."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)

    def call(*arguments: Any) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([str(each) for each in arguments])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    yield call
    for folder, job in list_jobs().jobs:
        if not job.ended and job.detached:
            cancel(folder, grace_s=0)


def detached(harness: Harness, *arguments: Any) -> str:
    """Start a job; returns its id."""
    code, out, _ = harness(*arguments, "--detach")
    assert code == 0, out
    return out.split()[1]


def ended(identity: str) -> Job:
    """Wait until a job has ended and its process is gone."""
    folder, _ = find_job(identity)
    follower = Follower(folder)
    asyncio.run(until(lambda: follower.news().over))
    return find_job(identity)[1]


def output_of(identity: str) -> str:
    return (jobs_dir() / identity / "output.log").read_text()
