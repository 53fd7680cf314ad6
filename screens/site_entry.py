"""One call site: what the map says of it, and what the log says of its calls.

What belongs here is the frame around the two.
"""

from __future__ import annotations

from textual.app import ComposeResult

from capture.callsites import MapEntry
from screens.document_screen import DocumentScreen
from tessen.sites.match import Found
from widgets.event_map import map_section
from widgets.site_calls import calls_section
from widgets.title_line import TitleLine


class SiteEntryScreen(DocumentScreen):
    """The map entry of a call.

    Args:
        found: what the log says of it.
        entry: what the map says of it.
        now: seconds since the epoch, that ages count back from.
    """

    def __init__(self, found: Found, entry: MapEntry, now: float) -> None:
        super().__init__()
        self._found = found
        self._entry = entry
        self._now = now

    def compose_head(self) -> ComposeResult:
        """Which call it is."""
        yield TitleLine()

    def on_mount(self) -> None:
        """Show both."""
        entry = self._entry
        self.query_one(TitleLine).say(f"{entry.file}:{entry.line}", entry.root)
        sections = (map_section(entry, None), calls_section(self._found, self._now))
        self.show_document([each for each in sections if each is not None])
