"""A list with a line that filters it: opening the line, taking what is typed in it, giving the keys back.

What belongs here is the same for every such list; a screen composes the line, and binds the key to it.
"""

from __future__ import annotations

from textual import on
from textual.widget import Widget

from screens.typing_ahead import TypingAhead
from tessen.query import Query
from widgets.filter_bar import FilterBar


class FilteredList(TypingAhead):
    """A screen with a list and a `FilterBar`."""

    def __init__(self) -> None:
        super().__init__()
        self.query_wanted = Query()
        """What the list is filtered by."""

    @property
    def table(self) -> Widget:
        """The list."""
        raise NotImplementedError

    def draw(self) -> None:
        """Show what the filter lets through."""
        raise NotImplementedError

    def action_filter(self) -> None:
        """Open the filter line."""
        self.query_one(FilterBar).open()

    def undo_filter(self) -> bool:
        """Show everything again; whether anything was hidden."""
        if self.query_wanted.is_empty:
            return False
        self.query_one(FilterBar).set_text("")
        return True

    @on(FilterBar.Changed)
    def _filtered(self, message: FilterBar.Changed) -> None:
        self.query_wanted = message.query
        self.draw()

    @on(FilterBar.Closed)
    def _filter_closed(self) -> None:
        self.table.focus()
