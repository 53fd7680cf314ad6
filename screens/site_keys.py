"""The keys that act on a call site: its map entry, its line in an editor, its events in Live.

What belongs here is the keys; a screen says which call site is meant.
"""

from __future__ import annotations

import os
from typing import ClassVar

from textual.binding import Binding, BindingType

from capture.callsites import MapEntry
from screens.editor import editor_command, open_in_editor, why_not
from screens.host import host
from screens.site_entry import SiteEntryScreen
from screens.sites_words import place_of
from screens.typing_ahead import TypingAhead
from tessen.reading.call_place import read_place
from tessen.sanitise import one_line
from tessen.sites.mapped import Mapped
from tessen.sites.match import Found
from widgets.status_line import StatusLine, Tone


class SiteKeys(TypingAhead):
    """A screen with a call site under its cursor, and a line of facts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Map entry", id="sites.open", tooltip="What the map says of the call"),
        Binding("o", "editor", "Editor", id="sites.editor", tooltip="Open the call in $EDITOR"),
        Binding("L", "live", "Live", id="sites.live", tooltip="Its events in Live"),
    ]

    @property
    def selected(self) -> Found | None:
        """The call site that is meant; None where there is none."""
        raise NotImplementedError

    def entry_of(self, site: Mapped) -> MapEntry | None:
        """What the map says of a call; None where there is no map."""
        raise NotImplementedError

    def filter_of(self, found: Found) -> str:
        """The filter of Live that shows an entry's events."""
        raise NotImplementedError

    def flash(self, words: str, tone: Tone = "plain") -> None:
        """Say one thing for a few seconds; raw text is welcome."""
        self.query_one("#facts", StatusLine).flash(one_line(words, 300), tone)

    def action_open(self) -> None:
        """Show what the map says of the call under the cursor."""
        found = self.selected
        if found is None:
            return
        if found.site is None:
            self.flash(f"{read_place(found.places[0]).func}: {found.note}; L shows its events", "warning")
        elif (entry := self.entry_of(found.site)) is not None:
            self.app.push_screen(SiteEntryScreen(found, entry, host(self).clock()))

    def action_editor(self) -> None:
        """Open the line of the call in an editor."""
        found = self.selected
        if found is None:
            return
        file, line = place_of(found)
        command = editor_command(os.environ)
        problem = (
            "no editor found: set EDITOR"
            if command is None
            else why_not(file) or open_in_editor(self.app, file, line, command)
        )
        if problem:
            self.flash(problem, "warning")

    def action_live(self) -> None:
        """Show the events of the call under the cursor in Live."""
        found = self.selected
        if found is None:
            return
        if not found.places:
            self.flash("no event of this call is in the log", "warning")
            return
        host(self).show_live(self.filter_of(found), came_from="agents")
