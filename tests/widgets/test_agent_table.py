"""The agent table: order, cursor, and how little of it is drawn again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region

from capture.log.source import AgentSummary
from tessen.sanitise import is_safe
from tessen_tui.themes import with_own_variables
from tests.logs import each_hostile_text
from tests.screen_text import lines_of, text_of
from widgets.agent_detail import AgentDetail
from widgets.agent_table import AgentTable

NOW = 10_000.0


def summary(name: str, state: str = "active", last: float = NOW - 12, **changes: object) -> AgentSummary:
    base = AgentSummary(
        *(
            name,
            state,
            "",
            last,
            120,
            4.2,
            tuple(range(30)),
            3,
            5,
            640.0,
            2_400.0,
            90_000,
            4_000,
            1.25,
            0.9,
            0,
        ),
        *(("claude-haiku-4-5",), {"rate_limited": 3}),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


class TableApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    def get_css_variables(self) -> dict[str, str]:
        return with_own_variables(super().get_css_variables(), ansi=False)

    def compose(self) -> ComposeResult:
        yield AgentTable()
        yield AgentDetail()

    def on_agent_table_opened(self, message: AgentTable.Opened) -> None:
        self.opened.append(message.agent)


def table(app: App[None]) -> AgentTable:
    return app.query_one(AgentTable)


def names(app: App[None]) -> list[str]:
    return [line.split()[2] for line in lines_of(app, table(app)) if line.strip()]


async def test_trouble_comes_first_and_the_cursor_stays_on_its_agent() -> None:
    app = TableApp()
    async with app.run_test(size=(100, 20)) as pilot:
        table(app).show_summaries([summary("a"), summary("b", last=NOW - 300), summary("c")], NOW)
        table(app).focus()
        await pilot.press("j", "j")
        assert table(app).selected is not None and table(app).selected.name == "b"
        table(app).show_summaries([summary("a"), summary("b", "failing"), summary("c")], NOW)
        await pilot.pause()
        assert names(app) == ["b", "a", "c"]
        assert table(app).selected.name == "b"
        assert lines_of(app, table(app))[0].startswith("▌✖ failing")


async def test_sorting_moves_the_arrow() -> None:
    app = TableApp()
    async with app.run_test(size=(160, 20)) as pilot:
        table(app).show_summaries([summary("a", errors=1), summary("b", errors=9)], NOW)
        table(app).sort_by("errors")
        await pilot.pause()
        assert names(app) == ["b", "a"]
        assert "err↓" in table(app).header_text() and "state↓" not in table(app).header_text()
        table(app).sort_next(-1)
        assert table(app).order == "rate"


async def test_a_second_changes_only_the_ages(monkeypatch: pytest.MonkeyPatch) -> None:
    app = TableApp()
    async with app.run_test(size=(120, 20)) as pilot:
        agents = [summary("a"), summary("b"), summary("c", last=NOW - 7_000)]
        table(app).show_summaries(agents, NOW)
        await pilot.pause()
        refreshed: list[Region] = []
        monkeypatch.setattr(table(app), "refresh", lambda *regions, **_: refreshed.extend(regions))
        table(app).show_summaries(agents, NOW + 1)
        assert [region.y for region in refreshed] == [0, 1]
        assert all(region.width <= 8 for region in refreshed)
        refreshed.clear()
        table(app).show_summaries(agents, NOW + 1)
        assert refreshed == []


async def test_a_second_click_opens() -> None:
    app = TableApp()
    async with app.run_test(size=(120, 20)) as pilot:
        table(app).show_summaries([summary("a"), summary("b")], NOW)
        await pilot.click(AgentTable, offset=(5, 1), times=2)
        await pilot.pause()
    assert app.opened == ["b"]


async def test_the_detail_says_why_and_what_to_do() -> None:
    app = TableApp()
    async with app.run_test(size=(120, 20)) as pilot:
        app.query_one(AgentDetail).show(
            summary("billing", "failing", reason="9 of the last 10 calls failed", unpriced=2), NOW
        )
        await pilot.pause()
        shown = text_of(app)
        assert "billing  failing: 9 of the last 10 calls failed" in shown
        assert "120 calls, 3 errors, $1.25 (2 unpriced), 90k tokens in, 4.0k out" in shown
        assert "advice   rate_limited: Wait as long as retry-after says" in shown


async def test_advice_is_about_the_worst_signal_not_the_most_frequent() -> None:
    app = TableApp()
    async with app.run_test(size=(120, 20)) as pilot:
        signals = {"silent_retry": 9, "truncated_response": 5, "rate_limited": 2}
        app.query_one(AgentDetail).show(summary("billing", signals=signals), NOW)
        await pilot.pause()
        assert "advice   rate_limited:" in text_of(app)


@each_hostile_text
async def test_nothing_raw_is_drawn(text: str) -> None:
    app = TableApp()
    async with app.run_test(size=(160, 20)) as pilot:
        hostile = summary(text, text, reason=text, models=(text,), signals={text: 3})
        table(app).show_summaries([hostile, summary("plain")], NOW)
        app.query_one(AgentDetail).show(hostile, NOW)
        await pilot.pause()
        assert all(is_safe(line) for line in text_of(app).split("\n"))
        last, p95 = (lines_of(app, table(app))[row].rstrip()[-40:] for row in (0, 1))
        assert len(last) == len(p95) == 40
