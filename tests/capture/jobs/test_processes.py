"""Jobs as processes: they outlive what started them, and end as told, in order, or by force."""

from __future__ import annotations

import io
import json
import os
import pty
import select
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from capture.jobs import Order, cancel, find_job, jobs_dir, list_jobs, start
from capture.jobs.process import started
from capture.scripted import Answer, ScriptedServer, Usage
from tests.capture.jobs.conftest import BODY, HARNESS, KEY, Harness, detached, ended, output_of
from tests.gate import Gate


def samples(run: Path, folder: str = "request_001") -> list[str]:
    found = (run / "session_01/resamples" / folder).glob("sample_*")
    return sorted(path.name for path in found)


def sample_bytes(run: Path) -> bytes:
    return (run / "session_01/resamples/request_001/sample_01.json").read_bytes()


def read_until(terminal: int, end: bytes) -> bytes:
    """Read what a terminal shows, until it shows something."""
    seen = b""
    while end not in seen:
        assert select.select([terminal], [], [], 60)[0], seen
        seen += os.read(terminal, 65536)
    return seen


def test_a_job_outlives_the_terminal_it_was_started_from(
    run: Path, server: ScriptedServer, harness: Harness
) -> None:
    with Gate(server) as gate:
        command = [*HARNESS, "resample", str(run), "--request", "1", "--base-url", gate.url]
        command += ["--yes", "--detach"]
        leader, terminal = pty.fork()
        if leader == 0:  # a shell on a terminal of its own, which stays there after its command
            os.execv("/bin/sh", ["sh", "-c", '"$@"; read line', "sh", *command])
        shown = read_until(terminal, b"started; see it")
        assert b"about $" in shown
        identity = shown.decode().partition("\njob ")[2].split()[0]
        assert gate.called.wait(60)
        os.kill(leader, signal.SIGHUP)
        os.close(terminal)
        os.waitpid(leader, 0)
        job = find_job(identity)[1]
        assert (job.state, os.getsid(job.pid or 0)) == ("running", job.pid)
        gate.opened.set()
        job = ended(identity)
    assert (job.state, job.error, job.exit_code) == ("finished", None, 0)
    assert samples(run) == ["sample_01.json"]
    assert job.result == str(run / "session_01/resamples/request_001")
    assert "1 sample, $" in output_of(identity)


def test_a_job_that_is_killed_is_lost_and_keeps_what_it_has(
    server: ScriptedServer, harness: Harness, resample: list[str], run: Path
) -> None:
    server.enqueue(Answer(text="first"), Answer(hang=True))
    identity = detached(harness, *resample, "--count", 3)
    server.wait_for_requests(2)
    job = find_job(identity)[1]
    assert (job.state, job.order.total) == ("running", 3)
    os.kill(job.pid or 0, signal.SIGKILL)
    job = ended(identity)
    assert (job.state, job.finished_at) == ("lost", None)
    assert samples(run) == ["sample_01.json"]
    code, out, _ = harness("jobs")
    row = out.splitlines()[1].split()
    assert (code, row[:4]) == (0, [identity, "lost", "resample", "1/3"])
    code, _, err = harness("jobs", "follow", identity)
    assert (code, err) == (1, f"harness: job {identity}: lost\n")


def test_a_job_is_cancelled_from_another_process_and_keeps_what_it_has(
    server: ScriptedServer, harness: Harness, resample: list[str], run: Path
) -> None:
    server.enqueue(Answer(text="first"), Answer(hang=True))
    identity = detached(harness, *resample, "--count", 3)
    server.wait_for_requests(2)
    assert harness("jobs", "cancel", identity[:5])[:2] == (0, f"job {identity}: cancelled\n")
    job = find_job(identity)[1]
    assert started(job.pid or 0) != job.process_started
    assert samples(run) == ["sample_01.json"]
    assert "interrupted: 1 sample kept in" in output_of(identity)
    assert "1 under way lost" in output_of(identity)
    assert job.exit_code == 130
    assert harness("jobs", "cancel", identity)[1] == f"job {identity} had ended already: cancelled\n"


def test_work_in_the_foreground_is_a_job_too_and_its_neighbours_are_left_alone(
    server: ScriptedServer, harness: Harness, resample: list[str]
) -> None:
    server.enqueue(Answer(hang=True))
    script = '"$@"; echo and on: $?'
    command = ["sh", "-c", script, "sh", *HARNESS, *resample]  # one group, as a script's commands are
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True, text=True) as shell:
        try:
            server.wait_for_requests(1)
            (row,) = json.loads(harness("jobs", "--json")[1])
            assert (row["state"], row["kind"], row["detached"]) == ("running", "resample", False)
            assert harness("jobs", "cancel", row["id"])[1] == f"job {row['id']}: cancelled\n"
            out, _ = shell.communicate(timeout=60)
        finally:
            if shell.poll() is None:
                os.killpg(shell.pid, signal.SIGKILL)
    assert out == "and on: 130\n"


