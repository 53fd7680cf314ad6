"""A production session from the log: a trajectory with the panes of a run, followed, and gone back from."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App

from capture.resample.samples import save
from screens.inspector import InspectorScreen
from screens.launch import LaunchScreen
from screens.session import SessionScreen
from tests.log_session import last_call, sample, write_session
from tests.logs import write_log
from tests.running import running, settled, shows, until
from tests.screen_text import lines_of, text_of
from widgets.run_documents import PaneDocument

Matches = Callable[..., bool]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """The session, and an event of no session after it."""
    return write_session(tmp_path)


def side(app: App[Any]) -> str:
    """What the pane shows."""
    return "\n".join(line.rstrip("▏ ") for line in lines_of(app, app.screen.query_one(PaneDocument)))


async def test_every_pane_of_a_run_is_there_and_moves_with_the_trajectory(logs: Path) -> None:
    async with running(logs, (220, 50), findings=True) as (app, pilot):
        await pilot.press("k", "s")
        await until(pilot, lambda: "step 7 wrote no file by a tool call: step 3 did" in side(app))
        await pilot.press("g", "c")  # the first change of a file
        await until(pilot, lambda: "+ your order left our shelf today." in side(app))
        assert "line 1  what was there before is not on record" in side(app)
        await pilot.press("right_square_bracket")  # the next turn
        await until(pilot, lambda: "letters/b-02.txt  +1 -1" in side(app))
        assert re.search(
            r"- your order left our shelf today.*\+ your order left our shelf on Monday", side(app)
        )
        assert "line 1  where in the file is not on record" in side(app)
        assert "motd" not in side(app)
        assert "1 write of this session failed, and changed nothing" in side(app)
        await pilot.press("5", "d")
        await until(pilot, lambda: "the session, change by change" in side(app))
        assert side(app).count("letters/a-17.txt") == 2

        await pilot.press("6")
        await until(pilot, lambda: "call 2  03:12:25  turn 2  tool_use" in side(app))
        assert "Request  3 messages, 2 new" in side(app)
        assert "unchanged since call 1" in side(app)
        await pilot.press("G")
        await until(pilot, lambda: "Session  5 calls, 1 failed" in side(app))
        assert "call 4  03:13:05  ✖ OverloadedError: 529" in side(app)
        assert "call 3  03:12:45  turn 3  conversation 2" in side(app)

        await pilot.press("7")
        await until(pilot, lambda: "conversation 2  sent by step 3, Task" in side(app))
        assert "Check when order A-17 left the shelf." in side(app)
        await pilot.press("8")
        await until(pilot, lambda: "call 2  vanilla  4 samples" in side(app))
        assert "2/3  samples 1, 2  The day has to be right." in side(app)
        await pilot.press("9")
        await until(pilot, lambda: "It writes before it knows the day." in side(app))
        assert "job 5a5a5a5a  turns 1 to 4" in side(app)
        await pilot.press("0")
        await until(pilot, lambda: "3 writes" in side(app))
        await pilot.press("p")
        await until(pilot, lambda: "1.0  in calls 1–4" in side(app))
        for words in ("0.2  in call 5", "claude-sonnet-4-6  in call 3", "System prompts  2 of them"):
            assert words in side(app)
        await pilot.press("p")
        await until(pilot, lambda: "silent_retry  call 5 of this session" in side(app))
        assert "\x1b" not in text_of(app)


async def test_it_opens_at_the_event_is_followed_and_leads_back(logs: Path) -> None:
    async with running(logs) as (app, pilot):
        await pilot.press("s")
        await shows(pilot, "this event has no session id")
        await pilot.press("k", "k", "k", "k", "s")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        await shows(pilot, "step 3/7 · turn 2")
        assert text_of(app).count("permission denied") == 1  # with its call, and not in the request again
        await pilot.press("right_square_bracket", "s")
        await until(pilot, lambda: isinstance(app.screen, InspectorScreen))
        await shows(pilot, "3/5")
        await pilot.press("s")
        await shows(pilot, "step 5/7 · turn 3")
        await pilot.press("escape", "escape", "r")
        await until(pilot, lambda: isinstance(app.screen, LaunchScreen))
        await pilot.press("escape")
        write_log(logs, [last_call()])
        await shows(pilot, "step 5/9 · turn 3")
        assert "not following: G follows" in text_of(app)
        await pilot.press("G")
        await shows(pilot, "step 9/9 · turn 5")
        write_log(logs, [last_call(7)])
        await shows(pilot, "step 10/10 · turn 6")
        assert "following" in text_of(app)
        await pilot.press("8")
        await shows(pilot, "call 7 was not asked again")
        save(logs / "support" / "resamples" / f"{7:032x}", sample("Gladly."))  # as a job does
        await shows(pilot, "call 7  vanilla  1 sample")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, SessionScreen))


@pytest.mark.snapshot
async def test_session(logs: Path, matches_baseline: Matches) -> None:
    async with running(logs, (80, 24)) as (app, pilot):
        await pilot.press("k", "s")
        await shows(pilot, "step 7/7")
        await pilot.press("g", "right_square_bracket", "right_square_bracket")
        for size, key, ready in (
            ((80, 24), "", "step 3/7"),
            ((80, 24), "8", "vanilla"),
            ((120, 40), "6", "call 2"),
            ((200, 60), "5", "letters/b-02.txt  +1 -1"),
        ):
            await pilot.resize_terminal(*size)
            await settled(pilot)  # what a pane was measured at before is in its scrollbar
            await pilot.press(*key)
            await shows(pilot, ready)
            await settled(pilot)
            assert matches_baseline(app, f"{size[0]}x{size[1]}-{key or 'trajectory'}")
