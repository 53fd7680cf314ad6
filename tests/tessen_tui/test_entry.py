"""The console scripts find our rooms, whatever lies in the current folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(sys.executable).parent


def run(script: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(SCRIPTS / script), "--help"],
        cwd=folder,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("script", ["harness", "tessen-tui", "tessen"])
def test_a_folder_full_of_namesakes_does_not_matter(script: str, tmp_path: Path) -> None:
    for name in ("capture", "widgets", "screens", "tessen"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('shadowed')")
    done = run(script, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout or "usage" in done.stdout


@pytest.mark.parametrize("script", ["harness", "tessen-tui"])
def test_a_namesake_on_the_path_is_named(script: str, tmp_path: Path) -> None:
    elsewhere = tmp_path / "lib"
    elsewhere.mkdir()
    (elsewhere / "widgets.py").write_text("")
    done = run(script, tmp_path, PYTHONPATH=str(elsewhere))
    assert done.returncode == 1
    assert str(elsewhere / "widgets.py") in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
