"""The rows of a document on screen: the lines around a cursor, laid out and drawn as they come near.

What belongs here is where the cursor stands and what is drawn; the keys, and what a document is asked to
show, are `widgets.document`. Only the rows on screen are laid out, and a move of the cursor repaints two.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual.events import Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from widgets.document_looks import Looks
from widgets.flow import Flow, Spot
from widgets.glyphs import FOLDED, UNFOLDED
from widgets.ink import cursor_row_css
from widgets.lines import MARKER_WIDTH, Item, Row, tint_of

BEFORE_LAYOUT = 24
"""Rows that are taken to be on screen before the document has been given its room."""


class DocumentView(ScrollView, can_focus=True):
    """Draws the lines of a flow, one of its rows under a cursor."""

    DEFAULT_CSS = """
    DocumentView {
        background: $background;
        color: $foreground;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        & > .document--heading { color: $primary; text-style: bold; }
        & > .document--strong { text-style: bold; }
        & > .document--dim { color: $text-muted; }
        & > .document--faint { color: $text-disabled; }
        & > .document--accent { color: $primary; }
        & > .document--good { color: $text-success; }
        & > .document--warn { color: $text-warning; }
        & > .document--bad { color: $text-error; }
        & > .document--key { color: $primary; }
        & > .document--string { color: $foreground; }
        & > .document--number { color: $accent; }
        & > .document--literal { color: $accent; text-style: italic; }
        & > .document--added { color: $text-success; }
        & > .document--removed { color: $text-error; }
        & > .document--keyword { color: $text-primary; }
        & > .document--quoted { color: $text-warning; }
        & > .document--added-row { background: $success 15%; }
        & > .document--removed-row { background: $error 15%; }
        & > .document--match { background: $warning; color: $background; text-style: bold; }
        &:ansi > .document--match { background: ansi_default; color: $warning; text-style: bold reverse; }
    }
    """ + cursor_row_css("DocumentView", "document--cursor")

    class Moved(Message):
        """The cursor stands elsewhere, or the document is another."""

        def __init__(self, document: DocumentView) -> None:
            super().__init__()
            self.document = document

        @property
        def control(self) -> DocumentView:
            """The document."""
            return self.document

        def can_replace(self, message: Message) -> bool:
            """Many moves in a row are one."""
            return isinstance(message, DocumentView.Moved)

    def __init__(self, items: Sequence[Item] = (), *, id: str | None = None, classes: str = "") -> None:
        super().__init__(id=id, classes=classes)
        self._flow = Flow(items)
        self._cursor = Spot(0, 0)
        self._looks = Looks(self)
        self._room = Size()
        self._at_top = False

    # The cursor

    def _go(self, place: Spot, *, at_top: bool = False) -> None:
        """Put the cursor somewhere and bring it into view."""
        if not self._flow.entries:
            return
        place = self._entered(place)
        old = self._row_of(self._cursor)
        self._flow.measure(place.entry - 2 * self._height, place.entry + 2 * self._height)
        self._cursor = Spot(place.entry, min(place.row, self._flow.height(place.entry) - 1))
        self._resized()
        row, top = self._row_of(self._cursor), self.scroll_offset.y
        if at_top:
            self.scroll_to(y=row, animate=False)
        elif not top <= row < top + self._height:
            near = top - self._height <= row < top + 2 * self._height
            edge = row if row < top else row - self._height + 1
            self.scroll_to(y=edge if near else row - self._height // 3, animate=False)
        self._at_top = at_top
        self.refresh_lines(old, 1)
        self.refresh_lines(row, 1)
        self.post_message(self.Moved(self))

    def _entered(self, place: Spot) -> Spot:
        """Open what opens itself; who comes from below arrives at its end."""
        from_below = place.entry < self._cursor.entry
        if not self._open_itself(place.entry) or not from_below:
            return place
        self._cursor = Spot(self._flow.end(place.entry) - 1, 0)
        return self._cursor

    def _open_itself(self, index: int) -> bool:
        """Open the fold whose header stands at an index, if it is one that opens itself, and did not yet."""
        fold = self._flow.entries[index].fold
        if fold is None or fold.open or not fold.self_opening:
            return False
        self._flow.toggle(index)
        self.refresh()
        return True

    def _in_view(self) -> Spot:
        """The cursor, first brought to the nearest row on screen if it was scrolled away."""
        top = self.scroll_offset.y
        row = min(max(self._row_of(self._cursor), top), top + self._height - 1)
        if row != self._row_of(self._cursor):
            self._cursor = self._flow.at(row)
        return self._cursor

    # Size

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width or self._flow.width

    @property
    def _height(self) -> int:
        return self.scrollable_content_region.height or BEFORE_LAYOUT

    def _row_of(self, place: Spot) -> int:
        """The document's row at a place."""
        return self._flow.top(place.entry) + place.row if self._flow.entries else 0

    def on_resize(self, _event: Resize) -> None:
        """Take the room there is; most often that was done when it was drawn in it first."""
        self._fit()

    def _fit(self) -> None:
        """Wrap at the width there is, with the same line at the same height of the screen."""
        room = self.scrollable_content_region.size
        if room == self._room or not room:
            return
        first, self._room = not self._room, room
        top = self._flow.at(self.scroll_offset.y)
        follow = self._row_of(self._cursor) - self.scroll_offset.y
        seen = first or 0 <= follow < self._height
        self._flow.set_width(self._width)
        anchor = self._cursor if seen else top
        self._flow.measure(anchor.entry - 2 * self._height, anchor.entry + 2 * self._height)
        self._resized()
        if self._flow.entries:
            self._cursor = Spot(
                self._cursor.entry, min(self._cursor.row, self._flow.height(self._cursor.entry) - 1)
            )
        row = self._row_of(self._cursor)
        if first:
            offset = row if self._at_top else row - self._height // 3 if row >= self._height else 0
        else:
            offset = row - min(follow, self._height - 1) if seen else self._row_of(Spot(top.entry, 0))
        self.scroll_to(y=max(0, offset), animate=False)
        self.refresh()

    def _resized(self) -> None:
        """Tell the toolkit how long the document is."""
        size = Size(self._width, self._flow.total_rows)
        if size != self.virtual_size:
            self.virtual_size = size

    # Drawing

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Count the rows of lines before they come into view, so that nothing jumps."""
        super().watch_scroll_y(old_value, new_value)
        if not self._flow.entries:
            return
        top = self._flow.at(round(new_value))
        before = self._flow.total_rows
        self._flow.measure(top.entry - self._height, top.entry + 2 * self._height)
        if self._flow.total_rows != before:
            self._resized()
            self.set_reactive(ScrollView.scroll_y, float(self._row_of(top)))
            self.refresh()

    def notify_style_update(self) -> None:
        """Forget looks of the theme that was."""
        self._looks.forget()
        super().notify_style_update()

    def watch_has_focus(self, has_focus: bool) -> None:
        """Forget how the cursor's row looks, which is another with the keys."""
        self._looks.forget()
        super().watch_has_focus(has_focus)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw the rows of a region, in the room there is, of which no message may have come yet."""
        self._fit()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Draw one row of the screen."""
        width = self._flow.width
        row = self.scroll_offset.y + y
        if row >= self._flow.total_rows or not self._flow.entries:
            return Strip.blank(width, self._looks.plain[""])
        place = self._flow.at(row)
        rows = self._flow.rows(place.entry)
        spans = rows[min(place.row, len(rows) - 1)]
        fold = self._flow.entries[place.entry].fold
        if fold is not None and place.row == 0:
            spans = _with_marker(spans, UNFOLDED if fold.open else FOLDED)
        styles = self._looks.at_cursor if place == self._cursor else self._looks.plain
        segments = [Segment(text, styles[name]) for text, name in spans]
        tint = tint_of(spans[-1].style) if spans else ""
        return Strip(segments).adjust_cell_length(width, styles[tint])


def _with_marker(row: Row, marker: str) -> Row:
    """A header's first row with its marker in the marker column."""
    lead, _, *rest = row
    return [lead, lead._replace(text=marker.ljust(MARKER_WIDTH), style="dim"), *rest]
