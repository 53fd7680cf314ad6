"""The two documents of a run on screen, with the keys that go from one thing to the next in each."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from widgets.document import Document
from widgets.trajectory_lines import AtStep

_WORDS = {
    "turn": "turn",
    "call": "tool call",
    "error": "error",
    "write": "change of a file",
    "flag": "flagged turn",
    "hunk": "hunk or part",
    "file": "file or request",
}
"""A mark → what it is, to a person."""


class MarkedDocument(Document):
    """A document in which one goes from mark to mark."""

    class NoMore(Message):
        """There is no further one on that side."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    def action_mark(self, mark: str, step: int) -> None:
        """Go to the next (1) or previous (-1) fold with a mark."""
        if not self.go_to_mark(mark, step):
            self.post_message(self.NoMore(f"no {_WORDS[mark]} {'below' if step > 0 else 'above'}"))


class TrajectoryDocument(MarkedDocument):
    """A session's steps."""

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
    """What a pane shows beside the trajectory."""

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
