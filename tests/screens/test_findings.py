"""Patterns over several events, as a person meets them: in Agents, in Live and in the inspector."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App

from capture.log.source import PlacedFinding
from screens.inspector import InspectorScreen
from screens.live import LiveScreen
from tessen.sanitise import is_safe
from tests.findings import asking, loop, steps
from tests.logs import HOSTILE, NOW, make_error, make_event, night, write_log
from tests.running import priced, running, settled, shows, until
from tests.screen_text import lines_of, text_of
from tests.screens.memory_log import MemoryLog, ScreenApp
from widgets.agent_detail import AgentDetail
from widgets.banner import Banner
from widgets.document import Document
from widgets.event_list import EventList

ADVICE = "Look at what the tool answered: the model sees nothing new; bound the loop's turns."
Size = tuple[int, int]
Matches = Callable[[App[Any]], bool]


@pytest.fixture
def looping(tmp_path: Path) -> Path:
    """A night in which the billing agent goes round in circles."""
    return write_log(tmp_path / "logs", [*calm_night(), *loop(14)])


@pytest.fixture
def working(tmp_path: Path) -> Path:
    """The same night, in which it works its way through as many invoices."""
    return write_log(tmp_path / "logs", [*calm_night(), *steps(14)])


def calm_night() -> list[dict[str, Any]]:
    """Calls that all went well."""
    return [event for event in night() if event["status"] == "ok" and not event["quality_signals"]]


CALM = len(calm_night())


def rows(app: App[Any]) -> list[str]:
    return [line[:-1].rstrip() for line in lines_of(app, app.screen.query_one(EventList)) if line.strip()]


def document(app: App[Any]) -> str:
    shown = app.screen.query_one(Document)
    return "\n".join(shown.render_line(y).text.rstrip() for y in range(shown.size.height))


async def test_agents_says_who_loops_and_what_to_do(looping: Path) -> None:
    async with running(looping, start="agents", findings=True) as (app, pilot):
        await priced(pilot)
        text = text_of(app)
        assert "1 looping" in text.splitlines()[0]
        (banner,) = lines_of(app, app.query_one(Banner))
        assert "billing_reconciler is looping: get_invoice 14 times in 2m11s, $0.081, always with" in banner
        assert "▌↻ looping  billing_reconciler" in text
        detail = "\n".join(lines_of(app, app.query_one(AgentDetail)))
        assert "↻ tool_loop: get_invoice was called 14 times with the same arguments" in detail
        assert "within 2m11s, for $0.081 · 1m ago" in detail
        assert (
            "→ Look at what the tool answered: the model sees nothing new; bound the loop's turns." in detail
        )


async def test_a_loop_of_many_calls_still_goes_on_and_the_worst_one_is_named(tmp_path: Path) -> None:
    """A long loop, of which not every call is kept as evidence; a short one in a session that came later."""
    other = [
        asking(5_000 + n, NOW - 60.0 + 10.0 * n, {"invoice_id": "INV-1"}, session_id="6" * 32)
        for n in range(5)
    ]
    many = [asking(9_000 + n, NOW - 1_200.0 + 3.0 * n, {"invoice_id": "INV-0"}) for n in range(400)]
    folder = write_log(tmp_path / "logs", [*many, *other])
    async with running(folder, start="agents", findings=True) as (app, pilot):
        await priced(pilot)
        (banner,) = lines_of(app, app.query_one(Banner))
        assert "billing_reconciler is looping: get_invoice 400 times" in banner


async def test_work_is_no_loop_for_agents(working: Path) -> None:
    async with running(working, start="agents", findings=True) as (app, pilot):
        await priced(pilot)
        assert "looping" not in text_of(app)
        assert "tool_loop" not in text_of(app)
        assert not app.query_one(Banner).has_class("-shown")
        await pilot.press("p")
        await shows(pilot, "no pattern over several events of code_reviewer")


async def test_a_loop_that_is_over_is_told_and_wakes_nobody(tmp_path: Path) -> None:
    folder = write_log(
        tmp_path / "logs", [*loop(14, NOW - 4_000), make_event(1, "billing_reconciler", NOW - 9)]
    )
    async with running(folder, start="agents", findings=True) as (app, pilot):
        await shows(pilot, "↻ tool_loop: get_invoice was called 14 times")
        assert "looping" not in text_of(app)
        assert "1h ago" in text_of(app)
        assert not app.query_one(Banner).has_class("-shown")


async def test_a_key_goes_from_the_agent_to_the_evidence(looping: Path) -> None:
    async with running(looping, start="agents", findings=True) as (app, pilot):
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, LiveScreen))
        await shows(pilot, f"14 of {CALM + 14} events")
        assert "filter agent:billing_reconciler finding:any" in text_of(app)
        assert all(" ↻" in row or "▌↻" in row for row in rows(app))
        await pilot.press("escape")
        await shows(pilot, "1 looping")


async def test_live_marks_what_shows_it_and_nothing_else(looping: Path) -> None:
    async with running(looping, findings=True) as (app, pilot):
        await shows(pilot, "tool_loop")
        marked = [row for row in rows(app) if "↻" in row]
        assert len(marked) == 14
        assert all("tool_loop → get_" in row and "billing_reconciler" in row for row in marked)
        assert not [row for row in rows(app) if "tool_loop" in row and "↻" not in row]
        await pilot.press("P")
        await shows(pilot, "finding: line")
        assert next(row for row in rows(app) if row.startswith("▌")).startswith("▌↻· 03:13:05")
        await pilot.press("p")
        await shows(pilot, "no finding below")


async def test_live_marks_no_work(working: Path) -> None:
    async with running(working, findings=True) as (app, pilot):
        assert "→ get_invoice" in text_of(app)
        assert "↻" not in text_of(app)
        await pilot.press("f", *"finding:loop", "enter")
        await shows(pilot, "Nothing matches")


async def test_the_filter_asks_for_findings_and_refuses_what_is_none(looping: Path) -> None:
    async with running(looping, findings=True) as (_, pilot):
        await pilot.press("f", *"finding:loop", "enter")
        await shows(pilot, f"14 of {CALM + 14} events")
        await pilot.press("f", "ctrl+u", *"-finding:any", "enter")
        await shows(pilot, f"{CALM} of {CALM + 14} events")
        await pilot.press("f", "ctrl+u", *"finding:lop", "enter")
        await shows(pilot, "'finding' is never 'lop'")


async def test_new_events_join_a_loop_under_ones_eyes(looping: Path) -> None:
    async with running(looping, findings=True) as (_, pilot):
        await pilot.press("f", *"finding:loop", "enter")
        await shows(pilot, f"14 of {CALM + 14} events")
        write_log(looping, [asking(9_900, NOW - 1, {"invoice_id": "INV-0000"})])
        await shows(pilot, f"15 of {CALM + 15} events")


async def test_without_unicode_the_sign_and_the_word_are_there(looping: Path) -> None:
    async with running(looping, findings=True, ascii=True) as (app, pilot):
        await shows(pilot, "tool_loop")
        assert sum(" @." in row and "tool_loop" in row for row in rows(app)) == 14
        assert "↻" not in text_of(app)


async def test_a_storm_folds_and_says_what_it_is_of(tmp_path: Path) -> None:
    storm = [make_error(n, "billing_reconciler", NOW - 50 + n) for n in range(12)]
    async with running(write_log(tmp_path / "logs", storm), findings=True) as (app, pilot):
        await shows(pilot, "error_storm")
        (row,) = rows(app)
        assert row.startswith("▌↻✖")
        assert "rate_limited ×12" in row
        assert "error_storm 429 number…" in row


async def test_nothing_raw_is_drawn(tmp_path: Path) -> None:
    events = []
    for number, text in enumerate(HOSTILE):
        for event in loop(5, NOW - 90 + number, first=10 * number):
            event |= {"session_id": f"{number:032x}", "agent_name": text}
            event["casted_response"]["content"][0]["name"] = text
            events.append(event)
    async with running(write_log(tmp_path / "logs", events), start="agents", findings=True) as (app, pilot):
        await shows(pilot, "looping")
        assert all(is_safe(line) for line in text_of(app).split("\n"))
        await pilot.press("p")
        await shows(pilot, "tool_loop")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, InspectorScreen) and bool(document(app).strip()))
        assert all(is_safe(line) for line in text_of(app).split("\n"))


def looked_at(times: int, row: int) -> ScreenApp:
    """The inspector on one event of a loop."""
    source = MemoryLog(*loop(times), make_event(1, "billing_reconciler", NOW))
    says = f"get_invoice was called {times} times with the same arguments in one session"
    shown = tuple(range(times))
    finding = PlacedFinding(
        "tool_loop", "billing_reconciler", says, ADVICE, shown, NOW - 200, NOW - 70, 0.0805
    )
    source.findings = [finding]
    return ScreenApp(source, lambda log: InspectorScreen(log, row))


async def loaded(pilot: Any) -> None:
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def test_the_inspector_says_what_the_event_is_part_of() -> None:
    app = looked_at(14, 2)
    async with app.run_test(size=(100, 30)) as pilot:
        await loaded(pilot)
        lines = [line.strip() for line in document(app).splitlines()]
        assert lines[:6] == [
            "▾ Finding  part of a pattern over several events",
            "↻ tool_loop",
            "get_invoice was called 14 times with the same arguments in one session, within 2m10s, for",
            "$0.081",
            f"→ {ADVICE}",
            "event 3 of 14; p and P go to the next and the previous",
        ]
        assert lines[8].startswith("▌    3  03:11:15  ok")
        assert "⋯ 2 more events" in lines


async def test_p_goes_through_the_evidence() -> None:
    app = looked_at(14, 12)
    async with app.run_test(size=(100, 30)) as pilot:
        await loaded(pilot)
        await pilot.press("p")
        await loaded(pilot)
        assert "event 14 of 14" in document(app)
        await pilot.press("p")
        assert "this is the finding's last event" in text_of(app)
        await pilot.press("P")
        await loaded(pilot)
        assert "event 13 of 14" in document(app)


async def test_an_event_of_no_finding_has_no_such_section() -> None:
    app = looked_at(14, 14)
    async with app.run_test(size=(100, 30)) as pilot:
        await loaded(pilot)
        assert "Finding" not in text_of(app)
        await pilot.press("p")
        assert "this event is part of no pattern over several events" in text_of(app)


@pytest.mark.snapshot
async def test_agents_looping(looping: Path, size: Size, matches_baseline: Matches) -> None:
    async with running(looping, size=size, start="agents", findings=True) as (app, pilot):
        await priced(pilot)
        assert matches_baseline(app)


@pytest.mark.snapshot
async def test_live_findings(looping: Path, size: Size, matches_baseline: Matches) -> None:
    async with running(looping, size=size, findings=True) as (app, pilot):
        await shows(pilot, "tool_loop")
        await priced(pilot)
        assert matches_baseline(app)


@pytest.mark.snapshot
async def test_inspector_finding(size: Size, matches_baseline: Matches) -> None:
    app = looked_at(14, 9)
    async with app.run_test(size=size) as pilot:
        await loaded(pilot)
        await settled(pilot)
        assert matches_baseline(app)
