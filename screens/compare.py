"""Compare: two events side by side."""

from __future__ import annotations

from textual.screen import Screen

from capture.log.source import EventSource, RowId


class CompareScreen(Screen[None]):
    """Two events.

    Args:
        source: where events come from.
        left: the one that was marked.
        right: the other.
    """

    def __init__(self, source: EventSource, left: RowId, right: RowId) -> None:
        super().__init__()
        self._source = source
        self._left = left
        self._right = right
