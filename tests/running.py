"""The real app over a real log folder, with a stopped clock, for tests to drive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.app import App
from textual.pilot import Pilot

from capture.log import LocalLog
from screens.run_place import RunPlace
from tessen_tui.app import TessenApp
from tessen_tui.settings import Settings
from tests.logs import NOW
from tests.screen_text import text_of

DEADLINE_S = 60.0
LOG_NAME = "/home/oncall/.tessen/logs"
"""What the log folder is called on screen, wherever the test keeps it."""

RUNS_NAME = "/home/oncall/runs"


class NamedLog(LocalLog):
    """A log folder under another name."""

    @property
    def name(self) -> str:
        return LOG_NAME


@asynccontextmanager
async def running(
    folder: Path,
    size: tuple[int, int] = (120, 40),
    start: str = "live",
    runs_dir: Path | None = None,
    run: tuple[Path, RunPlace] | None = None,
    *,
    findings: bool = False,
    **settings: Any,
) -> AsyncIterator[tuple[TessenApp, Pilot[None]]]:
    """The app, once it has read the folder as it is now.

    Args:
        folder: the log folder; need not exist.
        size: columns and lines.
        start: the place to start in.
        runs_dir: the folder of runs; without it, one that is not there.
        run: a run to open at once.
        findings: whether patterns over several events are looked for, and waited for.
        settings: more of the settings file.
    """
    source = NamedLog(folder, cache=folder.parent / "cache", findings=findings)
    own = Settings.model_validate({"start": start, **settings})
    app = TessenApp(source, own, lambda: NOW, runs_dir or folder.parent / "no-runs", run)
    app.runs.name = RUNS_NAME if runs_dir else app.runs.name
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.opened and source.progress.done and not source.finder.busy)
        await settled(pilot)
        yield app, pilot


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """Let the app run until something holds.

    Raises:
        AssertionError: it did not within the deadline; the message holds the screen.
    """
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not holds():
                await pilot.pause(0.01)
    except TimeoutError:
        raise AssertionError(f"never came true; the screen:\n{text_of(pilot.app)}") from None
    await pilot.pause()


async def priced(pilot: Pilot[None]) -> None:
    """Let the app run until the prices of all models are in, which come behind."""
    app = pilot.app
    assert isinstance(app, TessenApp)
    await until(pilot, lambda: bool(app.summaries) and not any(each.unpriced for each in app.summaries))
    await settled(pilot)


async def shows(pilot: Pilot[None], text: str) -> None:
    """Let the app run until the screen holds a text."""
    await until(pilot, lambda: text in text_of(pilot.app))


async def settled(pilot: Pilot[None]) -> None:
    """Let the app run until no worker prepares anything for it and the screen stands still.

    Raises:
        AssertionError: it moved until the deadline.
    """
    before = ""
    try:
        async with asyncio.timeout(DEADLINE_S):
            while True:
                await pilot.pause(0.15)
                await pilot.pause()
                now = "" if _at_work(pilot.app) else text_of(pilot.app)
                if now and now == before:
                    return
                before = now
    except TimeoutError:
        raise AssertionError(f"the screen never stood still:\n{text_of(pilot.app)}") from None


def _at_work(app: App[Any]) -> bool:
    """Whether a worker is under way whose end is to be seen; those that follow a folder have none."""
    return any(not worker.is_finished and worker.group != "follow" for worker in app.workers)
