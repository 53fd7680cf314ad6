"""Runs in a real pane, by keystroke: a run that the harness made is found, opened, read and left."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.app_runs import make_runs
from tests.hostile_run import EVIL, SEQUENCES, hostile_run


@pytest.fixture(scope="module")
def runs_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_runs(tmp_path_factory.mktemp("runs"))


def test_a_run_is_opened_and_its_diff_moves_along(run_app, runs_dir: Path) -> None:
    pane = run_app("--runs-dir", str(runs_dir), size=(120, 40))
    pane.keys("3")
    pane.wait_for("mend-basket")
    pane.keys("Enter")
    pane.wait_for("step 1 changed no file: step 3 did")
    pane.keys("c")
    pane.wait_for("return sum(prices) * (1 - discount)")
    pane.keys("5", "}", "}")
    pane.wait_for("y copies the patch of data.bin")
    pane.keys("BTab", "e")
    pane.wait_until_said("no error below")
    pane.keys("Escape")
    pane.wait_for("line 1 of 2")
    pane.keys("q")
    assert pane.wait_until_gone() == 0


def test_a_deep_link_opens_at_the_step(run_app, runs_dir: Path) -> None:
    pane = run_app("run", str(runs_dir / "mend-basket"), "--session", "2", "--replicate", "1", "--step", "6")
    pane.wait_for("session 2 r01 · step 6")
    pane.keys("Escape")
    pane.wait_for("line 1 of", "mend-basket")


def test_a_turn_is_replayed_and_the_replay_found_compared_and_found_again(
    run_app, runs_dir: Path, tmp_path: Path
) -> None:
    runs = shutil.copytree(runs_dir, tmp_path / "runs", symlinks=True)
    more = {"HARNESS_JOBS_DIR": str(tmp_path / "jobs")}
    step = (str(runs / "mend-basket"), "--session", "1", "--step", "3")
    pane = run_app("run", *step, size=(120, 40), **more)
    pane.wait_for("session 1 · step 3")
    pane.keys("R")
    pane.wait_for("replaying turn 2 of session 1 once")
    pane.wait_for("no cost, the model is")
    pane.keys("Enter")
    pane.wait_until_said("started: 4 shows it")
    pane.keys("4")
    pane.wait_for("▌· finished")
    pane.keys("Enter")
    pane.wait_for("replay of mend-basket, turn 2")
    pane.keys("3")
    pane.wait_for("step 3/4 · turn 2")
    pane.keys("Escape")
    pane.wait_for("└ replay_mend")
    pane.type("/owls")
    pane.keys("Enter")
    pane.wait_for(lambda screen: "esc ends it" in screen and "torn" not in screen)
    pane.keys("Escape")
    pane.wait_for("line 2 of 3")
    pane.keys("m", "k", "=")
    pane.wait_for("4 steps the same, then they part at")
    pane.keys("q")
    assert pane.wait_until_gone() == 0
    again = run_app("--runs-dir", str(runs), size=(120, 40), **more)
    again.keys("3")
    again.wait_for("└ replay_mend")
    again.keys("4")
    again.wait_for("▌· finished", "turn 2 of session 1")


def test_nothing_in_a_run_reaches_the_terminal_raw(run_app, tmp_path: Path) -> None:
    runs = hostile_run(tmp_path / "runs").parent
    torn = runs / f"evil{EVIL}".replace("\x00", "").replace("/", "")
    torn.mkdir()
    (torn / "run_meta.json").write_text("{")
    pane = run_app("--runs-dir", str(runs), size=(120, 40))
    pane.keys("3")
    pane.wait_for("hostile")
    pane.type("fevil")
    pane.wait_for("line 1 of 1")
    pane.keys("Escape")
    pane.wait_for("of 2")
    pane.keys("G", "Enter")
    pane.wait_for("step 2 did")
    pane.keys("c")
    pane.wait_for("+ new")
    pane.keys("Enter", "k", "Enter", "k", "Enter", "d")
    pane.wait_for("diff of the session")
    pane.keys("9")
    pane.wait_for("Verdicts  1 verdict, 1 flagged")
    for pane_shows in ("1 write", "not changed", "memory_file", "head"):
        pane.keys("p")
        pane.wait_for(pane_shows)
    pane.keys("q")
    pane.wait_until_gone()
    assert [each for each in SEQUENCES if each in pane.raw()] == []
