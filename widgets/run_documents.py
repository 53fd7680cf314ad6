"""The two documents of a run on screen, with the keys that go from one thing to the next in each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from widgets.document import Document
from widgets.trajectory_lines import AtStep


class MarkedDocument(Document):
    """A document in which one goes from mark to mark."""

    MARKS: Mapping[str, str] = {}
    """A mark → what it is here, to a person."""

    class NoMore(Message):
        """There is no further one on that side."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    def action_mark(self, mark: str, step: int) -> None:
        """Go to the next (1) or previous (-1) fold with a mark."""
        if not self.go_to_mark(mark, step):
            what = self.MARKS.get(mark) or "such part"
            self.post_message(self.NoMore(f"no {what} {'below' if step > 0 else 'above'}"))


class TrajectoryDocument(MarkedDocument):
    """A session's steps."""

    MARKS: Mapping[str, str] = {
        "turn": "turn",
        "call": "tool call",
        "error": "error",
        "write": "change of a file",
        "flag": "flagged turn",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "right_square_bracket",
            "mark('turn', 1)",
            "Turn",
            id="run.next-turn",
            tooltip="Next turn",
            key_display="]",
        ),
        Binding(
            "left_square_bracket",
            "mark('turn', -1)",
            "Previous turn",
            show=False,
            id="run.previous-turn",
            key_display="[",
        ),
        Binding("t", "mark('call', 1)", "Call", id="run.next-call", tooltip="Next tool call"),
        Binding("T", "mark('call', -1)", "Previous tool call", show=False, id="run.previous-call"),
        Binding("e", "mark('error', 1)", "Error", id="run.next-error", tooltip="Next error"),
        Binding("E", "mark('error', -1)", "Previous error", show=False, id="run.previous-error"),
        Binding("c", "mark('write', 1)", "Change", id="run.next-write", tooltip="Next change of a file"),
        Binding("C", "mark('write', -1)", "Previous change of a file", show=False, id="run.previous-write"),
        Binding("a", "mark('flag', 1)", "Next flagged turn", show=False, id="run.next-flag"),
        Binding("A", "mark('flag', -1)", "Previous flagged turn", show=False, id="run.previous-flag"),
    ]

    @property
    def place(self) -> AtStep | None:
        """The step under the cursor."""
        return next((fold.of for fold in self.here if isinstance(fold.of, AtStep)), None)

    def go_to_first_step(self) -> None:
        """Go to the session's first own step, past what it took over from another."""
        self.open_fold(lambda fold: isinstance(fold.of, range))
        self.go_to_fold(lambda fold: isinstance(fold.of, AtStep))

    def go_to_step(self, step: int, *, at_top: bool = False) -> bool:
        """Go to a step; whether it is there."""
        self.open_fold(lambda fold: isinstance(fold.of, range) and step in fold.of)
        return self.go_to_fold(
            lambda fold: isinstance(fold.of, AtStep) and fold.of.step == step, at_top=at_top
        )


class PaneDocument(MarkedDocument):
    """What a pane shows beside the trajectory.

    Its keys go to what is marked as a hunk or a file. These are something else in most panes, and called so.
    """

    MARKS: Mapping[str, str] = {"hunk": "hunk", "file": "file"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "right_square_bracket",
            "mark('hunk', 1)",
            "Hunk",
            id="run.next-hunk",
            tooltip="Next hunk",
            key_display="]",
        ),
        Binding(
            "left_square_bracket",
            "mark('hunk', -1)",
            "Previous hunk",
            show=False,
            id="run.previous-hunk",
            key_display="[",
        ),
        Binding(
            "right_curly_bracket",
            "mark('file', 1)",
            "File",
            id="run.next-file",
            tooltip="Next file",
            key_display="}",
        ),
        Binding(
            "left_curly_bracket",
            "mark('file', -1)",
            "Previous file",
            show=False,
            id="run.previous-file",
            key_display="{",
        ),
    ]

    def call_marks(self, marks: Mapping[str, str]) -> None:
        """Call the marks what they are in the pane on screen; a key to one without a name is not shown."""
        if marks == self.MARKS:
            return
        self.MARKS = marks
        for key, bindings in self._bindings.key_to_bindings.items():
            self._bindings.key_to_bindings[key] = [self._called(each) for each in bindings]
        self.refresh_bindings()

    def _called(self, binding: Binding) -> Binding:
        """Return a key to a mark with the words for it."""
        for mark, noun in self.MARKS.items():
            if binding.action == f"mark('{mark}', 1)":
                return replace(binding, description=noun.capitalize(), tooltip=noun and f"Next {noun}")
            if binding.action == f"mark('{mark}', -1)":
                return replace(binding, description=noun and f"Previous {noun}")
        return binding
