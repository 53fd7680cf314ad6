"""The filter line: what it applies, what it says, how it completes and remembers."""

from __future__ import annotations

import asyncio

from textual.app import App, ComposeResult
from textual.widgets import Static

from tests.screen_text import text_of
from widgets.filter_bar import FilterBar

AGENTS = {"agent": ["billing_reconciler", "support_triage"]}


class BarApp(App[None]):
    AUTO_FOCUS = None

    def __init__(self) -> None:
        super().__init__()
        self.applied: list[str] = []
        self.closed = 0

    def compose(self) -> ComposeResult:
        yield FilterBar(lambda field: AGENTS.get(field, []))
        yield Static("below", markup=False)

    def on_filter_bar_changed(self, message: FilterBar.Changed) -> None:
        self.applied.append(str(message.query))

    def on_filter_bar_closed(self) -> None:
        self.closed += 1


def bar(app: App[None]) -> FilterBar:
    return app.query_one(FilterBar)


async def test_it_takes_no_room_until_it_is_opened() -> None:
    app = BarApp()
    async with app.run_test(size=(80, 24)) as pilot:
        assert text_of(app).startswith("below")
        bar(app).open()
        await pilot.pause()
        assert text_of(app).startswith(" filter")
        assert "status:error" in text_of(app).split("\n")[1]


async def test_enter_applies_and_escape_goes_back() -> None:
    app = BarApp()
    async with app.run_test(size=(80, 24)) as pilot:
        bar(app).open()
        await pilot.press(*"status:error", "enter")
        await pilot.pause()
        assert app.applied[-1] == "status:error"
        assert app.closed == 1
        bar(app).open()
        await pilot.press("ctrl+u", *"dur>5s", "escape")
        await pilot.pause()
        assert app.applied[-1] == "status:error"
        assert bar(app).input.value == "status:error"


async def test_typing_alone_narrows_after_a_pause() -> None:
    app = BarApp()
    async with app.run_test(size=(80, 24)) as pilot:
        bar(app).open()
        await pilot.press(*"dur>5s")
        async with asyncio.timeout(60):
            while app.applied[-1:] != ["dur>5s"]:
                await pilot.pause(0.02)


async def test_a_bad_term_is_underlined_and_says_why() -> None:
    app = BarApp()
    async with app.run_test(size=(80, 24)) as pilot:
        bar(app).open()
        await pilot.press(*"dur>5s statsu:error")
        await pilot.pause()
        assert "✖ unknown field 'statsu' — did you mean 'status'?" in text_of(app)
        strip = app.screen._compositor.render_strips()[0]
        underlined = "".join(s.text for s in strip if s.style and s.style.underline)
        assert underlined == "statsu:error"


async def test_tab_completes_fields_and_values() -> None:
    app = BarApp()
    async with app.run_test(size=(80, 24)) as pilot:
        bar(app).open()
        await pilot.press(*"ag")
        await pilot.pause()
        await pilot.press("tab")
        assert bar(app).input.value == "agent:"
        await pilot.pause()
        assert "agent:billing_reconciler  agent:support_triage" in text_of(app)
        await pilot.press("s")
        await pilot.pause()
        await pilot.press("tab")
        assert bar(app).input.value == "agent:support_triage"


async def test_earlier_filters_come_back() -> None:
    app = BarApp()
    async with app.run_test(size=(80, 24)) as pilot:
        for text in ("status:error", "dur>5s"):
            bar(app).set_text(text)
        bar(app).set_text("")
        bar(app).open()
        await pilot.press("up", "up")
        assert bar(app).input.value == "status:error"
        await pilot.press("down")
        assert bar(app).input.value == "dur>5s"
        await pilot.press("down", "down")
        assert bar(app).input.value == ""


async def test_a_term_typed_into_a_set_filter_is_one_more() -> None:
    app = BarApp()
    async with app.run_test(size=(80, 24)) as pilot:
        bar(app).set_text("agent:billing")
        bar(app).open()
        await pilot.press(*"dur>5s", "enter")
        assert bar(app).text == "agent:billing dur>5s"
        bar(app).open()
        await pilot.press("enter")
        assert bar(app).text == "agent:billing dur>5s"
