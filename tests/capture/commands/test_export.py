"""`harness export`: what it writes, what it leaves alone, and how it says what is wrong."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from capture.proxy.dumps import read_request
from capture.proxy.shrinking import Shrinker
from capture.runs.folder import RunFolder, lock_run

BODIES = [
    json.dumps({"messages": [f"message {n} of a long conversation" for n in range(400 + k)]}).encode()
    for k in range(4)
]
PLAIN = {*(f"request_{n:03d}.json" for n in range(1, 5)), "request_001_headers.json", "response_001.txt"}


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """A run with a session, as it lies there after its end."""
    folder = RunFolder(tmp_path / "runs" / "demo")
    dumps = folder.session(1).dumps
    dumps.mkdir(parents=True)
    shrinker = Shrinker(folder.session(1).path)
    for number, body in enumerate(BODIES, 1):
        (dumps / f"request_{number:03d}.json").write_bytes(body)
        shrinker.follow("main", number, body)
    (dumps / "request_001_headers.json").write_text("{}")
    (dumps / "response_001.txt").write_text("hello")
    assert len(list(dumps.glob("*.zst"))) == 2
    return folder


def harness(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from capture.cli import main; main()", "export", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def names(path: Path) -> set[str]:
    return {file.name for file in path.iterdir()}


def test_elsewhere_all_is_plain_and_the_run_stays_as_it_is(folder: RunFolder, tmp_path: Path) -> None:
    before = names(folder.session(1).dumps)
    (folder.session(1).dumps / "passwords.txt").symlink_to("/etc/passwd")
    done = harness("demo", "--runs-dir", folder.path.parent, "--into", tmp_path / "out")
    out = tmp_path / "out" / "session_01" / "raw_dumps"
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"session_01: 6 files, 2 of them restored  {out}\n"
    assert names(out) == PLAIN
    assert [(out / f"request_{n:03d}.json").read_bytes() for n in range(1, 5)] == BODIES
    assert {stat.S_IMODE(file.stat().st_mode) for file in out.iterdir()} == {0o600}
    assert names(folder.session(1).dumps) == before | {"passwords.txt"}


def test_in_place_the_differences_go_away(folder: RunFolder) -> None:
    done = harness(folder.path, "--json")
    assert done.returncode == 0
    (row,) = json.loads(done.stdout)
    dumps = folder.session(1).dumps
    assert row == {"session": "session_01", "path": str(dumps), "files": 6, "restored": 2}
    assert names(dumps) == PLAIN
    assert [read_request(dumps.parent, n) for n in range(1, 5)] == BODIES
    assert "all plain already" in harness(folder.path).stdout


def test_what_is_wrong_is_said_in_a_line(folder: RunFolder, tmp_path: Path) -> None:
    done = harness("nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "harness: nowhere: no such run; `harness list` shows those there are\n"
    damaged = next(folder.session(1).dumps.glob("*.zst"))
    damaged.write_bytes(b"not zstd")
    done = harness(folder.path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"harness: {damaged}: it is damaged")
    assert done.stderr.count("\n") == 1
    assert "no raw dumps" in harness(tmp_path).stdout


def test_a_run_that_is_still_running_is_left_alone(folder: RunFolder, tmp_path: Path) -> None:
    lock_run(folder)
    done = harness(folder.path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "still running" in done.stderr
    assert harness(folder.path, "--into", tmp_path / "out").returncode == 0


def test_help_has_an_example() -> None:
    assert "Example:  harness export" in harness("--help").stdout
