"""The app as a guest in a terminal: small panes, few colours, resizes, sudden ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from functools import partial
from pathlib import Path

import pytest

from capture.scripted import Answer
from tests.e2e.conftest import APP, record
from tests.processes import wait_until_gone

ASK = """
hi = {"role": "user", "content": "hi"}
Anthropic().messages.create(model="claude-haiku-4-5", max_tokens=64, messages=[hi])
"""
PLACES = (("1", "calls/min"), ("2", "seven owls"), ("3", "No runs yet"), ("4", "No jobs"))
RESTORED = (b"\x1b[?1049l", b"\x1b[?25h")


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One agent's log, recorded once: these tests only look at it."""
    folder = tmp_path_factory.mktemp("recorded")
    record(folder, folder / "logs", "owl_counter", ASK, Answer(text="seven owls"))
    return folder / "logs"


def test_every_place_fits_the_pane_and_follows_a_resize(run_app) -> None:
    pane = run_app(size=(200, 60))
    for columns, lines in ((200, 60), (60, 15), (80, 24)):
        pane.resize(columns, lines)
        for key, words in PLACES:
            pane.keys(key)
            pane.wait_for(partial(fits, columns=columns, lines=lines, words=words))
        pane.keys("?")
        screen = pane.wait_for("Moving")
        assert all(len(line) <= columns for line in screen.splitlines())
        pane.keys("Escape")
        pane.wait_for(lambda screen: "Moving" not in screen)


def fits(screen: str, columns: int, lines: int, words: str) -> bool:
    """Whether the words are on the screen, no line is too wide, and the keys stand in the pane's last line.

    A pane of fifteen lines leaves the keys out.
    """
    drawn = screen.rstrip("\n").splitlines()
    return (
        words in screen
        and (lines == 15 or len(drawn) == lines)
        and all(len(line) <= columns for line in drawn)
    )


@pytest.mark.parametrize("term", ["screen", "screen-256color", "tmux-256color", "xterm"])
def test_every_terminal_type_is_drawn(run_app, term: str) -> None:
    pane = run_app("--filter", "", term=term)
    pane.wait_for("seven owls")


def test_ascii_means_ascii(run_app) -> None:
    pane = run_app("--ascii", "--filter", "")
    screen = pane.wait_for("seven owls")
    assert screen.isascii()


def test_no_color_means_no_colour(run_app) -> None:
    pane = run_app("--filter", "", NO_COLOR="1")
    pane.wait_for("seven owls")
    styles = set(re.findall(rb"\x1b\[([0-9;]*)m", pane.raw()))
    reds_and_greens = {s for s in styles if s.startswith(b"38;2;")}
    assert all(len(set(s.split(b";")[2:5])) == 1 for s in reds_and_greens), reds_and_greens


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_terminal_is_sane_after_a_sudden_end(run_app, number: int) -> None:
    pane = run_app("--filter", "")
    pane.wait_for("seven owls")
    os.kill(pane.pid, number)
    pane.wait_for(lambda _: all(sequence in pane.raw() for sequence in RESTORED))


def test_without_a_terminal_it_says_so(tmp_path: Path) -> None:
    done = subprocess.run([str(APP)], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 1
    assert done.stderr.startswith("tessen-tui: ")
    assert len(done.stderr.splitlines()) == 1


def test_losing_the_terminal_ends_the_app(run_app) -> None:
    pane = run_app("--filter", "")
    pane.wait_for("seven owls")
    pid = pane.pid
    pane.__exit__(None, None, None)
    wait_until_gone([pid])
