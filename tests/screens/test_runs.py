"""Runs, the list: what it says of each run, how it is filtered and searched, and that it moves by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.geometry import Region
from textual.pilot import Pilot
from textual.strip import Strip

from screens.run import RunScreen
from screens.runs import RunsScreen
from tessen_tui.app import TessenApp
from tests.app_runs import make_runs
from tests.running import running, settled, shows, until
from tests.runs import run, sessions
from tests.screen_text import text_of
from widgets.run_documents import TrajectoryDocument
from widgets.run_table import RunTable

Matches = Callable[[App[Any]], bool]


@pytest.fixture(scope="module")
def runs_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_runs(tmp_path_factory.mktemp("runs"))


@asynccontextmanager
async def listing(
    runs_dir: Path, logs: Path, size: tuple[int, int] = (120, 40), **more: Any
) -> AsyncIterator[tuple[TessenApp, Pilot[None]]]:
    """The app in Runs, once the folder is read."""
    async with running(logs, size, "runs", runs_dir, **more) as (app, pilot):
        await until(pilot, lambda: isinstance(app.screen_stack[0], RunsScreen) and app.screen_stack[0]._read)
        await settled(pilot)
        yield app, pilot


def names(app: TessenApp) -> list[str]:
    """The runs of the list, top to bottom."""
    return [line.row.name for line in app.screen.query_one(RunTable).lines]


@pytest.mark.snapshot
@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_runs(runs_dir: Path, tmp_path: Path, size: tuple[int, int], matches_baseline: Matches) -> None:
    async with listing(runs_dir, tmp_path / "logs", size) as (app, _):
        assert matches_baseline(app)


async def test_runs_are_described_and_sorted_and_a_broken_one_says_why(
    runs_dir: Path, tmp_path: Path
) -> None:
    async with listing(runs_dir, tmp_path / "logs", (200, 40)) as (app, pilot):
        good = next(line for line in text_of(app).split("\n") if "mend-basket" in line)
        for words in (
            "finished",
            "5m",
            "10",
            "$0.03",
            "sonnet-4",
            "builtin",
            "forked",
            "baseline",
            "It reads",
        ):
            assert words in good
        bad = next(line for line in text_of(app).split("\n") if "torn" in line)
        assert "broken" in bad
        assert "not JSON" in bad
        await pilot.press("G", "enter")
        await shows(pilot, "torn cannot be opened")
        assert not isinstance(app.screen, RunScreen)

        table = app.screen.query_one(RunTable)
        table.sort_by("run")
        assert names(app) == ["mend-basket", "torn"]
        await pilot.press("less_than_sign")
        assert table.order == "state"
        assert names(app) == ["torn", "mend-basket"]
        await pilot.press("t")
        assert table.order == "age"

        await pilot.resize_terminal(60, 15)
        await until(pilot, lambda: max(map(len, text_of(app).split("\n"))) <= 60)
        narrow = next(line for line in text_of(app).split("\n") if "mend-basket" in line)
        assert "finished" in narrow
        assert "$0.03" in narrow


async def test_f_filters_and_escape_brings_all_back(runs_dir: Path, tmp_path: Path) -> None:
    async with listing(runs_dir, tmp_path / "logs") as (app, pilot):
        await pilot.press("f", *"run:t*", "enter")
        await until(pilot, lambda: names(app) == ["torn"])
        await pilot.press("escape")
        await until(pilot, lambda: names(app) == ["mend-basket", "torn"])
        await pilot.press("G")
        await shows(pilot, "line 2 of 2")
        await pilot.press("f", *"cost>9", "enter")
        await shows(pilot, "No run matches the filter")
        await pilot.press("escape", "f", *"stat:")
        await shows(pilot, "did you mean 'state'?")


async def test_search_looks_into_whole_runs_and_opens_at_the_place(
    runs_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screens.run.PATIENCE_S", 60.0)
    drawn = _frames(monkeypatch)
    async with listing(runs_dir, tmp_path / "logs") as (app, pilot):
        await pilot.press("slash", *"owls", "enter")
        await shows(pilot, "1 run, esc ends it")
        assert names(app) == ["mend-basket"]
        await pilot.press("enter")
        await shows(pilot, "step 3/4")
        assert "3 agent" in drawn[0]  # the first thing that is drawn of it
        await pilot.press("escape", "slash", *"eels", "enter")
        await shows(pilot, "No run holds this")
        await shows(pilot, "'eels' was looked for in 2 runs")
        await pilot.press("escape")
        await until(pilot, lambda: names(app) == ["mend-basket", "torn"])
        await pilot.press("G")
        await shows(pilot, "line 2 of 2")


def _frames(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is drawn of the trajectory, time after time."""
    drawn: list[str] = []
    draw = TrajectoryDocument.render_lines

    def noting(document: TrajectoryDocument, crop: Region) -> list[Strip]:
        strips = draw(document, crop)
        drawn.append("\n".join(strip.text for strip in strips))
        return strips

    monkeypatch.setattr(TrajectoryDocument, "render_lines", noting)
    return drawn


async def test_no_folder_says_how_to_get_one(tmp_path: Path) -> None:
    async with listing(tmp_path / "nothing", tmp_path / "logs") as (_, pilot):
        await shows(pilot, "No runs yet")
        await shows(pilot, "harness run examples/demo.yaml")


SLOW = """
rules:
  - match: {turn: 0}
    answer: {tool_calls: [{name: Write, arguments: {file_path: a.txt, content: x}}]}
  - match: {turn: 1}
    answer: {hang: true}
"""


async def test_a_run_that_is_started_elsewhere_appears_moves_and_ends(tmp_path: Path) -> None:
    async with listing(tmp_path / "runs", tmp_path / "logs") as (app, pilot):
        await shows(pilot, "No runs yet")
        other = asyncio.create_task(run(tmp_path, SLOW, sessions("go"), run_name="elsewhere"))
        try:
            await until(pilot, lambda: names(app) == ["elsewhere"])
            row = lambda: app.screen.query_one(RunTable).lines[0].row  # noqa: E731
            await until(pilot, lambda: row().meta.total_steps == 2 and row().meta.total_file_writes == 1)
            assert row().state == "running"
        finally:
            other.cancel()
            with pytest.raises(asyncio.CancelledError):
                await other
        await until(pilot, lambda: row().state == "interrupted")
