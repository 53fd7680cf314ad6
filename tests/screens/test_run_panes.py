"""The panes of a run that show its requests, subagents and samples, as a person sees them."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.command import CommandPalette
from textual.pilot import Pilot

from capture.resample.samples import Sample, save
from capture.resample.variants import Edit, save_variant
from capture.runs.folder import RunFolder, SessionFolder
from screens.run import RunScreen
from screens.run_place import RunPlace
from tests.running import running, shows, until
from tests.runs import run, sessions
from tests.screen_text import lines_of, text_of
from widgets.document import Document
from widgets.key_bar import KeyBar
from widgets.run_documents import PaneDocument

SCRIPT = """
rules:
  - match: {text: "part", tool_result: true}
    answer: {text: "part is done", usage: {input: 100, output: 10}}
  - match: {text: "part"}
    answer:
      text: I do my part.
      tool_calls: [{name: Bash, arguments: {command: "echo mine > part"}}]
      usage: {input: 80, output: 20}
  - match: {turn: 0, times: 1}
    answer: {error: {status: 529, message: come back later, retry_after: 0.01}}
  - match: {turn: 0}
    answer:
      text: I let somebody do it.
      tool_calls: [{name: Agent, arguments: {subagent_type: worker, prompt: part-one}}]
      usage: {input: 2400, output: 120, cache_write: 2000}
otherwise: {text: all done, usage: {input: 2700, output: 40, cache_read: 2000}}
"""
AGENTS = [{"name": "worker", "description": "works", "prompt": "You work.", "tools": ["Bash"]}]


@pytest.fixture(scope="module")
def runs_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with a failed request, a subagent, and samples of its second request."""
    base = tmp_path_factory.mktemp("panes")
    before = os.environ.get("HOME")
    os.environ["HOME"] = str(base / "home")
    try:
        ran = asyncio.run(run(base, SCRIPT, sessions("go"), run_name="panes", agents=AGENTS))
    finally:
        if before is not None:
            os.environ["HOME"] = before
    _resample(ran.session())
    return base / "runs"


def _resample(session: SessionFolder) -> None:
    """Write what asking request 2 again would: three samples, and one of a variant."""
    folder = session.path / "resamples" / "request_002"
    for said in ("I let somebody do it.", "I let somebody do it!", "No: I do it myself."):
        save(folder, _sample({"type": "text", "text": said}))
    save(folder, replace(_sample(), error="overloaded", status=529))
    edits = [Edit("messages[0].content", "go", "go alone")]
    call = {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "make \x1b[31mit"}}
    save(save_variant(folder, 2, "alone", edits, b"{}"), _sample(call))


def _sample(*content: dict[str, Any]) -> Sample:
    response = {"content": list(content), "stop_reason": "end_turn", "role": "assistant"}
    return Sample(
        *("request 2", 2, "anthropic", "messages.create", "claude-sonnet-4-20250514", "http://x"),
        *({}, "", "", 200, False, "end_turn", None, 0.002, 1200.0, None, None, [], None, response),
    )


@asynccontextmanager
async def reading(
    runs_dir: Path, logs: Path, step: int, size: tuple[int, int] = (240, 60)
) -> AsyncIterator[tuple[App[Any], Pilot[None]]]:
    at = runs_dir / "panes", RunPlace(1, step=step)
    async with running(logs, size, "runs", runs_dir, at) as (app, pilot):
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.look is not None)
        yield app, pilot


def side(app: App[Any]) -> str:
    return "\n".join(lines_of(app, app.screen.query_one(PaneDocument)))


async def test_the_request_of_the_turn_with_what_failed_before_it(runs_dir: Path, tmp_path: Path) -> None:
    async with reading(runs_dir, tmp_path / "logs", 2) as (app, pilot):
        await pilot.press("6")
        await until(pilot, lambda: "Response  tool_use" in side(app))
        first, second = side(app).splitlines()[:2]
        assert "request 1  ✖ overloaded_error: come back later" in first
        assert "request 2  attempt 2  tool_use  2.4k→120 tok" in second
        assert "written to the prompt cache" in side(app)
        await pilot.press("shift+tab", "G")  # the next turn's: one new answer, one new result
        await until(pilot, lambda: "Request  3 messages, 2 new" in side(app))
        assert "unchanged since request 1" in side(app)
        assert "(2.0k cached)→40 tok" in side(app)
        await pilot.press("6", "G")
        await until(pilot, lambda: "Session  5 requests, 1 failed" in side(app))
        assert "request 4  subagent …" in side(app)


