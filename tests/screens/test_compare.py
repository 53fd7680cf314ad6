"""Two events compared on screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from screens.compare import CompareScreen
from tests.screens.event_samples import answered, limited, truncated
from tests.screens.memory_log import MemoryLog, ScreenApp
from widgets.document import Document
from widgets.pair_head import PairHead
from widgets.status_line import StatusLine


def comparing(*events: dict[str, Any]) -> ScreenApp:
    return ScreenApp(
        MemoryLog(*events, costs={0: 0.0123, 1: 0.021}), lambda source: CompareScreen(source, 0, 1)
    )


def asking(**body: Any) -> dict[str, Any]:
    event = answered(event_id="3" * 32)
    return {**event, "request_body": {**event["request_body"], **body}}


async def loaded(pilot: Pilot[None]) -> None:
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def shown(app: App[None]) -> str:
    document = app.screen.query_one(Document)
    return "\n".join(document.render_line(y).text.rstrip() for y in range(document.size.height))


def said(app: App[None]) -> str:
    return str(app.screen.query_one(StatusLine).render())


async def test_what_differs_is_said_first() -> None:
    app = comparing(answered(), truncated())
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        assert "stop reason  tool_use → max_tokens" in shown(app)
        assert "left   12:21:40  · ok" in str(app.screen.query_one(PairHead).render())


async def test_equal_events_say_so() -> None:
    app = comparing(answered(), answered())
    app.source.costs = {}
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        assert "the same request, answer and course" in shown(app)
        assert "Request  the same on both sides" in shown(app)


async def test_brackets_go_from_difference_to_difference() -> None:
    app = comparing(answered(), asking(max_tokens=4096, system="Shorter."))
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        document = app.screen.query_one(Document)
        await pilot.press("right_square_bracket")
        assert document.line_text == "max_tokens: 1024"
        await pilot.press("right_square_bracket")
        assert document.line_text == "You are the billing assistant of Northwind."
        await pilot.press("right_square_bracket")
        assert "no more differences below" in said(app)
        await pilot.press("left_square_bracket")
        assert document.line_text == "max_tokens: 1024"


async def test_wide_terminals_show_both_sides_beside_each_other() -> None:
    app = comparing(answered(), asking(max_tokens=4096))
    async with app.run_test(size=(120, 30)) as pilot:
        await loaded(pilot)
        await pilot.press("tab", "tab")
        row = next(row for row in shown(app).splitlines() if "max_tokens: 4096" in row)
        assert row.index("max_tokens: 1024") < row.index("│") < row.index("max_tokens: 4096")
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        await pilot.press("tab", "tab")
        assert "+ max_tokens: 4096" in shown(app)
        await pilot.press("v")
        assert any("1024" in row and "4096" in row for row in shown(app).splitlines())


async def test_sides_swap() -> None:
    app = comparing(answered(), truncated())
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        await pilot.press("S")
        await loaded(pilot)
        assert "stop reason  max_tokens → tool_use" in shown(app)


async def test_an_event_that_is_gone_says_why() -> None:
    app = comparing(answered(), truncated())
    app.source.lost.add(1)
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        await pilot.press("right_square_bracket", "v", "S")
        await loaded(pilot)
        assert "the file was truncated since" in shown(app)


@pytest.mark.snapshot
@pytest.mark.parametrize("right", ["truncated", "limited"])
async def test_compare_picture(
    right: str, size: tuple[int, int], matches_baseline: Callable[[App[Any]], bool]
) -> None:
    other = {"truncated": truncated, "limited": limited}[right]()
    app = comparing(answered(), other)
    async with app.run_test(size=size) as pilot:
        await loaded(pilot)
        assert matches_baseline(app)
