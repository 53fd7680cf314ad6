"""What a killed run leaves in the folder for temporary files is found, used and removed by the next one."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import yaml

from capture.runs.folder import RunFolder
from capture.runs.meta import read_meta
from capture.runs.replica import clear_up
from capture.runs.rooms import PREFIX, abandoned_rooms, make_room
from tests.runs import MODEL, checked, run, sessions, until

HARNESS = [sys.executable, "-P", "-c", "from capture.cli import main; main()"]
SCRIPT = """
rules:
  - match: {turn: 0}
    answer: {tool_calls: [{name: Bash, arguments: {command: "echo new > made"}}]}
  - match: {turn: 1}
    answer: {tool_calls: [{name: Bash, arguments: {command: "sleep 100000"}}]}
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, this test's own."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)  # it is remembered
    return folder


def configured(base: Path) -> Path:
    (base / "script.yaml").write_text(SCRIPT)
    (base / "work").mkdir()
    config = {
        "engine": "builtin",
        "model": MODEL,
        "work_dir": "work",
        "script": "script.yaml",
        "sessions": [{"session_index": 1, "prompt": "go", "count": 2}],
    }
    (base / "run.yaml").write_text(yaml.safe_dump(config))
    return base / "run.yaml"


def shown(folder: RunFolder, name: str) -> str:
    """What is recorded under a name, such as `tag:file`; empty if nothing is."""
    command = ["git", f"--git-dir={folder.shadow}", "show", name]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def copies_in(temporary: Path) -> int:
    """How many copies there are in which the agent's first tool has run."""
    return len(list(temporary.glob(f"{PREFIX}*/files/work/made")))


def test_copies_of_a_killed_run_are_removed_and_what_they_recorded_is_kept(
    tmp_path: Path, temporary: Path
) -> None:
    folder = RunFolder(tmp_path / "runs" / "it")
    command = [*HARNESS, "run", str(configured(tmp_path)), "--run-name", "it"]
    command += ["--runs-dir", str(tmp_path / "runs")]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL) as process:
        try:
            asyncio.run(until(lambda: folder.meta.exists() and read_meta(folder).total_tool_calls == 4))
            assert copies_in(temporary) == 2
            asyncio.run(clear_up())
            assert copies_in(temporary) == 2  # they are in use
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    assert read_meta(folder).status == "interrupted"
    assert copies_in(temporary) == 2
    assert shown(folder, "_step_1_r01_2:made") == ""

    other = tmp_path / "other"
    other.mkdir()
    asyncio.run(run(other, "otherwise: {text: done}", sessions("go")))
    assert list(temporary.iterdir()) == []
    assert [shown(folder, f"_step_1_r0{number}_2:made") for number in (1, 2)] == ["new\n"] * 2
    checked(folder)


def test_only_what_is_ours_and_nobodys_any_more_is_taken(temporary: Path) -> None:
    held = make_room()
    left = make_room()
    assert left.lock is not None
    os.close(left.lock)
    (temporary / f"{PREFIX}file").write_text("")
    (temporary / f"{PREFIX}link").symlink_to(held.path)
    (temporary / "other").mkdir()
    found = list(abandoned_rooms())
    assert [room.path for room in found] == [left.path]
    assert list(abandoned_rooms()) == []  # it is ours now
    for room in (*found, held, held):
        room.remove()
    assert sorted(path.name for path in temporary.iterdir()) == ["other", f"{PREFIX}file", f"{PREFIX}link"]


def test_a_folder_that_was_taken_before_it_was_locked_is_made_anew(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    def lost(prefix: str) -> str:
        """Make a folder that somebody else removes at once, the first time."""
        path = temporary / f"{prefix}{len(made)}"
        path.mkdir()
        made.append(path)
        if len(made) == 1:
            shutil.rmtree(path)
        return str(path)

    monkeypatch.setattr(tempfile, "mkdtemp", lost)
    room = make_room()
    assert room.path == made[1]
    room.remove()
