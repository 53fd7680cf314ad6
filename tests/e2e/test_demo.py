"""`tessen-tui --demo`: something moves and is understood, and nothing stays behind."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def test_the_demo_moves_and_leaves_nothing(run_app, tmp_path: Path) -> None:
    temp = tmp_path / "temp"
    temp.mkdir()
    pane = run_app("--demo", size=(120, 40), TMPDIR=str(temp))
    pane.wait_for("billing")
    pane.keys("2")
    first = pane.wait_for("following", "ms")
    pane.wait_for(lambda screen: screen != first and ("rate_limited" in screen or "error" in screen.lower()))
    pane.keys("3")
    pane.wait_for("mend-letters")
    pane.keys("enter")
    pane.wait_for("· turn ")
    assert any(temp.iterdir())
    children = [pid for pid in processes_of(temp) if pid != pane.pid]
    pane.keys("q")
    assert pane.wait_until_gone() == 0
    wait_until_ended(children)
    assert not list(temp.iterdir())
    assert not processes_of(temp)


def test_the_demo_dies_with_its_pane(run_app, tmp_path: Path) -> None:
    temp = tmp_path / "temp"
    temp.mkdir()
    pane = run_app("--demo", TMPDIR=str(temp))
    pane.wait_for("billing")
    children = [pid for pid in processes_of(temp) if pid != pane.pid]
    assert children
    os.kill(pane.pid, 9)
    wait_until_ended(children)
    assert not list(temp.iterdir())


def wait_until_ended(processes: list[int]) -> None:
    """Wait for the end of processes that are not our children: they end a moment after the app."""
    for pid in processes:
        subprocess.run(["tail", f"--pid={pid}", "-f", "/dev/null"], timeout=60, check=True)


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
