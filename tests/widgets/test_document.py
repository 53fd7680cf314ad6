"""The document on a screen: what moves, what is drawn, and how little of it."""

from __future__ import annotations

from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.strip import Strip

from tessen.sanitise import is_safe
from tessen_tui.themes import with_own_variables
from widgets.document import Document
from widgets.lines import Fold, Item, line
from widgets.text_lines import text_items


class OneDocument(App[None]):
    """A document and nothing else."""

    CSS = "Screen { background: black; }"

    def __init__(self, items: list[Item]) -> None:
        super().__init__()
        self.items = items

    def get_css_variables(self) -> dict[str, str]:
        return with_own_variables(super().get_css_variables(), ansi=False)

    def compose(self) -> ComposeResult:
        yield Document(self.items)

    @property
    def document(self) -> Document:
        return self.query_one(Document)

    @property
    def screen_rows(self) -> list[str]:
        return [self.document.render_line(y).text.rstrip() for y in range(self.document.size.height)]


def numbered(count: int) -> list[Item]:
    return [line(f"line {i}") for i in range(count)]


def sections() -> list[Item]:
    return [Fold(line(name), numbered(8), open=True, section=name) for name in ("One", "Two", "Three")]


async def test_keys_move_through_a_long_document() -> None:
    app = OneDocument(numbered(100))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("j", "j")
        assert app.document.line_text == "line 2"
        await pilot.press("G")
        assert app.document.line_text == "line 99"
        assert app.screen_rows[-1] == "  line 99"
        await pilot.press("k", "ctrl+u")
        assert app.document.line_text == "line 94"
        await pilot.press("pageup")
        assert app.document.line_text == "line 85"
        await pilot.press("g")
        assert (app.document.line_text, app.screen_rows[0]) == ("line 0", "  line 0")


async def test_a_cursor_move_repaints_two_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    app = OneDocument(numbered(100))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("j")
        await pilot.pause()
        drawn: list[int] = []
        original = Document.render_line

        def counting(self: Document, y: int) -> Strip:
            drawn.append(y)
            return original(self, y)

        monkeypatch.setattr(Document, "render_line", counting)
        await pilot.press("j")
        await pilot.pause()
        assert sorted(set(drawn)) == [1, 2]


async def test_long_lines_are_walked_row_by_row() -> None:
    app = OneDocument([line("word " * 100), line("end")])
    async with app.run_test(size=(40, 6)) as pilot:
        for _ in range(14):
            await pilot.press("j")
        assert app.document.line_text.startswith("word")
        await pilot.press("j")
        assert app.document.line_text == "end"
        words = ["a word or two", "b" * 25, "c" * 20]  # of which no two fit a row
        await pilot.press("g")
        app.document.show([line(" ".join(words)), line("end")])
        assert app.screen_rows[:4] == [f"  {word}" for word in [*words, "end"]]


async def test_folds_open_and_close() -> None:
    app = OneDocument([Fold(line("head"), [line("a"), Fold(line("inner"), [line("b")])])])
    async with app.run_test(size=(40, 10)) as pilot:
        assert app.screen_rows[0] == "▸ head"
        await pilot.press("enter")
        assert app.screen_rows[:3] == ["▾ head", "  a", "▸ inner"]
        await pilot.press("j", "j", "right", "j")
        assert app.document.line_text == "b"
        await pilot.press("left")
        assert app.document.line_text == "inner"
        await pilot.press("left", "left", "left")
        assert app.screen_rows[:2] == ["▸ head", ""]
        await pilot.press("plus")
        assert app.screen_rows[:4] == ["▾ head", "  a", "▾ inner", "  b"]
        await pilot.press("minus")
        assert app.screen_rows[:3] == ["▾ head", "  a", "▸ inner"]


async def test_tab_goes_between_sections_and_round() -> None:
    app = OneDocument(sections())
    async with app.run_test(size=(40, 6)) as pilot:
        seen = []
        for key in ("tab", "tab", "tab", "shift+tab"):
            await pilot.press(key)
            seen.append(app.document.section)
            assert app.screen_rows[0] == f"▾ {app.document.section}"
        assert seen == ["Two", "Three", "One", "Three"]


async def test_a_closed_section_opens_when_it_is_gone_to() -> None:
    app = OneDocument([line("x"), Fold(line("Raw"), [line("inside")], section="Raw")])
    async with app.run_test(size=(40, 6)) as pilot:
        await pilot.press("tab")
        assert app.screen_rows[:3] == ["  x", "▾ Raw", "  inside"]


async def test_a_resize_keeps_what_is_being_read() -> None:
    app = OneDocument([line(" ".join([f"n{i}"] * 40)) for i in range(500)])
    async with app.run_test(size=(80, 10)) as pilot:
        for _ in range(60):
            await pilot.press("pagedown")
        here = app.document.line_text
        for width in (30, 100, 20):
            await pilot.resize_terminal(width, 10)
            await pilot.pause()
            assert app.document.line_text == here
            assert here.split()[0] in " ".join(app.screen_rows).split()


async def test_search_marks_and_walks_the_places() -> None:
    items = [*numbered(50), Fold(line("head"), [line("needle one")]), line("needle two")]
    app = OneDocument(items)
    async with app.run_test(size=(40, 10)):
        assert app.document.search("needle")
        assert app.document.line_text == "needle one"
        row = next(y for y, text in enumerate(app.screen_rows) if "needle one" in text)
        marked = [s.text for s in app.document.render_line(row) if s.style and s.style.bold]
        assert marked == ["needle"]
        assert app.document.search("needle")
        assert app.document.line_text == "needle two"
        assert app.document.search("needle", -1)
        assert app.document.line_text == "needle one"
        assert not app.document.search("absent")


async def test_a_click_puts_the_cursor_and_folds() -> None:
    app = OneDocument([line("a"), Fold(line("head"), [line("inside")])])
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.click(Document, offset=(5, 1))
        assert app.screen_rows[:3] == ["  a", "▾ head", "  inside"]


async def test_an_empty_document_takes_every_key() -> None:
    app = OneDocument([])
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("j", "k", "G", "g", "enter", "left", "right", "tab", "plus", "pagedown")
        assert app.screen_rows == [""] * 10


async def test_a_hundred_thousand_lines_stay_quick_to_walk() -> None:
    app = OneDocument(text_items("\n".join(f"line {i}" for i in range(100_000)), portion=10**8))
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.press("G")
        assert app.document.line_text == "line 99999"
        assert app.document.search("line 50000")
        assert app.document.line_text == "line 50000"


@pytest.mark.parametrize("width", [20, 41, 80])
async def test_every_row_fills_the_width_and_is_safe(width: int) -> None:
    hostile: list[Item] = [
        line("\x1b]0;x\x07 日本語 [red]markup[/] \u202eabc"),
        line("tab\there"),
        line("🚨 e\u0301 \x00"),
    ]
    app = OneDocument(hostile)
    async with app.run_test(size=(width, 8)):
        strips: list[Any] = [app.document.render_line(y) for y in range(8)]
        assert {strip.cell_length for strip in strips} == {width - 1}
        assert all(is_safe(strip.text) for strip in strips)
        assert "[red]markup[/]" in "".join(app.screen_rows).replace(" ", "") or width == 20
