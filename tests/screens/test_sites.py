"""Call sites, over a real repository and a real log: what was called, what was not, and what no map knows."""

# ruff: noqa: ASYNC240 - small local files
from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from screens.agents import AgentsScreen
from screens.live import LiveScreen
from screens.site_entry import SiteEntryScreen
from screens.sites import SitesScreen
from tessen.reading.call_place import read_place
from tessen.sanitise import is_safe
from tests.logs import HOSTILE, NOW, Event, make_event, write_log
from tests.running import running, settled, shows, until
from tests.screen_text import lines_of, text_of
from widgets.document import Document
from widgets.site_table import SiteTable

Matches = Callable[[App[Any]], bool]
DAY_S = 86_400

PROGRAM = '''\
"""An agent."""
import anthropic
from openai import OpenAI

client = anthropic.Anthropic()
other = OpenAI()


def settle(task):
    """Settle one transfer."""
    while True:
        # until it says that it is done
        answer = client.messages.create(model="claude-haiku-4-5", tools=[], messages=[task])
        if answer.stop_reason != "tool_use":
            return answer


class Reconciler:
    def explain(self, text):
        return other.chat.completions.create(model="gpt-5-mini", messages=[text])

    def embed(self, texts):
        return other.embeddings.create(model="text-embedding-3-small", input=texts)

    def translate(self, texts):
        first = client.messages.create(model="claude-haiku-4-5", messages=texts)
        return client.messages.create(model="claude-haiku-4-5", messages=[first])


def main():
    settle({})
'''


@pytest.fixture
def program(home: Path) -> Path:
    """A program of a repository in the home folder."""
    folder = home / "src" / "billing"
    path = folder / "billing_agent" / "agent.py"
    path.parent.mkdir(parents=True)
    path.write_text(PROGRAM)
    (folder / "pyproject.toml").write_text("[project]\nname = 'billing'\n")
    return path


@pytest.fixture
def logs(tmp_path: Path, program: Path) -> Path:
    """Calls of that program, of older code of it, in a container, and of a program that is not here."""

    def calls(
        first: int, count: int, ts: float, place: str, agent: str = "billing_reconciler"
    ) -> list[Event]:
        file, line, func = read_place(place)
        site = {"file": file, "line": line, "func": func}
        return [make_event(first + n, agent, ts - n, call_site=site) for n in range(count)]

    return write_log(
        tmp_path / "logs",
        [
            *calls(0, 40, NOW - 60, f"{program}:13:settle"),
            *calls(100, 3, NOW - 20 * DAY_S, f"{program}:20:explain"),
            *calls(200, 5, NOW - 3_700, "/app/billing_agent/agent.py:19:embed"),
            *calls(300, 2, NOW - 3_700, f"{program}:60:translate"),
            *calls(400, 7, NOW - 300, "/opt/tools/chat.py:12:ask"),
            *calls(500, 1, NOW - 300, "/opt/other.py:1:look", "other_agent"),
        ],
    )


async def sites_open(pilot: Pilot[None]) -> None:
    """Open the call sites from Agents, and let them be mapped."""
    await pilot.press("M")
    await until(pilot, lambda: isinstance(pilot.app.screen, SitesScreen))
    await shows(pilot, "line 1 of")


def rows(app: App[Any]) -> list[list[str]]:
    """The words of each line, without the cursor's mark."""
    drawn = lines_of(app, app.screen.query_one(SiteTable))
    return [line.removeprefix("▌").split() for line in drawn if line.strip()]


async def test_silent_ones_come_first_and_new_events_speak(logs: Path, program: Path) -> None:
    async with running(logs, start="agents") as (app, pilot):
        await pilot.press("M")
        await shows(pilot, "1 silent · 2 unclear · 2 called · 1 unmapped")
        assert [line[1:5] for line in rows(app)] == [
            ["silent", "0", "20d", "Reconciler.explain"],
            ["unclear", "≤2", "1h", "Reconciler.translate"],
            ["unclear", "≤2", "1h", "Reconciler.translate"],
            ["called", "40", "1m", "settle"],
            ["called", "5", "1h", "Reconciler.embed"],
            ["unmapped", "7", "5m", "ask"],
        ]
        assert "Call sites of billing_reconciler · the last 7 days" in text_of(app)
        assert "~/src/billing" in text_of(app)
        await pilot.press("j")
        await shows(pilot, "its function has changed: which of its calls was made is unknown")
        await pilot.press("g")
        site = {"file": str(program), "line": 20, "func": "explain"}
        write_log(logs, [make_event(900, "billing_reconciler", NOW, call_site=site)])
        await shows(pilot, "2 unclear · 3 called")
        assert app.screen.query_one(SiteTable).selected.site.func == "explain"  # type: ignore[union-attr]