def test_a_job_that_does_not_listen_is_killed(tmp_path: Path, harness: Harness) -> None:
    deaf = (
        "import signal, sys, time; from capture.jobs import Order, begin\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "begin(Order('judge'), ['judge'])\n"
        "print('on', flush=True)\n"
        "time.sleep(600)"
    )
    with subprocess.Popen([HARNESS[0], "-c", deaf], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        ((folder, job),) = list_jobs().jobs
        assert job.state == "running"
        assert cancel(folder, grace_s=0.2).state == "cancelled"
        assert process.wait(60) == -signal.SIGKILL


def test_two_jobs_of_one_variant_share_its_folder_and_number_together(
    server: ScriptedServer, harness: Harness, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["resample-edit", run, "--request", 1, "--input", "-", "--label", "ho", "--count", 8]
    jobs = []
    for _ in range(2):
        edited = io.BytesIO(BODY.replace(b"hi", b"ho"))
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(edited))
        jobs.append(detached(harness, *command, "--base-url", server.url))
    found = [ended(each) for each in jobs]
    assert [each.state for each in found] == ["finished", "finished"]
    assert {each.order.label for each in found} == {"request 1, 8 samples: ho"}
    assert samples(run, "request_001_v01") == [f"sample_{number:02d}.json" for number in range(1, 17)]
    assert not (run / "session_01/resamples/request_001_v02").exists()


def test_a_job_stops_at_its_limit_and_writes_no_key_anywhere(
    server: ScriptedServer, harness: Harness, resample: list[str], run: Path
) -> None:
    for _ in range(3):
        server.enqueue(Answer(text="dear", usage=Usage(input=100_000, output=20_000)))  # $0.60
    url = server.url.replace("http://", "http://me:pW7@")
    limited = [url if each == server.url else each for each in resample]
    identity = detached(harness, *limited, "--count", 3, "--max-cost", "1.0", "--model", "claude-sonnet-4-5")
    job = ended(identity)
    assert (job.state, job.error) == ("failed", "stopped at --max-cost $1.0000 after 1 of 3")
    assert samples(run) == ["sample_01.json"]
    (row,) = json.loads(harness("jobs", "--json")[1])
    assert (row["progress"]["done"], row["progress"]["total"]) == (1, 3)
    assert row["progress"]["cost_usd"] == 0.6
    assert (row["max_cost_usd"], row["target"]["request"], row["target"]["run"]) == (1.0, 1, str(run))
    folder = jobs_dir() / identity
    assert {path.name for path in folder.iterdir()} == {".lock", "job.json", "progress.jsonl", "output.log"}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert b"pW7" not in sample_bytes(run)
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert KEY not in path.read_text()
        assert "pW7" not in path.read_text()


def test_a_job_that_never_began_says_so(harness: Harness, resample: list[str]) -> None:
    job = ended(start(Order("resample"), ["resample", "nowhere"]).id)
    assert (job.state, job.exit_code) == ("failed", 2)
    assert job.error == "it ended before it began; output.log says why"
    assert "nowhere: no such run" in output_of(job.id)


def test_following_shows_the_output_until_the_end(
    server: ScriptedServer, harness: Harness, resample: list[str]
) -> None:
    server.enqueue(Answer(text="with \x1b[2J in it"), Answer(hang=True))
    identity = detached(harness, *resample, "--count", 1)
    code, out, err = harness("jobs", "follow", identity)
    assert code == 0
    assert err == f"harness: job {identity}: finished\n"
    assert "1 sample, $" in out
    assert "\x1b" not in out
    code, out, _ = harness("jobs", "show", identity)
    shown = dict(line.split(None, 1) for line in out.splitlines() if line and not line.startswith(" "))
    assert (code, shown["state"], shown["done"]) == (0, "finished", "1/1")
    assert shown["target"].endswith("session 1, request 1")
    assert shown["cost"].startswith("about $0.00")


def test_ctrl_c_ends_the_following_and_not_the_job(
    server: ScriptedServer, harness: Harness, resample: list[str]
) -> None:
    server.enqueue(Answer(text="first"), Answer(hang=True))
    identity = detached(harness, *resample, "--count", 2)
    ours, theirs = pty.openpty()
    with subprocess.Popen([*HARNESS, "jobs", "follow", identity], stdout=theirs, stderr=theirs) as follower:
        os.close(theirs)
        read_until(ours, b"1/2  $")  # the line that moves
        follower.send_signal(signal.SIGINT)
        assert follower.wait(60) == 130
    os.close(ours)
    assert find_job(identity)[1].state == "running"
    server.wait_for_requests(2)
