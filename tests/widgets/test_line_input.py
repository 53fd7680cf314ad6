"""What is typed into a line faster than the app keeps up: every key acts where, and when, it was typed."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.widgets import Input

from widgets.line_input import LineInput


class Lines(App[None]):
    """Two lines; `tab` goes to the other at once, as it does in dialogs."""

    BINDINGS = (Binding("tab", "other", priority=True),)

    def compose(self) -> ComposeResult:
        yield LineInput(id="one")
        yield LineInput(id="two")

    def action_other(self) -> None:
        self.screen.set_focus(self.query_one("#two", Input))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.submitted = event.value


async def typed(keys: Sequence[str]) -> tuple[str, str, str | None]:
    """Type all keys before the first is handled: what is in both lines, and what was submitted."""
    app = Lines()
    app.submitted = None  # type: ignore[assignment]
    async with app.run_test() as pilot:
        for key in keys:
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await pilot.pause()
        one, two = (app.query_one(line, Input).value for line in ("#one", "#two"))
        return one, two, app.submitted


async def test_backspace_deletes_what_was_typed_before_it() -> None:
    assert await typed([*"ab", "backspace", *"cd"]) == ("acd", "", None)


async def test_backspace_deletes_in_the_line_it_was_typed_in() -> None:
    assert await typed([*"5", "backspace", *"2", "tab", *"url"]) == ("2", "url", None)


async def test_the_cursor_goes_before_what_is_typed_next() -> None:
    assert await typed([*"bc", "home", *"a", "end", *"d"]) == ("abcd", "", None)


async def test_what_was_typed_before_enter_is_submitted_and_no_more() -> None:
    assert await typed([*"ab", "enter", *"c"]) == ("abc", "", "ab")