async def test_periods_agents_the_filter_and_its_events_in_live(logs: Path) -> None:
    async with running(logs, start="agents") as (app, pilot):
        await sites_open(pilot)
        await pilot.press("right_square_bracket")
        await shows(pilot, "2 unclear · 3 called")
        assert "the last 30 days" in text_of(app)
        await pilot.press(*["left_square_bracket"] * 9)
        await shows(pilot, "4 silent · 1 called · 1 unmapped")
        assert "the last hour" in text_of(app)
        await pilot.press("v")
        await shows(pilot, "2 unmapped")
        assert "Call sites of all agents" in text_of(app)
        await pilot.press("f", *"state:unmapped ask", "enter")
        await shows(pilot, "line 1 of 1")
        assert rows(app)[0][4] == "ask"
        await pilot.press(*["right_square_bracket"] * 9)  # Live counts periods back from the real time
        await shows(pilot, "all agents · ever")
        await pilot.press("L")
        await until(pilot, lambda: isinstance(app.screen, LiveScreen))
        await shows(pilot, "7 of 58 events")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, SitesScreen))
        await pilot.press("v", "f", "space", *"func:main", "enter")
        await shows(pilot, "No call site matches the filter")
        await pilot.press("escape")
        await shows(pilot, "of 6")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, AgentsScreen))


async def test_the_map_entry_and_the_editor(
    logs: Path, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    monkeypatch.setenv("EDITOR", "ed --here")
    monkeypatch.setattr("screens.site_keys.open_in_editor", lambda *what: opened.append(what[1:]))
    async with running(logs, start="agents") as (app, pilot):
        await sites_open(pilot)
        await pilot.press("j", "j", "j", "enter")
        await until(pilot, lambda: isinstance(app.screen, SiteEntryScreen))
        await shows(pilot, "Settle one transfer.")
        lines = [line.strip() for line in lines_of(app, app.screen.query_one(Document))]
        assert lines[1].startswith("rule        tool_use_loop_anthropic")
        assert "called by   main" in lines
        assert "events      40 in the period" in lines
        await pilot.press("escape", "o")
        await until(pilot, lambda: bool(opened))
        assert opened == [(str(program), 13, ["ed", "--here"])]
        await pilot.press("j")
        await shows(pilot, "recorded at /app/billing_agent/agent.py:19:embed")
        assert "moved: recorded at line 19" in text_of(app)
        await pilot.press("G", "enter")
        await shows(pilot, "ask: no mapped file has this path; L shows its events")
        await pilot.press("o")
        await shows(pilot, "/opt/tools/chat.py is not on this machine")
        assert len(opened) == 1


async def test_code_that_changed_since_is_mapped_again(logs: Path, program: Path) -> None:
    async with running(logs, start="agents") as (app, pilot):
        await sites_open(pilot)
        program.write_text(PROGRAM.replace("def explain", "def tell"))
        os.utime(program, (NOW * 2, NOW * 2))
        await pilot.press("right_square_bracket")
        await shows(pilot, "code has changed since: ctrl+r maps it again")
        await pilot.press("ctrl+r")
        await shows(pilot, "Reconciler.tell")
        assert "recorded in explain" in text_of(app) or rows(app)[-1][4] == "explain"


async def test_without_code_it_says_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    site = {"file": "/opt/tools/chat.py", "line": 12, "func": "ask"}
    logs = write_log(tmp_path / "logs", [make_event(1, "elsewhere", NOW - 30 * DAY_S, call_site=site)])
    async with running(logs, start="agents") as (app, pilot):
        await pilot.press("M")
        await shows(pilot, "No code to map")
        assert "tessen sites ~/src/agent --since 7d" in text_of(app)
        await pilot.press("enter", "o", "L", "j", "escape")
        await until(pilot, lambda: isinstance(app.screen, AgentsScreen))


async def test_nothing_raw_is_drawn(tmp_path: Path, program: Path) -> None:
    places = [{"file": f"/opt/{text}.py", "line": n, "func": text} for n, text in enumerate(HOSTILE)]
    places.append({"file": str(program), "line": 13, "func": "settle"})
    (program.parent / "\x1b]0;owned\x07.py").write_text(PROGRAM)
    logs = write_log(tmp_path / "logs", [make_event(n, "a", NOW, call_site=p) for n, p in enumerate(places)])
    async with running(logs, size=(200, 60), start="agents") as (app, pilot):
        await sites_open(pilot)
        await shows(pilot, f"{len(HOSTILE)} unmapped")
        for _ in HOSTILE:
            await pilot.press("k" if app.screen.query_one(SiteTable).position else "G")
            assert all(is_safe(line) for line in text_of(app).split("\n"))


@pytest.mark.snapshot
@pytest.mark.parametrize("wide", [(80, 24), (120, 40), (200, 60)], ids=["80x24", "120x40", "200x60"])
async def test_sites(logs: Path, wide: tuple[int, int], matches_baseline: Matches) -> None:
    async with running(logs, size=wide, start="agents") as (app, pilot):
        await sites_open(pilot)
        await pilot.press("j")
        await settled(pilot)
        assert matches_baseline(app)
