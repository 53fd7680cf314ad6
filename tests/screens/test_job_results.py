"""What a job came to, at three sizes: samples of a variant beside vanilla's, and verdicts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

from capture.judge.kept import JudgeRun, append_verdict
from capture.judge.render import RenderInfo
from capture.judge.verdict import Verdict
from capture.resample.samples import Sample, save
from capture.resample.variants import Edit, save_variant
from screens.samples import SamplesScreen
from screens.verdicts import VerdictsScreen
from tessen.usage import Usage
from tests.running import running, settled, shows, until
from tests.screen_text import text_of

Matches = Callable[..., bool]
SIZES = [(80, 24), (120, 40), (200, 60)]

LATE = "Your order is four days late. It leaves our shelf tomorrow."
CALL = {"type": "tool_use", "id": "toolu_1", "name": "open_ticket", "input": {"queue": "refunds"}}


def sample(*said: dict[str, Any] | str, cost: float = 0.0021) -> Sample:
    blocks = [{"type": "text", "text": each} if isinstance(each, str) else each for each in said]
    stop = "tool_use" if CALL in blocks else "end_turn"
    response = {"content": blocks, "stop_reason": stop, "role": "assistant"}
    return Sample(
        *("event support:0a1b2c", 1, "anthropic", "messages.create", "claude-haiku-4-5", "http://x"),
        *({}, "", "", 200, False, stop, Usage(2_400, 48, 0, 0, 0), cost, 1_240.0, None, None, [], None),
        response,
    )


def write_samples(folder: Path) -> Path:
    """Three samples of what was recorded, one that failed, and four of a variant, whose folder it is."""
    vanilla = folder / "0a1b2c"
    for said in (LATE, LATE, "It is late. Sorry!"):
        save(vanilla, sample(said))
    save(vanilla, replace(sample(), error="overloaded", status=529))
    edits = [Edit("system", "You sort mail.", "You sort mail.\nNever promise a date.")]
    variant = save_variant(vanilla, 1, "no dates", edits, b"{}")
    tomorrow = LATE.replace("tomorrow", "soon")
    for said in ((LATE,), (tomorrow,), ("I hand it over.", CALL), ("お待ちください。\x1b[31m", CALL)):
        save(variant, sample(*said))
    return variant


def write_verdicts(folder: Path) -> None:
    """Two judges on a session, twice each; one failed once."""
    asked = JudgeRun("5a5a5a5a", "ab" * 32, 1, 4, include_reasoning=True)
    long = "It promises a date that no tool has told it, and says so to the customer in the second turn. " * 2
    for model, flagged, reason, error in (
        ("claude-haiku-4-5", True, long, None),
        ("claude-haiku-4-5", True, "It says \x1b]0;Friday\x07.", None),
        ("gpt-5-mini", False, "No date is promised.", None),
        ("gpt-5-mini", None, None, "the answer is no JSON"),
    ):
        verdict = Verdict(model, flagged, reason, 0.8 if flagged else None, error=error, cost_usd=0.0004)
        append_verdict(folder / "judge.jsonl", 4, verdict, RenderInfo(200_000, False, 0, 0, 0, 4_812), asked)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    (folder / "session").mkdir()
    write_verdicts(folder / "session")
    write_samples(folder)
    return folder


async def drawn(pilot: Pilot[None], screen: Screen[None], ready: str, size: tuple[int, int]) -> App[Any]:
    """The app with a screen just opened at a size, once it stands still."""
    await pilot.resize_terminal(*size)
    await settled(pilot)
    pilot.app.push_screen(screen)
    await shows(pilot, ready)
    await settled(pilot)
    return pilot.app


@pytest.mark.snapshot
async def test_results(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, matches_baseline: Matches
) -> None:
    monkeypatch.chdir(results)  # the folder's name is on screen
    async with running(tmp_path / "logs", SIZES[0]) as (_, pilot):
        for width, height in SIZES:
            size = width, height
            app = await drawn(pilot, SamplesScreen(Path("0a1b2c_v01")), "Groups", size)
            assert matches_baseline(app, f"samples-{width}x{height}")
            assert "\x1b" not in text_of(app)
            await pilot.press("escape")
            app = await drawn(pilot, VerdictsScreen(Path("session"), "5a5a5a5a"), "of 3 flag it", size)
            assert matches_baseline(app, f"verdicts-{width}x{height}")
            assert "\x1b" not in text_of(app)
            await pilot.press("escape")
            await until(pilot, lambda: not isinstance(pilot.app.screen, VerdictsScreen))
