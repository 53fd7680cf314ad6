"""The line for tmux, over real logs and runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from capture.runs.folder import RunFolder, lock_run
from tessen_tui.statusline import CALM, statusline
from tests.app_runs import meta_only
from tests.logs import NOW, night, write_log

APP = str(Path(sys.executable).parent / "tessen-tui")


async def test_it_says_what_needs_a_person_and_what_is_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tessen_tui.statusline.PATIENCE_S", 60.0)
    logs = write_log(tmp_path / "logs", night())
    lock_run(RunFolder(meta_only(tmp_path / "runs", "living", status="running")))
    meta_only(tmp_path / "runs", "over")
    line = await statusline(logs, (), tmp_path / "runs", clock=lambda: NOW)
    assert "failing" in line
    assert "  1 run" in line
    assert "\n" not in line
    assert "billing" not in line  # names are not ours to put into tmux


def test_the_command_prints_one_line_without_a_terminal(tmp_path: Path) -> None:
    done = subprocess.run(
        [APP, "statusline", "--log-dir", tmp_path / "no", "--runs-dir", tmp_path / "none"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert (done.stdout, done.stderr) == (f"{CALM}\n", "")
