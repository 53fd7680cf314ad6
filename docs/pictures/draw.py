"""Draws the README's pictures: the real app over a minute of the real demo, exported as SVG.

    make pictures

Takes about a minute, since the night is recorded live. Look at the pictures before committing them.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from textual.pilot import Pilot

from capture.log import LocalLog
from screens.run_place import RunPlace
from tessen_tui.app import TessenApp
from tessen_tui.demo import Night
from tessen_tui.settings import Settings

HERE = Path(__file__).parent
EXAMPLES = HERE.parent.parent / "examples"
SIZE = (118, 32)
NIGHT_S = 45.0
"""Long enough for the first episodes: a rate-limit storm, truncations, a tool loop."""

PICTURES: Sequence[tuple[str, Sequence[str]]] = (
    ("agents", ()),
    ("live", ("2", "E", *("k",) * 9, *("j",) * 9)),
    ("inspector", ("2", "E", "enter")),
    ("session", ("enter", "s", "6")),
)
"""Each picture's name, and the keys that lead to it from Agents."""


class _Log(LocalLog):
    """The demo's folder under the name that a user's would have."""

    @property
    def name(self) -> str:
        return "~/.tessen/logs"


async def draw(log_dir: Path, name: str, keys: Sequence[str]) -> None:
    """Draw one picture.

    Args:
        log_dir: the recorded night's log folder.
        name: the file's name without its ending.
        keys: pressed one after another, from Agents.
    """
    app = TessenApp(_Log(log_dir, cache=None), Settings(start="agents", theme="tessen-dark"), clock=time.time)
    async with app.run_test(size=SIZE) as pilot:
        while not (app.opened and app.source.progress.done and _priced(app)):
            await pilot.pause(0.1)
        for key in keys:
            await pilot.press(key)
            await _settle(pilot)
        await _settle(pilot)
        _keep(app, name)


async def draw_run(folder: Path) -> None:
    """Run the example of a whole run, and draw it at the step that mends the program.

    Args:
        folder: an empty folder.
    """
    shutil.copytree(EXAMPLES, folder / "examples")
    command = "import sys; from capture.cli import main; main(sys.argv[1:])"
    about = ["run", "examples/demo.yaml", "--runs-dir", "runs", "--run-name", "mend-the-basket"]
    environment = {**os.environ, "TESSEN_LOG_DIR": str(folder / "logs")}
    await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", command, *about], cwd=folder, env=environment, check=True
    )
    runs = folder / "runs"
    run = runs / "mend-the-basket", RunPlace(session=1, step=3)
    app = TessenApp(_Log(folder / "logs", cache=None), Settings(theme="tessen-dark"), time.time, runs, run)
    async with app.run_test(size=SIZE) as pilot:
        await _settle(pilot)
        _keep(app, "run")


def _keep(app: TessenApp, name: str) -> None:
    (HERE / f"{name}.svg").write_text(app.export_screenshot(title="tessen-tui"))
    print(HERE / f"{name}.svg")


def _priced(app: TessenApp) -> bool:
    """Whether costs, which are looked up behind, have come."""
    return bool(app.summaries) and not any(summary.unpriced for summary in app.summaries)


async def _settle(pilot: Pilot[None]) -> None:
    await pilot.pause(1.2)  # ages and clauses move once a second


def main() -> None:
    """Record a night, then draw every picture of it."""
    os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    with tempfile.TemporaryDirectory() as folder, Night(Path(folder)) as night:
        time.sleep(NIGHT_S)
        for name, keys in PICTURES:
            asyncio.run(draw(night.log_dir, name, keys))
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(draw_run(Path(folder)))


if __name__ == "__main__":
    main()
