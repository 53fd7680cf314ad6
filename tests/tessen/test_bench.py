"""`tessen bench` as a user runs it: in a process of its own, since it measures the process it is in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tessen import bench

RUN = "import sys; from tessen import bench, cli; {}; sys.exit(cli.main(sys.argv[1:]))"


ROWS = ("bare write", "json.dumps and write", "recording")
PATIENT = "bench.BUDGET_US = 1e9"
"""A machine that is busy testing is not to be judged."""


def run(*arguments: str, tmp_path: Path, before: str = PATIENT) -> subprocess.CompletedProcess[str]:
    (tmp_path / "tmp").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp"), "TESSEN_LOG_DIR": str(tmp_path / "logs")}
    command = [sys.executable, "-c", RUN.format(before), "bench", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)


def test_as_json(tmp_path: Path) -> None:
    done = run("--iterations", "40", "--json", tmp_path=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert list(report) == [
        "results",
        "budgets_us",
        "iterations",
        "schema_version",
        "tessen_version",
        "generated_at",
    ]
    assert (report["iterations"], report["schema_version"]) == (40, 1)
    names = [f"{what}, {size}" for size in bench.SIZES for what in ROWS]
    assert [result["name"] for result in report["results"]] == names
    for result in report["results"]:
        assert list(result) == list(bench.Result._fields)
        assert result["iterations"] == 40
        assert 0 < result["p50_us"] <= result["p95_us"] <= result["p99_us"] <= result["max_us"]


def test_as_a_table_that_leaves_nothing_behind(tmp_path: Path) -> None:
    done = run("--iterations", "20", tmp_path=tmp_path)
    assert done.returncode == 0
    assert "recording, 50 KB" in done.stdout
    assert list(tmp_path.rglob("*")) == [tmp_path / "tmp"]


def test_over_its_budget_it_fails(tmp_path: Path) -> None:
    done = run("--iterations", "20", tmp_path=tmp_path, before="bench.BUDGET_US = 0.001")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("tessen bench: ")


def test_it_opens_no_socket_even_with_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESSEN_API_KEY", "tk_test_0123456789")
    refuse = f"import socket; socket.socket = None; {PATIENT}"
    assert run("--iterations", "20", tmp_path=tmp_path, before=refuse).returncode == 0


def test_a_process_that_is_recorded_is_not_measured(tmp_path: Path) -> None:
    done = run(tmp_path=tmp_path, before="import tessen; tessen.init()")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("tessen bench: this process is recorded already; ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("value", ["0", "-1", "many"])
def test_a_number_of_iterations_that_makes_no_sense(value: str, tmp_path: Path) -> None:
    done = run("--iterations", value, tmp_path=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
