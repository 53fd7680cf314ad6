"""The filter's line: typing narrows the list at once, a bad term is underlined and says why.

While it has the focus, a second line holds the reason, the completions, or an example.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from rich.highlighter import Highlighter
from rich.style import Style
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.suggester import Suggester
from textual.timer import Timer
from textual.widgets import Input, Static

from tessen.query import FIELDS, Field, Query, QueryError, parse_query
from tessen.sanitise import one_line
from widgets import glyphs
from widgets.completion import Values, completions
from widgets.ink import ink
from widgets.line_input import LineInput

TYPING_PAUSE_S = 0.15
"""How long after the last key the list is narrowed."""


@dataclass(frozen=True)
class Language:
    """What can be filtered by."""

    fields: Sequence[Field]
    placeholder: str
    """Stands in the empty line."""
    example: str
    """Stands below it."""

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """The fields by their names."""
        return {field.name: field for field in self.fields}

    def parse(self, text: str) -> Query:
        """Read a filter in this language."""
        return parse_query(text, self.by_name)


EVENTS = Language(
    FIELDS,
    "status:error agent:bil* dur>5s …",
    "status:error  agent:bil*  signal:rate_limited  dur>5s  cost>0.10  since:15m  "
    '-model:*haiku*  "free text"',
)
"""How events are filtered."""


class _Underline(Highlighter):
    """Underlines each bad term."""

    def __init__(self, language: Language, style: Callable[[], Style]) -> None:
        self._language = language
        self._style = style

    def highlight(self, text: Text) -> None:
        """Style the spans of the errors."""
        for error in self._language.parse(text.plain).errors:
            text.stylize(self._style(), error.start, max(error.end, error.start + 1))


class _Ghost(Suggester):
    """Offers the first completion behind the cursor."""

    def __init__(self, language: Language, values: Values) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._language = language
        self._values = values

    async def get_suggestion(self, value: str) -> str | None:
        """The first completion of the last term."""
        return next(iter(completions(value, self._values, self._language.fields)), None)


class FilterInput(LineInput):
    """One line of text with history."""

    DEFAULT_CSS = """
    FilterInput > .filter-input--bad { color: $text-error; text-style: underline; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"filter-input--bad"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete", id="filter.complete"),
        Binding("up", "older", "Earlier filter", show=False, id="filter.older"),
        Binding("down", "newer", "Later filter", show=False, id="filter.newer"),
        Binding("escape", "leave(False)", "Cancel", id="filter.cancel"),
        Binding("ctrl+u", "clear_line", "Clear", show=False, id="filter.clear"),
    ]

    class Left(Message):
        """The line was left; `keep` says whether what was typed stays."""

        def __init__(self, keep: bool) -> None:
            super().__init__()
            self.keep = keep

    def __init__(self, values: Values, language: Language = EVENTS) -> None:
        super().__init__(
            placeholder=language.placeholder,
            highlighter=_Underline(language, lambda: ink(self, "filter-input--bad")),
            suggester=_Ghost(language, values),
            compact=True,
            select_on_focus=False,
        )
        self.history: list[str] = []
        self._at = 0

    def remember(self, text: str) -> None:
        """Put a text at the newest end of the history, once."""
        if text:
            self.history = [*(each for each in self.history if each != text), text]
        self._at = len(self.history)

    def action_older(self) -> None:
        """The filter before this one."""
        self._recall(self._at - 1)

    def action_newer(self) -> None:
        """The filter after this one, or an empty line."""
        self._recall(self._at + 1)

    def action_complete(self) -> None:
        """Take the completion offered behind the cursor."""
        self.action_end()
        self.action_cursor_right()

    def action_clear_line(self) -> None:
        """Empty the line."""
        self.value = ""

    def action_leave(self, keep: bool) -> None:
        """Go back to the list."""
        self.post_message(self.Left(keep))

    def _recall(self, at: int) -> None:
        if 0 <= at <= len(self.history):
            self._at = at
            self.value = self.history[at] if at < len(self.history) else ""
            self.action_end()


