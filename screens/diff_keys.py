"""The keys that say how a diff beside a trajectory is shown: of what, and in which layout."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from screens.panes import TrajectoryPanes
from widgets.run_look import SCOPES, Scope

SIDE_BY_SIDE = 96
"""Columns of a pane from which a diff has its two sides beside each other."""


class DiffKeys(TrajectoryPanes):
    """A screen with a diff among its panes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "scope", "Scope", id="run.scope", tooltip="Diff of the step, the session, the run"),
        Binding("v", "layout", "Layout", id="run.layout", tooltip="Diff side by side, or not", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.scope: Scope = "step"
        self._layout_chosen: bool | None = None

    @property
    def side_by_side(self) -> bool:
        """The layout chosen, else the one that suits the pane's width."""
        if self._layout_chosen is not None:
            return self._layout_chosen
        shown = self.side.has_class("-shown")
        return (self.side.size.width if shown else self.app.size.width) >= SIDE_BY_SIDE

    def action_scope(self) -> None:
        """Show the diff of the step, the session, the whole run, in turn."""
        self.scope = SCOPES[(SCOPES.index(self.scope) + 1) % len(SCOPES)]
        self.move_along()

    def action_layout(self) -> None:
        """Put old and new lines side by side, or one below the other."""
        self._layout_chosen = not self.side_by_side
        self.move_along()
