"""The app as a whole: places, help, palette, themes, and what it writes to a terminal."""

from __future__ import annotations

import codecs
import os
import re
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.command import CommandPalette
from textual.css.stylesheet import Stylesheet

from benchmarks.terminal import Terminal
from screens.help import HelpScreen, keys_of
from tessen_tui.actions import action_ids, bindings
from tests.logs import HOSTILE, NOW, answer, make_event, night, write_log
from tests.running import DEADLINE_S, priced, running, settled, shows, until
from tests.screen_text import text_of

ROOT = Path(__file__).parent.parent.parent
COMMAND = str(Path(sys.executable).parent / "tessen-tui")
Size = tuple[int, int]
Matches = Callable[[App[Any]], bool]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    return write_log(tmp_path / "logs", night())


async def test_the_four_places_are_one_key_away(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    async with running(logs) as (_, pilot):
        monkeypatch.setattr(Stylesheet, "reparse", lambda _: parsed.append("all"))
        for key, words in (
            ("1", "calls/min"),
            ("3", "No runs yet"),
            ("4", "No jobs"),
            ("2", "following"),
        ):
            assert not parsed  # a place that is new is of today's theme
            await pilot.press(key)
            await shows(pilot, words)


async def test_help_explains_the_screen_in_front(logs: Path) -> None:
    async with running(logs) as (app, pilot):
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await shows(pilot, "Next error")
        await pilot.press("G")
        await shows(pilot, "Filter: terms AND")
        await pilot.press("escape", "1", "question_mark")
        await shows(pilot, "Open its live tail")
        assert "Next error" not in text_of(app)


async def test_help_is_laid_out_anew_for_another_width(logs: Path) -> None:
    async with running(logs, (100, 30)) as (_, pilot):
        await pilot.press("question_mark")
        await shows(pilot, "Previous error")
        await pilot.resize_terminal(60, 30)
        await until(pilot, lambda: "Next error" in text_of(pilot.app))
        lines = text_of(pilot.app).split("\n")
        assert not any("Next error" in line and "Previous" in line for line in lines)
        assert any(line.rstrip(" │").endswith("E         Previous error") for line in lines)


async def test_the_palette_holds_every_action_and_runs_it(logs: Path) -> None:
    async with running(logs) as (app, pilot):
        expected = {key.words for key in keys_of(app.screen)}
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        from tessen_tui.palette import Actions

        titles = {command.title for command in Actions(app.screen_stack[0])._commands()}
        assert expected - {"Palette"} <= titles
        await pilot.press(*"pause, or")
        await shows(pilot, "Pause, or follow again")
        await pilot.press("enter")
        await shows(pilot, "paused: G follows")


async def test_every_theme_draws(logs: Path) -> None:
    async with running(logs) as (app, pilot):
        for name in ("tessen-light", "ansi-dark", "ansi-light", "textual-dark", "tessen-dark"):
            app.theme = name
            await pilot.pause()
            assert "rate_limited ×14" in text_of(app)


def test_every_action_is_documented() -> None:
    documented = (ROOT / "docs" / "keys.md").read_text()
    assert [name for name in action_ids() if f"`{name}`" not in documented] == []


def test_the_keys_that_the_web_interface_is_compared_by_are_those_of_the_actions() -> None:
    keys: dict[str, set[str]] = {}
    for binding in bindings():
        if binding.id:
            keys.setdefault(binding.id, set()).update({binding.key_display or "", *binding.key.split(",")})
    text = (ROOT / "docs" / "web-interface.md").read_text()
    named = re.findall(r"`([^`]+)` `([a-z]+\.[\w-]+)`", text)
    assert len(named) > 20
    assert [(key, name) for key, name in named if key not in keys.get(name, ())] == []


def test_every_setting_is_documented() -> None:
    from tessen_tui.settings import Alerts, Live, Settings

    documented = (ROOT / "docs" / "configuration.md").read_text()
    names = [*Settings.model_fields, *Alerts.model_fields, *Live.model_fields]
    assert [name for name in names if not re.search(rf"^\[?{name}\b", documented, re.MULTILINE)] == []


def started(folder: Path, *words: str) -> Terminal:
    return Terminal([COMMAND, "--log-dir", str(folder), *words], size=(120, 40))


def test_no_hostile_byte_reaches_the_terminal(tmp_path: Path) -> None:
    events = [
        make_event(
            n,
            text,
            NOW - 60 + n,
            model=text,
            surface=text,
            quality_signals=[text],
            casted_response=answer(text),
        )
        for n, text in enumerate(HOSTILE)
    ]
    with started(write_log(tmp_path / "logs", events), "--filter", "") as terminal:
        terminal.wait_for(b"15 events")
        terminal.press(b"1")
        terminal.wait_for(b"15 agents")
        terminal.press(b"2\r")
        terminal.wait_for(b"Raw")
        terminal.settle()
        output = bytes(terminal.output)
        for raw in (
            b"\x1b]0;",
            b"\x1b]52;",
            b"\x1b]8;;http",
            b"\x1bP+q",
            b"\x1b[2J\x1b[H\x1b[31mcleared",
            b"\xc2\x9b",
        ):
            assert raw not in output
        text = codecs.getincrementaldecoder("utf-8")().decode(output)  # the end may be half a character
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b-\u200d\ufeff\u2028\u2029\ue000\u3164]", text)
        terminal.press(b"qq")
        end_well(terminal)


def end_well(terminal: Terminal) -> None:
    """Read to the program's end, and see that the terminal was put back."""
    end = time.monotonic() + DEADLINE_S
    with pytest.raises(EOFError):
        while time.monotonic() < end:
            terminal.read(0.2)
    assert b"\x1b[?1049l" in terminal.output
    assert b"\x1b[?25h" in terminal.output


def test_a_termination_leaves_a_sane_terminal(logs: Path) -> None:
    terminal = started(logs)
    terminal.wait_for(b"4 agents")
    os.kill(terminal.pid, signal.SIGTERM)
    end_well(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(terminal.pid, 0)[1]) == 128 + signal.SIGTERM


@pytest.mark.snapshot
async def test_help(logs: Path, size: Size, matches_baseline: Matches) -> None:
    async with running(logs, size=size) as (app, pilot):
        await priced(pilot)
        await pilot.press("question_mark")
        await settled(pilot)
        assert matches_baseline(app)


@pytest.mark.snapshot
async def test_palette(logs: Path, size: Size, matches_baseline: Matches) -> None:
    async with running(logs, size=size) as (app, pilot):
        await priced(pilot)
        await pilot.press("ctrl+p")
        await settled(pilot)
        app.screen.query_one("CommandInput").cursor_blink = False  # type: ignore[attr-defined]
        await settled(pilot)
        assert matches_baseline(app)
