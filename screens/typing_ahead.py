"""Keys that give the keys to something else, such as an input, and what is typed right behind them.

Over a slow line `/timeout` arrives in one piece. A key that is bound in the ordinary way is handled by the
focused widget, in its own time, while the keys behind it are already on their way to that same widget. Such
bindings have priority, which the app handles itself, one key after another; and the input takes the focus at
once (`Screen.set_focus`, where `Widget.focus` would wait for its turn).
"""

from __future__ import annotations

from textual.screen import Screen
from textual.widgets import Input

OPENING = frozenset({"filter", "search", "cycle", "pane", "next_pane"})
"""Actions that give the keys to something else."""


class TypingAhead(Screen[None]):
    """A screen with keys that give the keys to something else."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave these keys to what is typed, while an input is typed in."""
        may_open = action not in OPENING or not isinstance(self.focused, Input)
        return may_open and super().check_action(action, parameters)
