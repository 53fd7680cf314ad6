"""In sixteen colours, and in none: what matters can still be told apart, by the real escape codes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

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
    """The codes in effect where a text begins in a screen that was taken with its escape codes."""
    on: set[str] = set()
    plain, at = "", []
    for part in re.split(r"(\x1b\[[0-9;]*m)", styled):
        if not part.startswith("\x1b["):
            plain, at = plain + part, at + [on] * len(part)
            continue
        for code in part[2:-1].split(";"):
            on = set() if code in ("", "0") else on | {code}
    assert text in plain, f"{text!r} is not on the screen:\n{plain}"
    return at[plain.index(text)]


def test_sixteen_colours_tell_apart_what_matters(run_app, tmp_path: Path) -> None:
    runs = hostile_run(tmp_path / "runs").parent
    pane = run_app("--filter", "", "--runs-dir", str(runs), size=(120, 40), term="screen", COLORTERM="")
    pane.wait_for("rate_limited")
    assert RED in codes(pane.styled(), "rate_limited")
    assert YELLOW in codes(pane.styled(), "truncated")
    assert REVERSED in codes(pane.styled(), "2 Live")
    pane.keys("g")
    pane.wait_for("paused")
    pane.wait_for(lambda _: REVERSED in codes(pane.styled(), "rate_limited"))
    pane.keys("3")
    pane.wait_for("hostile")
    pane.keys("Enter")
    pane.wait_for("step 2 did")
    pane.keys("c")
    pane.wait_for("+ new")
    assert GREEN in codes(pane.styled(), "+ new")
    assert RED in codes(pane.styled(), "- old")
    assert CYAN in codes(pane.styled(), "turn 1")
    assert REVERSED in codes(pane.styled(), "\u25b8 x\u241b")  # the file that the step changed
    pane.keys("5")
    pane.wait_for(lambda _: UNDERLINED in codes(pane.styled(), "\u25b8 x\u241b"))


def test_no_colour_in_few_colours_is_no_colour_and_shows_the_cursor(run_app) -> None:
    pane = run_app("--filter", "", size=(120, 40), term="screen", COLORTERM="", NO_COLOR="1")
    pane.wait_for("rate_limited")
    pane.keys("g")
    pane.wait_for("paused")
    pane.wait_for(lambda _: REVERSED in codes(pane.styled(), "rate_limited"))
    used = {code for each in re.findall(rb"\x1b\[([0-9;]*)m", pane.raw()) for code in each.split(b";")}
    assert used <= {b"", *(str(n).encode() for n in (0, 1, 2, 3, 4, 7, 39, 49))}