async def test_subagents_behind_their_step_and_samples_in_groups(runs_dir: Path, tmp_path: Path) -> None:
    async with reading(runs_dir, tmp_path / "logs", 2) as (app, pilot):
        await pilot.press("7")
        await until(pilot, lambda: "worker  sent by step 2" in side(app))
        assert "3 steps · 1 tool call · 180→30 tok" in side(app)
        await pilot.press("right_square_bracket", "right_square_bracket", "l")
        await until(pilot, lambda: "→ Bash  echo mine > part" in side(app))
        await pilot.press("8")
        await until(pilot, lambda: "variant 1  alone" in side(app))
        shown = side(app)
        assert "said  in 2 ways" in shown
        assert "2/3  samples 1, 2  I let somebody do it." in shown
        assert "✖ overloaded" in shown
        assert "messages[0].content" in shown
        assert "go alone" in shown
        assert re.search(r"Bash +█+ 1/1  vanilla ░+ 0/3", shown)
        assert re.search(r"none +░+ 0/1  vanilla █+ 3/3", shown)
        assert "\x1b" not in shown
        await pilot.press(*"jjjjj", "l")
        await until(pilot, lambda: "- I let somebody do it." in side(app))
        assert "No: I do it myself." in side(app)
        await pilot.press("shift+tab", "G")
        await until(pilot, lambda: "was not asked again" in side(app))
        assert "request 2  turn 1  5 samples, 1 variant" in side(app)


async def test_the_keys_in_a_pane_are_called_what_they_go_to_there(runs_dir: Path, tmp_path: Path) -> None:
    async with reading(runs_dir, tmp_path / "logs", 2) as (app, pilot):

        def bar() -> str:
            return lines_of(app, app.screen.query_one(KeyBar))[0]

        assert "] Turn" in bar()
        for key, words in (
            ("5", "] Hunk  } File"),
            ("6", "] Part  } Request"),
            ("7", "] Step  } Subagent"),
            ("8", "] Sample  } Variant"),
            ("9", "} Verdict"),
            ("0", "] Hunk  } File"),
        ):
            await pilot.press(key)
            await until(pilot, lambda words=words: f"Pane  {words}  " in bar())
        await pilot.press("p")  # the notes, in which there is nothing to go to
        await until(pilot, lambda: "]" not in bar() and "}" not in bar())
        await pilot.press("8")
        await until(pilot, lambda: "variant 1  alone" in side(app))
        await pilot.press("G", "right_square_bracket")
        await shows(pilot, "no sample below")
        await pilot.press("question_mark")
        await shows(pilot, "Previous variant")


def _other_run(runs_dir: Path, base: Path) -> Path:
    """A folder with the run, and the same run again with another end."""
    shutil.copytree(runs_dir, base / "two")
    other = shutil.copytree(runs_dir / "panes", base / "two" / "again")
    trajectory = RunFolder(other).session(1).trajectory
    trajectory.write_bytes(trajectory.read_bytes().replace(b"all done", b"not quite done"))
    meta = RunFolder(other).meta
    meta.write_bytes(meta.read_bytes().replace(b'"run_name":"panes"', b'"run_name":"again"'))
    return base / "two"


async def test_two_runs_are_compared_from_where_they_part(runs_dir: Path, tmp_path: Path) -> None:
    both = _other_run(runs_dir, tmp_path)
    async with running(tmp_path / "logs", (160, 40), "runs", both, None) as (app, pilot):
        await shows(pilot, "line 1 of 2")
        await pilot.press("equals_sign")
        await shows(pilot, "nothing marked yet")
        await pilot.press("m", "equals_sign")
        await shows(pilot, "this is the marked one")
        await pilot.press("j", "equals_sign")
        await shows(pilot, "2 steps the same, then they part at step 1.3: message  1 step of 3 not the same")
        assert app.screen.query_one(Document).line_text.strip().startswith("step 1.3  agent  message")
        await pilot.press("right_square_bracket")
        await shows(pilot, "no more differences below")
        await pilot.press("v")
        await until(pilot, lambda: "- not quite done" in text_of(app) or "- all done" in text_of(app))
        await pilot.press("escape", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.look is not None)
        await pilot.press("equals_sign")  # a session with the marked run
        await shows(pilot, "they part at step 1.3")


async def test_the_palette_opens_a_pane_without_a_key_by_its_name(runs_dir: Path, tmp_path: Path) -> None:
    async with reading(runs_dir, tmp_path / "logs", 2) as (app, pilot):
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"pane config")
        await shows(pilot, "The pane config")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and "run_name" in side(app))
