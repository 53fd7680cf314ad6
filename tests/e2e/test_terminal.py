"""The app as a guest in a terminal: small panes, few colours, resizes, sudden ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from capture.scripted import Answer
from tests.e2e.conftest import APP

ASK = """
hi = {"role": "user", "content": "hi"}
Anthropic().messages.create(model="claude-haiku-4-5", max_tokens=64, messages=[hi])
"""
RESTORED = (b"\x1b[?1049l", b"\x1b[?25h")


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (200, 60)])
def test_every_place_fits_the_pane(run_app, agent, size: tuple[int, int]) -> None:
    agent("owl_counter", ASK, Answer(text="seven owls"))
    pane = run_app(size=size)
    for key, words in (
        ("1", "owl_counter"),
        ("2", "seven owls"),
        ("3", "Runs"),
        ("4", "Jobs"),
        ("?", "Keys"),
    ):
        pane.keys(key)
        screen = pane.wait_for(words)
        assert all(len(line) <= size[0] for line in screen.splitlines())


@pytest.mark.parametrize("term", ["screen", "screen-256color", "tmux-256color", "xterm"])
def test_every_terminal_type_is_drawn(run_app, agent, term: str) -> None:
    agent("owl_counter", ASK, Answer(text="seven owls"))
    pane = run_app("--filter", "", term=term)
    pane.wait_for("seven owls")


def test_ascii_means_ascii(run_app, agent) -> None:
    agent("owl_counter", ASK, Answer(text="seven owls"))
    pane = run_app("--ascii", "--filter", "")
    screen = pane.wait_for("seven owls")
    assert screen.isascii()


def test_no_color_means_no_colour(run_app, agent) -> None:
    agent("owl_counter", ASK, Answer(text="seven owls"))
    pane = run_app("--filter", "", NO_COLOR="1")
    pane.wait_for("seven owls")
    styles = set(re.findall(rb"\x1b\[([0-9;]*)m", pane.raw()))
    reds_and_greens = {s for s in styles if s.startswith(b"38;2;")}
    assert all(len(set(s.split(b";")[2:5])) == 1 for s in reds_and_greens), reds_and_greens


def test_a_resize_is_followed(run_app, agent) -> None:
    agent("owl_counter", ASK, Answer(text="seven owls"))
    pane = run_app("--filter", "")
    pane.wait_for("seven owls")
    pane.resize(120, 40)
    pane.wait_for(lambda screen: len(screen.rstrip("\n").splitlines()) == 40 and "seven owls" in screen)
    pane.resize(60, 15)
    pane.wait_for(lambda screen: "owl_counter" in screen and all(len(x) <= 60 for x in screen.splitlines()))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_terminal_is_sane_after_a_sudden_end(run_app, agent, number: int) -> None:
    agent("owl_counter", ASK, Answer(text="seven owls"))
    pane = run_app("--filter", "")
    pane.wait_for("seven owls")
    os.kill(pane.pid, number)
    pane.wait_for(lambda _: all(sequence in pane.raw() for sequence in RESTORED))


def test_without_a_terminal_it_says_so(tmp_path: Path) -> None:
    done = subprocess.run([str(APP)], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 1
    assert done.stderr.startswith("tessen-tui: ")
    assert len(done.stderr.splitlines()) == 1


def test_losing_the_terminal_ends_the_app(run_app, agent) -> None:
    agent("owl_counter", ASK, Answer(text="seven owls"))
    pane = run_app("--filter", "")
    pane.wait_for("seven owls")
    pid = pane.pid
    pane.__exit__(None, None, None)
    subprocess.run(["tail", f"--pid={pid}", "-f", "/dev/null"], timeout=60, check=True)