class FilterBar(Vertical):
    """The filter line with its hint line; takes no room when there is no filter and no focus.

    Args:
        values: the values to offer for a field.
        language: what can be filtered by.
    """

    DEFAULT_CSS = """
    FilterBar {
        height: auto;
        display: none;
        background: $surface;
        &.-set, &:focus-within { display: block; }
        & > Horizontal { height: 1; }
        & #filter-label { width: auto; padding: 0 1; color: $text-muted; }
        &:focus-within #filter-label { color: $text-primary; text-style: bold; }
        & FilterInput { width: 1fr; background: $surface; padding: 0; }
        & #filter-hint { height: 1; padding: 0 1; color: $text-muted; display: none; }
        &:focus-within #filter-hint, &.-bad #filter-hint { display: block; }
        & .filter--error { color: $text-error; }
    }
    """

    class Changed(Message):
        """Another filter is to be applied."""

        def __init__(self, query: Query) -> None:
            super().__init__()
            self.query = query

    class Closed(Message):
        """The bar has given the focus back."""

    def __init__(self, values: Values, language: Language = EVENTS, id: str | None = None) -> None:
        super().__init__(id=id)
        self._values = values
        self._language = language
        self._applied = ""
        self._before = ""
        self._pause: Timer | None = None

    def compose(self) -> ComposeResult:
        """The label, the input, and the hint below."""
        with Horizontal():
            yield Static("filter", id="filter-label", markup=False)
            yield FilterInput(self._values, self._language)
        yield Static("", id="filter-hint", markup=False)

    @property
    def input(self) -> FilterInput:
        """The line that is typed in."""
        return self.query_one(FilterInput)

    @property
    def text(self) -> str:
        """The filter that is applied."""
        return self._applied

    def open(self) -> None:
        """Take the focus, ready for one more term; `escape` brings back the filter of this moment."""
        self._before = self._applied
        with self.input.prevent(Input.Changed):
            self.input.value = f"{self._applied} ".lstrip()
        self.screen.set_focus(self.input, scroll_visible=False)
        self.input.action_end()
        self._hint()

    def set_text(self, text: str) -> None:
        """Apply a filter from outside."""
        with self.input.prevent(Input.Changed):
            self.input.value = text
        self.input.remember(text)
        self._apply(text)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._hint()
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(TYPING_PAUSE_S, self._apply_typed)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._leave(keep=True)

    @on(FilterInput.Left)
    def _left(self, event: FilterInput.Left) -> None:
        event.stop()
        self._leave(keep=event.keep)

    def _leave(self, *, keep: bool) -> None:
        self.set_text(self.input.value.rstrip() if keep else self._before)
        self.post_message(self.Closed())

    def _apply_typed(self) -> None:
        self._apply(self.input.value)

    def _apply(self, text: str) -> None:
        if self._pause is not None:
            self._pause.stop()
        query = self._language.parse(text)
        self.set_class(bool(text.strip()), "-set")
        self.set_class(bool(query.errors), "-bad")
        self._hint()
        if text != self._applied:
            self._applied = text
            self.post_message(self.Changed(query))

    def _hint(self) -> None:
        """Say what is wrong, else what could be typed, else an example."""
        text = self.input.value
        errors = self._language.parse(text).errors
        offered = completions(text, self._values, self._language.fields)
        hint = self.query_one("#filter-hint", Static)
        hint.set_class(bool(errors) and not offered, "filter--error")
        if errors and not offered:
            hint.update(Content(_reason(errors[0])))
        else:
            hint.update(Content("  ".join(_words(text, offered)) or self._language.example))


def _reason(error: QueryError) -> str:
    return f"{glyphs.ERROR} " + one_line(f"{error.message}{f' — {error.hint}' if error.hint else ''}")


def _words(text: str, offered: Sequence[str]) -> Iterator[str]:
    """The completed terms alone, for the hint line."""
    start = text.rfind(" ") + 1
    yield from (one_line(each[start:]) for each in offered)
