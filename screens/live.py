"""Live: the event stream, newest at the bottom."""

from __future__ import annotations

from screens.place import Place


class LiveScreen(Place):
    """Every call as it lands."""

    PLACE = "live"

    def apply_filter(self, text: str) -> None:
        """Show only what matches."""
