"""`tessen-tui --demo`: something moves and is understood, and nothing stays behind."""

from __future__ import annotations

import os
import time
from pathlib import Path

from tests.processes import PATIENCE_S, wait_until_gone


def test_the_demo_moves_and_leaves_nothing(run_app, tmp_path: Path) -> None:
    temp = tmp_path / "temp"
    temp.mkdir()
    pane = run_app("--demo", size=(120, 40), TMPDIR=str(temp))
    pane.wait_for("billing")
    pane.keys("1")
    pane.wait_for("calls/min")
    pane.keys("2")
    first = pane.wait_for("following", "ms")
    pane.wait_for(lambda screen: screen != first and ("rate_limited" in screen or "error" in screen.lower()))
    pane.keys("3")
    pane.wait_for("line 1 of", "mend-letters")
    pane.keys("Enter")
    pane.wait_for("· turn ")
    assert any(temp.iterdir())
    pane.keys("q")
    assert pane.wait_until_gone() == 0
    wait_until_none(temp)
    assert not list(temp.iterdir())


def test_the_demo_dies_with_its_pane(run_app, tmp_path: Path) -> None:
    temp = tmp_path / "temp"
    temp.mkdir()
    pane = run_app("--demo", TMPDIR=str(temp))
    pane.wait_for("billing")
    assert len(processes_of(temp)) > 1
    os.kill(pane.pid, 9)
    wait_until_none(temp)
    assert not list(temp.iterdir())


def wait_until_none(folder: Path) -> None:
    """Wait for the end of all processes of a night, and of what these still start: it is a moment later."""
    end = time.monotonic() + PATIENCE_S
    while left := processes_of(folder):
        assert time.monotonic() < end, f"there are still more: {left}"
        wait_until_gone(left)


def processes_of(folder: Path) -> list[int]:
    """Processes that were started with this folder as their temporary one, other than zombies."""
    wanted = f"TMPDIR={folder}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            environ, state = (
                (entry / "environ").read_bytes(),
                (entry / "stat").read_text().rsplit(")", 1)[1].split()[0],
            )
        except OSError:
            continue
        if wanted in environ.split(b"\0") and state != "Z":
            found.append(int(entry.name))
    return found
