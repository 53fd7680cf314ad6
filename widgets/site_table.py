"""The list of call sites: those that were not called first, those that no map knows last."""

from __future__ import annotations

from rich.style import Style
from textual.message import Message

from tessen.sites.match import CALLED, SILENT, UNCLEAR, UNMAPPED, Found
from widgets import glyphs
from widgets.cursor_list import CursorList
from widgets.site_columns import SiteColumn, site_columns_for

STATE_GLYPHS = {SILENT: glyphs.STALLED, UNCLEAR: "?", CALLED: glyphs.OK, UNMAPPED: glyphs.ANOMALY}
_STATE_STYLES = {SILENT: "error", UNCLEAR: "anomaly", CALLED: "muted", UNMAPPED: "mark"}
_QUIET = frozenset({"rule", "vendor", "note", "last"})


class SiteTable(CursorList[Found, SiteColumn]):
    """Mapped calls, and places that are in no map."""

    class Opened(Message):
        """An entry was chosen."""

    @property
    def selected(self) -> Found | None:
        """The entry under the cursor."""
        return self.under_cursor

    def identity(self, line: Found) -> object:
        """A mapped call, or a recorded place."""
        return line.site or line.places

    def columns_for(self, width: int) -> tuple[tuple[SiteColumn, int], ...]:
        """The columns that fit, and the cells that each takes."""
        return site_columns_for(width)

    def text_of(self, column: SiteColumn, width: int, line: Found) -> str:
        """What stands in a cell, the state with its glyph."""
        text = column.text(line, self._now, width)
        return f"{STATE_GLYPHS[line.state]} {text}" if column.name == "state" else text

    def style_of(self, column: str, line: Found) -> Style:
        """How a cell looks: a state by its colour, the function as a name."""
        if column == "state":
            return self.look(_STATE_STYLES[line.state])
        if column == "function":
            return self.look("name")
        if column == "last" and not line.last_ts:
            return self.look("anomaly")
        return self.look("muted") if column in _QUIET or (column == "events" and not line.events) else Style()

    def open(self, line: Found) -> None:
        """Say that an entry was chosen."""
        self.post_message(self.Opened())
