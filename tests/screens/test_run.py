"""A run, driven by its keys: what is asserted is what a person sees."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from screens.pane import Pane
from screens.run import RunScreen
from screens.run_place import RunPlace
from tests.app_runs import make_runs
from tests.running import running, settled, shows, until
from tests.runs import run, sessions
from tests.runs import until as written
from tests.screen_text import lines_of, text_of
from widgets.lines import Item
from widgets.run_diff import diff_items
from widgets.run_documents import PaneDocument, TrajectoryDocument
from widgets.run_look import Look

Matches = Callable[[App[Any]], bool]
SIZES = [(80, 24), (120, 40), (200, 60)]


@pytest.fixture(scope="module")
def runs_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_runs(tmp_path_factory.mktemp("runs"))


@asynccontextmanager
async def reading(
    runs_dir: Path, logs: Path, size: tuple[int, int] = (120, 40), place: RunPlace | None = None, **more: Any
) -> AsyncIterator[tuple[App[Any], Pilot[None]]]:
    """The app on the run, once it is read."""
    at = runs_dir / "mend-basket", place or RunPlace()
    async with running(logs, size, "runs", runs_dir, at, **more) as (app, pilot):
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.look is not None)
        await settled(pilot)
        yield app, pilot


def side(app: App[Any]) -> str:
    """What the pane shows."""
    return "\n".join(lines_of(app, app.screen.query_one(PaneDocument)))


def steps(app: App[Any]) -> str:
    """What the trajectory shows."""
    return "\n".join(lines_of(app, app.screen.query_one(TrajectoryDocument)))


def under_cursor(app: App[Any]) -> str:
    return app.screen.query_one(TrajectoryDocument).line_text


@pytest.mark.snapshot
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_run(runs_dir: Path, tmp_path: Path, size: tuple[int, int], matches_baseline: Matches) -> None:
    async with reading(runs_dir, tmp_path / "logs", size, RunPlace(1, step=3)) as (app, pilot):
        if size == SIZES[0]:
            await pilot.press("5")  # one part at a time: there, the diff
        await until(pilot, lambda: "notes.py" in side(app))
        await settled(pilot)
        assert matches_baseline(app)


async def test_moving_in_the_trajectory_moves_the_diff(runs_dir: Path, tmp_path: Path) -> None:
    async with reading(runs_dir, tmp_path / "logs") as (app, pilot):
        await until(pilot, lambda: "step 1 changed no file: step 3 did" in side(app))
        await pilot.press("c")
        await until(pilot, lambda: "return sum(prices) * (1 - discount)" in side(app))
        assert "basket.py  +1 -1" in under_cursor(app)
        assert "data.bin  binary" in side(app)
        await pilot.press("d")
        await until(pilot, lambda: "session 1  3 files" in side(app))
        await pilot.press("d")
        await until(pilot, lambda: "the whole run  3 files" in side(app))
        assert "+     return sum" in side(app)
        await pilot.press("v")
        await until(pilot, lambda: "│   +     return sum" in side(app))


async def test_jumps_go_by_turn_call_error_and_verdict(runs_dir: Path, tmp_path: Path) -> None:
    async with reading(runs_dir, tmp_path / "logs") as (app, pilot):
        seen = []
        for key in ("right_square_bracket", "t", "e", "right_square_bracket", "a", "T"):
            await pilot.press(key)
            seen.append(under_cursor(app).strip())
        assert seen[0].startswith("2 agent  turn 1")
        assert seen[1].startswith("→ Read  basket.py")
        assert seen[2].startswith("← error  1 line")
        assert seen[3].startswith("3 agent  turn 2")
        assert seen[4].startswith("⚑ flagged  it edits before it reads the test")
        assert seen[5].startswith("→ Write")
        await pilot.press("e")
        await shows(pilot, "no error below")
        await _a_slow_pane_is_made_for_where_one_comes_to(app, pilot)


async def _a_slow_pane_is_made_for_where_one_comes_to(app: App[Any], pilot: Pilot[None]) -> None:
    assert isinstance(app.screen, RunScreen)
    made: list[int | None] = []
    go_on = threading.Event()

    def slow(look: Look) -> list[Item]:
        made.append(look.step)
        assert go_on.wait(60)
        return diff_items(look)

    app.screen.pane = Pane("diff", "5", "step", slow)
    await pilot.press("g", *4 * ["right_square_bracket"], "g", "right_square_bracket")
    go_on.set()
    await until(pilot, lambda: "step 2 changed no file" in side(app))
    assert made == [1, 2]


async def test_folded_steps_open_where_one_goes(runs_dir: Path, tmp_path: Path) -> None:
    async with reading(runs_dir, tmp_path / "logs") as (app, pilot):
        for _ in range(2):
            await pilot.press("right_square_bracket", "h")
        await until(pilot, lambda: "flagged  → Edit" in steps(app))
        await pilot.press("g", "a")
        assert under_cursor(app).strip().startswith("⚑ flagged")
        await pilot.press("slash", *"nowhere", "enter")
        await until(pilot, lambda: "nowhere.py" in under_cursor(app))


async def test_sessions_are_chosen_in_their_tree(runs_dir: Path, tmp_path: Path) -> None:
    async with reading(runs_dir, tmp_path / "logs") as (app, pilot):
        assert isinstance(app.screen, RunScreen)
        assert "└ 2 r01" in text_of(app)
        await pilot.press("shift+tab", "j", "j")
        await shows(pilot, "Write down what was wrong.")
        assert "⋯ 4 steps taken over from an earlier session" in steps(app)
        await pilot.press("tab", "c")
        await until(pilot, lambda: "took the discount for the price" in side(app))
        await shows(pilot, "session 2 r02")
        await pilot.resize_terminal(60, 15)
        await pilot.press("less_than_sign")
        await until(pilot, lambda: app.screen.look.session_name == "2 r01")


async def test_one_part_at_a_time_where_it_is_narrow(runs_dir: Path, tmp_path: Path) -> None:
    async with reading(runs_dir, tmp_path / "logs", (80, 24), RunPlace(1, step=3)) as (app, pilot):
        assert "agent  turn 2" in text_of(app)
        assert "step 3  3 files" not in text_of(app)
        await pilot.press("tab")
        await shows(pilot, "step 3  3 files")
        assert "agent  turn 2" not in text_of(app)
        await pilot.press("right_curly_bracket", "right_square_bracket", "z")
        await until(pilot, lambda: "mend-basket" not in text_of(app))
        await pilot.press("escape", "shift+tab")
        await shows(pilot, "agent  turn 2")
        await pilot.press("escape")
        await shows(pilot, "line 1 of 2")
        left = []
        for _ in range(2):
            await pilot.press("enter")
            await shows(pilot, "step 1/4")
            left.append(weakref.ref(app.screen.query_one(TrajectoryDocument)._styles_cache))
            await pilot.press("escape")
            await shows(pilot, "line 1 of 2")
        await until(pilot, lambda: gc.collect() >= 0 and left[0]() is None)  # what was drawn is let go


async def test_a_place_that_is_not_there_is_said(runs_dir: Path, tmp_path: Path) -> None:
    async with reading(runs_dir, tmp_path / "logs", place=RunPlace(1, step=99)) as (_, pilot):
        await shows(pilot, "there is no step 99 in session 1")


async def test_further_panes_show_what_the_run_folder_holds(runs_dir: Path, tmp_path: Path) -> None:
    place = RunPlace(2, 1)
    (runs_dir / "mend-basket" / "analysis.md").write_text("# It *mended* the basket\n\n- in two turns\n")
    async with reading(runs_dir, tmp_path / "logs", place=place) as (app, pilot):
        await pilot.press("9")
        await until(
            pilot, lambda: "it cheats" in side(app) and "turn 2  judge: not flagged  fine" in side(app)
        )
        await pilot.press("0")
        await until(pilot, lambda: "step 6   MEMORY.md  +1 -0" in side(app))
        assert "session 1  3 writes" in side(app)
        await pilot.press("p")
        await until(pilot, lambda: "MEMORY.md in session 2 r01  changed by step 6" in side(app))
        assert "+ - took the discount for the price" in side(app)
        await pilot.press("p")
        await until(pilot, lambda: "engine: builtin" in side(app))
        await pilot.press("p")
        await until(pilot, lambda: "It mended the basket" in side(app) and "• in two turns" in side(app))
        await pilot.press("p")
        await until(pilot, lambda: "step 5 changed no file: step 6 did" in side(app))


SLOW = """
rules:
  - match: {turn: 0}
    answer: {text: First., tool_calls: [{name: Write, arguments: {file_path: a.txt, content: x}}]}
  - match: {turn: 1}
    answer:
      text: Second.
      tool_calls: [{name: Bash, arguments: {command: "while ! [ -e go ]; do sleep 0.1; done"}}]
  - match: {turn: 2}
    answer:
      text: Third.
      tool_calls: [{name: Bash, arguments: {command: "while ! [ -e on ]; do sleep 0.1; done"}}]
  - answer: {text: Fourth.}
"""


async def test_a_living_run_is_followed_until_one_looks_back(tmp_path: Path) -> None:
    live = asyncio.create_task(run(tmp_path, SLOW, sessions("go"), run_name="mend-basket"))
    trajectory = tmp_path / "runs" / "mend-basket" / "session_01" / "trajectory.json"
    await written(lambda: trajectory.exists() and b"Second." in trajectory.read_bytes())
    async with reading(tmp_path / "runs", tmp_path / "logs", (120, 24)) as (_, pilot):
        await shows(pilot, "step 3/3 · turn 2 · following")
        (tmp_path / "work" / "go").touch()
        await shows(pilot, "step 4/4 · turn 3 · following")
        await pilot.press("g")
        await shows(pilot, "not following: G follows")
        (tmp_path / "work" / "on").touch()
        await shows(pilot, "step 1/5")
        await live
        await shows(pilot, "finished  mend-basket")
