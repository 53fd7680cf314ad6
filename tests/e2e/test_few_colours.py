"""In sixteen colours, and in none: what matters can still be told apart, by the real escape codes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.pane import Pane
from tests.hostile_run import hostile_run
from tests.logs import NOW, make_error, make_event, write_log

RED, GREEN, YELLOW, CYAN = "31", "32", "33", "36"
REVERSED, UNDERLINED = "7", "4"


@pytest.fixture
def log_dir(tmp_path: Path) -> Path:
    """A call that failed, one whose answer is suspect, and one that went well."""
    suspect = make_event(2, "owl", NOW - 20, quality_signals=["truncated_response"])
    return write_log(tmp_path / "logs", [make_error(1, "owl", NOW - 30), suspect, make_event(3, "owl", NOW)])


def codes(styled: str, text: str) -> set[str]:
    """The codes in effect where a text begins in a screen taken with its escape codes; none without it."""
    on: set[str] = set()
    plain, at = "", []
    for part in re.split(r"(\x1b\[[0-9;]*m)", styled):
        if not part.startswith("\x1b["):
            plain, at = plain + part, at + [on] * len(part)
            continue
        for code in part[2:-1].split(";"):
            on = set() if code in ("", "0") else on | {code}
    return at[plain.index(text)] if text in plain else set()


def looks(pane: Pane, code: str, text: str) -> Callable[[str], bool]:
    """Whether a text is on a pane's screen with a code in effect: to be waited for, as drawing takes time."""
    return lambda _: code in codes(pane.styled(), text)


def test_sixteen_colours_tell_apart_what_matters(run_app, tmp_path: Path) -> None:
    runs = hostile_run(tmp_path / "runs").parent
    pane = run_app("--filter", "", "--runs-dir", str(runs), size=(120, 40), term="screen", COLORTERM="")
    pane.wait_for(looks(pane, RED, "rate_limited"), looks(pane, YELLOW, "truncated"))
    pane.wait_for(looks(pane, REVERSED, "2 Live"))
    pane.keys("g")
    pane.wait_for("paused")
    pane.wait_for(looks(pane, REVERSED, "rate_limited"))
    pane.keys("3")
    pane.wait_for("hostile")
    pane.keys("Enter")
    pane.wait_for("step 2 did")
    pane.keys("c")
    pane.wait_for("+ new")
    pane.wait_for(looks(pane, GREEN, "+ new"), looks(pane, RED, "- old"), looks(pane, CYAN, "turn 1"))
    pane.wait_for(looks(pane, REVERSED, "\u25b8 x\u241b"))  # the file that the step changed
    pane.keys("5")
    pane.wait_for("} File")
    pane.wait_for(looks(pane, UNDERLINED, "\u25b8 x\u241b"))


def test_no_colour_in_few_colours_is_no_colour_and_shows_the_cursor(run_app) -> None:
    pane = run_app("--filter", "", size=(120, 40), term="screen", COLORTERM="", NO_COLOR="1")
    pane.wait_for("rate_limited")
    pane.keys("g")
    pane.wait_for("paused")
    pane.wait_for(looks(pane, REVERSED, "rate_limited"))
    used = {code for each in re.findall(rb"\x1b\[([0-9;]*)m", pane.raw()) for code in each.split(b";")}
    assert used <= {b"", *(str(n).encode() for n in (0, 1, 2, 3, 4, 7, 39, 49))}
