"""The keys that mark a run or session, and compare another with it.

What belongs here is the mark itself; a screen says what stands under its cursor.
"""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.screen import Screen

from screens.compare_runs import CompareRunsScreen
from screens.host import host
from widgets.run_compare import Side
from widgets.status_line import Tone


class RunMarks(Screen[None]):
    """A screen on which a run or session can be marked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "mark_run", "Mark", id="run.mark", tooltip="Mark, to compare with", show=False),
        Binding(
            "equals_sign",
            "compare_runs",
            "Compare",
            id="run.compare",
            key_display="=",
            tooltip="Compare with the marked, step by step",
            show=False,
        ),
    ]

    @property
    def comparable(self) -> Side | None:
        """What stands under the cursor; None where nothing does."""
        raise NotImplementedError

    def flash(self, words: str, tone: Tone = "plain") -> None:
        """Say one thing for a few seconds."""
        raise NotImplementedError

    def action_mark_run(self) -> None:
        """Mark what is under the cursor, or take its mark away."""
        app, here = host(self), self.comparable
        if here is None:
            self.flash("there is nothing to mark here", "warning")
            return
        app.marked_run = None if app.marked_run == here else here
        self.flash(f"marked {here.name}: = on another compares" if app.marked_run else "mark removed")

    def action_compare_runs(self) -> None:
        """Compare what is under the cursor with what is marked."""
        marked, here = host(self).marked_run, self.comparable
        if marked is None or here is None:
            self.flash("nothing marked yet: m marks a run, or the session of a run", "warning")
        elif marked == here:
            self.flash("this is the marked one: go to another", "warning")
        else:
            self.app.push_screen(CompareRunsScreen(marked, here))
