"""The dialog that starts a job: a few fields, and below them what will be sent where and what it may cost.

What belongs here is what all such dialogs have in common; which fields one has, and what it starts, is its
subclass's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from capture.commands.prepared import Prepared
from capture.commands.typed import NotReadyError
from capture.jobs import Job, start
from tessen.sanitise import one_line
from widgets.line_input import LineInput


class Field(NamedTuple):
    """One line of a dialog."""

    name: str
    label: str
    value: str = ""
    hint: str = ""
    """What stands in it while it is empty."""


class LaunchScreen(ModalScreen[Job | None]):
    """A dialog over the place it was opened on; gives the job that was started, None if it was left."""

    TITLE_WORDS: ClassVar[str] = ""
    DEFAULT_CSS = """
    LaunchScreen {
        align: center middle;
        background: $background 60%;
        & #dialog {
            width: 100%;
            max-width: 92;
            height: auto;
            max-height: 100%;
            padding: 0 1;
            background: $surface;
            border: round $primary;
            border-title-color: $primary;
            border-subtitle-color: $text-muted;
            scrollbar-size-vertical: 1;
        }
        & Horizontal { height: 1; }
        & .label { width: 13; color: $text-muted; }
        & Input { width: 1fr; background: $boost; padding: 0 1; }
        & Input:focus { background: $panel; }
        & .problem { height: auto; padding-left: 14; color: $text-error; display: none; }
        & .problem.-said { display: block; }
        & #said { height: auto; min-height: 2; margin-top: 1; }
        & #said.-bad { color: $text-error; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", id="launch.leave"),
        Binding("enter", "start", "Start", id="launch.start"),
        Binding("tab,down", "field(1)", "Next field", id="launch.next", priority=True),
        Binding(
            "shift+tab,up", "field(-1)", "Previous field", show=False, id="launch.previous", priority=True
        ),
    ]

    def __init__(self, fields: Sequence[Field]) -> None:
        super().__init__()
        self._fields = fields
        self._prepared: Prepared | None = None
        self._starting = False
        self._left = False
        """Whether it has been decided: nothing is started any more, whatever is still on its way here."""

    def prepare(self, values: dict[str, str]) -> Prepared:
        """Make ready what the fields say; called in a thread.

        Raises:
            NotReadyError: it cannot be started so.
        """
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """The fields, each with room for what is wrong with it, and what will be done."""
        with VerticalScroll(id="dialog", can_focus=False) as dialog:
            dialog.border_title = self.TITLE_WORDS
            dialog.border_subtitle = "enter starts · tab next field · esc leaves"
            for field in self._fields:
                with Horizontal():
                    yield Static(field.label, classes="label", markup=False)
                    yield LineInput(field.value, field.hint, id=field.name, compact=True)
                yield Static(id=f"{field.name}-problem", classes="problem", markup=False)
            yield Static("…", id="said", markup=False)

    def on_mount(self) -> None:
        """Say what is prefilled would do."""
        self.prepare_again()

    @property
    def values(self) -> dict[str, str]:
        """Field name → what is typed in it."""
        return {each.id or "": each.value for each in self.query(Input)}

    @on(Input.Changed)
    def _changed(self) -> None:
        self.prepare_again()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        """Start by way of the field, so that what was typed before `enter` is in it by then."""
        self.action_start()

    def prepare_again(self) -> None:
        """Say what the fields as they are now would start, or what is wrong with one.

        What was ready is not from here on, and not from when the work begins: `enter` may be right behind.
        """
        self._prepared = None
        self._prepare()

    @work(exclusive=True, group="prepare")
    async def _prepare(self) -> None:
        try:
            prepared = await asyncio.to_thread(self.prepare, self.values)
        except NotReadyError as error:
            self._starting = False
            if not self._left:
                self.say(str(error), error.field)
            return
        if self._left:
            return
        self._prepared = prepared
        self.say(prepared.said, None)
        if self._starting:
            self._start(prepared)

    def say(self, words: str, field: str | None) -> None:
        """Show what will be done (field None), or what is wrong, beside the field that it is about."""
        places = {each.id: each for each in self.query(".problem").results(Static)}
        there = places.get(f"{field}-problem")
        for place in places.values():
            place.set_class(place is there, "-said")
        if there is not None:
            there.update(one_line(words, 500))
        said = self.query_one("#said", Static)
        said.set_class(field is not None, "-bad")
        said.update(one_line(words, 800) if there is None else "not ready: see above")

    def action_start(self) -> None:
        """Start what is said, once; what is being made ready starts when it is."""
        if self._left:
            return
        if self._prepared is not None:
            self._start(self._prepared)
        else:
            self._starting = True
            self.prepare_again()

    def _start(self, prepared: Prepared) -> None:
        try:
            job = start(prepared.order, prepared.argv, prepared.stdin)
        except OSError as error:
            self._starting = False
            self.say(f"not started: {error.strerror or error}", "")
            return
        self._leave(job)

    def _leave(self, job: Job | None) -> None:
        self._left = True
        self.dismiss(job)

    def action_field(self, step: int) -> None:
        """Go to the next field, or the one before; at once, since what is typed in it may be right behind."""
        inputs = [each for each in self.query(Input) if not each.disabled]
        at = inputs.index(self.focused) if isinstance(self.focused, Input) else -step
        self.set_focus(inputs[(at + step) % len(inputs)])

    def action_leave(self) -> None:
        """Start nothing."""
        if not self._left:
            self._leave(None)
