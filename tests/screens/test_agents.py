"""Agents, over a real log folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App

from screens.agents import AgentsScreen
from screens.attention import notices
from screens.live import LiveScreen
from tessen.sanitise import is_safe
from tests.logs import HOSTILE, NOW, make_error, make_event, night, write_log
from tests.running import LOG_NAME, priced, running, settled, shows, until
from tests.screen_text import lines_of, text_of
from tests.widgets.test_agent_table import summary
from widgets.agent_table import AgentTable

Size = tuple[int, int]
Matches = Callable[[App[Any]], bool]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A night whose billing agent fails until the end."""
    storm = [make_error(800 + n, "billing_reconciler", NOW - 60 + n) for n in range(14)]
    return write_log(tmp_path / "logs", [*night(), *storm])


def rows(app: App[Any]) -> list[str]:
    return [line for line in lines_of(app, app.query_one(AgentTable)) if line.strip()]


async def test_trouble_comes_first_and_says_why(logs: Path) -> None:
    async with running(logs, start="agents") as (app, pilot):
        await shows(pilot, "billing_reconciler is failing:")
        assert rows(app)[0].startswith("▌✖ failing  billing_reconciler")
        assert "4 agents · 1 failing" in text_of(app)
        assert "rate_limited" in text_of(app)
        assert LOG_NAME in text_of(app)


async def test_enter_opens_its_tail_and_escape_comes_back(logs: Path) -> None:
    async with running(logs, start="agents") as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, LiveScreen))
        await shows(pilot, "filter agent:billing_reconciler")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, AgentsScreen))
        await pilot.press("2")
        await shows(pilot, "following · 134 events")


@pytest.mark.parametrize(("key", "query"), [("e", "status:error"), ("a", "signal:any")])
async def test_its_errors_and_anomalies(logs: Path, key: str, query: str) -> None:
    async with running(logs, start="agents") as (_, pilot):
        await pilot.press(key)
        await shows(pilot, f"filter agent:billing_reconciler {query}")


async def test_new_events_move_the_numbers(logs: Path) -> None:
    async with running(logs, start="agents") as (_, pilot):
        write_log(logs, [make_event(5_000, "night_watch", NOW)])
        await shows(pilot, "5 agents")
        await shows(pilot, "night_watch")


async def test_sorting_by_key(logs: Path) -> None:
    async with running(logs, start="agents") as (app, pilot):
        await pilot.press("greater_than_sign")
        await settled(pilot)
        assert rows(app)[0].split()[2] == "billing_reconciler"
        assert "agent↓" in text_of(app)
        await pilot.press("t")
        await settled(pilot)
        assert "state↓" in text_of(app)


async def test_an_empty_log_says_what_to_type(tmp_path: Path) -> None:
    async with running(tmp_path / "nowhere", start="agents") as (app, pilot):
        await shows(pilot, "No log folder yet")
        assert "tessen-tui --demo" in text_of(app)


async def test_nothing_raw_is_drawn(tmp_path: Path) -> None:
    lines = [
        make_error(100 * number + n, text, NOW - 30 + n, 429, text)
        for number, text in enumerate(HOSTILE)
        for n in range(12)
    ]
    folder = write_log(tmp_path / "logs", lines)
    async with running(folder, size=(120, 60), start="agents") as (app, pilot):
        assert len(rows(app)) == len(HOSTILE)
        for _ in HOSTILE:
            assert all(is_safe(line) for line in text_of(app).split("\n"))
            await pilot.press("j")
        assert rows(app)[-1].startswith("▌"), "each was described once"


def test_notices_are_ordered_and_safe() -> None:
    agents = [
        summary("spender", cost_per_hour_usd=12.0),
        summary("late", "stalled", reason="asked for a tool 4m ago"),
        summary("\x1bbad", "failing", reason="5 errors in a row"),
        summary("fine"),
    ]
    assert [notice.text for notice in notices(agents, 5.0, NOW)] == [
        "␛bad is failing: 5 errors in a row",
        "spender spends $12.00 an hour (limit $5.00)",
        "late is stalled: asked for a tool 4m ago",
    ]


@pytest.mark.snapshot
async def test_agents(logs: Path, size: Size, matches_baseline: Matches) -> None:
    async with running(logs, size=size, start="agents") as (app, pilot):
        await priced(pilot)
        assert matches_baseline(app)


@pytest.mark.snapshot
async def test_agents_empty(tmp_path: Path, size: Size, matches_baseline: Matches) -> None:
    async with running(tmp_path / "nowhere", size=size, start="agents") as (app, _):
        assert matches_baseline(app)
