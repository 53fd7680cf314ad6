"""The lines around a screen: places, keys, facts, what needs a person, and what stands where nothing is."""

from __future__ import annotations

from typing import ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType

from tessen.sanitise import is_safe
from tests.logs import each_hostile_text
from tests.running import until
from tests.screen_text import lines_of, text_of
from widgets.banner import Banner
from widgets.column_titles import ColumnTitles
from widgets.empty import EmptyState
from widgets.filters import AsciiFilter, SafeFilter
from widgets.key_bar import KeyBar
from widgets.status_line import Fact, StatusLine
from widgets.top_bar import TopBar


class Bars(App[None]):
    """Every bar at once."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "press('f')", "Filter", id="live.filter"),
        Binding("space", "press('space')", "Pause", id="live.pause"),
        Binding("x", "press('x')", "Hidden", show=False, id="live.hidden"),
    ]

    def __init__(self, log: str = "/home/oncall/.tessen/logs") -> None:
        super().__init__()
        self.log_name = log
        self.pressed: list[str] = []

    def compose(self) -> ComposeResult:
        yield TopBar("live", self.log_name)
        yield Banner()
        yield ColumnTitles()
        yield EmptyState()
        yield StatusLine()
        yield KeyBar()

    def action_press(self, key: str) -> None:
        self.pressed.append(key)


async def test_the_top_bar_names_places_log_and_trouble() -> None:
    app = Bars()
    async with app.run_test(size=(100, 24)) as pilot:
        bar = app.query_one(TopBar)
        bar.clause, bar.trouble = "1 failing", True
        await pilot.pause()
        (line,) = lines_of(app, bar)
        assert line.startswith(" 1 Agents  2 Live  3 Runs  4 Jobs ")
        assert line.endswith("/home/oncall/.tessen/logs  1 failing ")


async def test_a_narrow_top_bar_keeps_the_trouble_and_cuts_the_path() -> None:
    app = Bars()
    async with app.run_test(size=(60, 24)) as pilot:
        bar = app.query_one(TopBar)
        bar.clause = "1 failing"
        await pilot.pause()
        (line,) = lines_of(app, bar)
        assert line.endswith("1 failing ")
        assert "…" in line and "/home/oncall/.tessen/logs" not in line


@pytest.mark.parametrize(("column", "place"), [(2, "agents"), (12, "live"), (20, "runs"), (28, "jobs")])
async def test_a_place_can_be_clicked(column: int, place: str) -> None:
    chosen: list[str] = []

    class Listening(Bars):
        def on_top_bar_chosen(self, message: TopBar.Chosen) -> None:
            chosen.append(message.place)

    app = Listening()
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.click(TopBar, offset=(column, 0))
        await pilot.pause()
    assert chosen == [place]


async def test_the_key_bar_shows_what_is_bound_and_presses_it() -> None:
    app = Bars()
    async with app.run_test(size=(100, 24)) as pilot:
        (line,) = lines_of(app, app.query_one(KeyBar))
        assert line.strip().startswith("f Filter  space Pause")
        assert "Hidden" not in line
        await pilot.click(KeyBar, offset=(12, 0))
        await pilot.pause()
    assert app.pressed == ["space"]


async def test_the_key_bar_follows_the_keymap() -> None:
    app = Bars()
    app.set_keymap({"live.pause": "p"})
    async with app.run_test(size=(100, 24)):
        assert "p Pause" in text_of(app)


async def test_the_key_bar_gives_way_on_a_short_terminal() -> None:
    app = Bars()
    async with app.run_test(size=(60, 15)) as pilot:
        await pilot.pause()
        assert "Filter" not in text_of(app)


async def test_facts_are_dropped_from_the_left_side_first(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Bars()
    async with app.run_test(size=(60, 24)) as pilot:
        status = app.query_one(StatusLine)
        status.say(
            [Fact("following", "good"), Fact("1,204 events"), Fact("x" * 60)], [Fact("12 new", "warning")]
        )
        await pilot.pause()
        (line,) = lines_of(app, status)
        assert line.startswith(" following · 1,204 events ")
        assert line.endswith("12 new ")
        status.flash("copied 2.1 kB", "good")
        await pilot.pause()
        (line,) = lines_of(app, status)
        assert line.startswith(" copied 2.1 kB ") and line.endswith("12 new ")
        monkeypatch.setattr("widgets.status_line.FLASH_S", 0.01)
        status.flash("copied 2.1 kB", "good")
        await until(pilot, lambda: lines_of(app, status)[0].startswith(" following · 1,204 events "))


async def test_the_banner_takes_a_line_only_when_it_speaks() -> None:
    app = Bars()
    async with app.run_test(size=(40, 24)) as pilot:
        banner = app.query_one(Banner)
        assert not banner.region.height
        banner.say("billing is failing: 9 of the last 10 calls failed", 2)
        await pilot.pause()
        (line,) = lines_of(app, banner)
        assert line == " ✖ billing is failing: 9 of t…  +2 more "
        banner.say("")
        await pilot.pause()
        assert not banner.region.height


async def test_an_empty_state_says_why_and_what_to_type() -> None:
    app = Bars()
    async with app.run_test(size=(60, 15)) as pilot:
        app.query_one(EmptyState).say(
            "No log folder yet", ("It appears with the first call.",), ("tessen doctor",)
        )
        await pilot.pause()
        shown = text_of(app)
        assert shown.index("No log folder yet") < shown.index("It appears") < shown.index("tessen doctor")


@each_hostile_text
async def test_nothing_raw_is_drawn(text: str) -> None:
    app = Bars(log=text)
    async with app.run_test(size=(120, 24)) as pilot:
        app.query_one(EmptyState).say(text, (text,), (text,))
        app.query_one(TopBar).clause = "1 failing"
        await pilot.pause()
        assert all(is_safe(line) for line in text_of(app).split("\n"))


class Careless(Bars):
    """An app that forgets to clean, but for the guards on its lines."""

    def get_line_filters(self):  # type: ignore[no-untyped-def]
        return [*super().get_line_filters(), SafeFilter(), AsciiFilter()]


@each_hostile_text
async def test_the_line_guard_stops_what_was_not_cleaned(text: str) -> None:
    app = Careless()
    async with app.run_test(size=(120, 24)) as pilot:
        app.query_one(StatusLine).say([Fact(text)])
        app.query_one(ColumnTitles).show(text)
        await pilot.pause()
        assert all(line.isprintable() for line in text_of(app).split("\n"))


async def test_ascii_swaps_our_symbols_cell_for_cell() -> None:
    app = Careless()
    async with app.run_test(size=(60, 24)) as pilot:
        app.query_one(Banner).say("billing is failing", 1)
        app.query_one(StatusLine).say([Fact("●▲·◆▸×↓→│▁█ 日本")])
        await pilot.pause()
        shown = text_of(app)
        assert " x billing is failing" in shown
        assert "*!.#>xv>|_# 日本" in shown
