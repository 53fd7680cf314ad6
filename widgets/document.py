"""A document on screen: lines that wrap, folds that open, a cursor, search, and sections to go between.

What belongs here is what a document shows and the keys that move in it. What it is made of is
`widgets.lines`; where its lines stand is `widgets.flow`; how they are drawn is `widgets.document_view`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Click

from widgets.document_view import DocumentView
from widgets.flow import Flow, Spot
from widgets.lines import Fold, Item
from widgets.moving import MOVING


class Document(DocumentView):
    """Shows items (see `widgets.lines`) one below the other.

    Args:
        items: what to show; `show` replaces it later.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVING,
        Binding("g,home", "edge(-1)", "Top", show=False, id="list.first"),
        Binding("G,end", "edge(1)", "Bottom", show=False, id="list.last"),
        Binding("enter", "fold", "Fold", id="document.toggle", tooltip="Fold or unfold"),
        Binding("right,l", "open", "Unfold", show=False, id="document.open"),
        Binding("left,h", "close", "Fold, or up to its head", show=False, id="document.close"),
        Binding("plus", "fold_all(True)", "Unfold all", show=False, id="document.open-all", key_display="+"),
        Binding("minus", "fold_all(False)", "Fold all", show=False, id="document.close-all", key_display="-"),
        Binding("tab", "section(1)", "Section", id="document.next-section", tooltip="Next section"),
        Binding("shift+tab", "section(-1)", "Previous section", show=False, id="document.previous-section"),
    ]

    # Content

    def show(self, items: Sequence[Item], section: str = "") -> None:
        """Replace the whole content; the cursor goes to a section, else to the top."""
        needle = self._flow.needle
        self._flow = Flow(items, self._width)
        self._flow.set_needle(needle)
        self._cursor = Spot(0, 0)
        if self._flow.entries:
            self._open_itself(0)
        self._flow.measure(0, 2 * self._height)
        self._resized()
        self.scroll_to(y=0, animate=False)
        self.refresh()
        if section:
            self.go_to_section(section)
        self.post_message(self.Moved(self))

    def renew(self, items: Sequence[Item]) -> None:
        """Replace the content by a later state of it: the cursor and the screen stay where they are.

        Folds that are the same objects as before keep what is open in them.
        """
        before = [id(fold) for fold in self.here]
        at = self._cursor
        header = next((i for i, e in enumerate(self._flow.entries) if id(e.fold) in before[:1]), at.entry)
        below, from_top = at.entry - header, self._row_of(at) - self.scroll_offset.y
        needle = self._flow.needle
        self._flow = Flow(items, self._width)
        self._flow.set_needle(needle)
        kept = (self._flow.find_fold(lambda fold, known=each: id(fold) == known) for each in before)  # type: ignore[misc]
        found = next((index for index in kept if index is not None), None)
        entry = at.entry if found is None else found + below
        last = max(0, len(self._flow.entries) - 1)
        self._flow.measure(entry - 2 * self._height, entry + 2 * self._height)
        self._cursor = Spot(min(entry, last), 0)
        self._resized()
        self.scroll_to(y=max(0, self._row_of(self._cursor) - from_top), animate=False)
        self.refresh()
        self.post_message(self.Moved(self))

    @property
    def sections(self) -> list[str]:
        """The names of the sections, in order."""
        return [self._fold_at(i).section for i in self._flow.sections]

    @property
    def section(self) -> str:
        """The section in which the cursor is; empty above the first."""
        before = [i for i in self._flow.sections if i <= self._cursor.entry]
        return self._fold_at(before[-1]).section if before else ""

    @property
    def text(self) -> str:
        """The text of every line that is not folded away, raw: what a person could scroll to."""
        return "\n".join(entry.line.text for entry in self._flow.entries)

    @property
    def here(self) -> list[Fold]:
        """The folds around the cursor, innermost first; a header counts as inside its own fold."""
        folds: list[Fold] = []
        index: int | None = self._cursor.entry if self._flow.entries else None
        while index is not None:
            fold = self._flow.entries[index].fold
            if fold is not None:
                folds.append(fold)
            index = self._flow.parent(index)
        return folds

    @property
    def line_text(self) -> str:
        """The raw text of the line under the cursor."""
        return self._flow.entries[self._cursor.entry].line.text if self._flow.entries else ""

    def go_to_section(self, name: str) -> None:
        """Put a section's header at the top of the screen, opened; nothing happens if there is none."""
        for index in self._flow.sections:
            if self._fold_at(index).section == name:
                self._open(index)
                self._go(Spot(index, 0), at_top=True)
                return

    def search(self, needle: str, step: int = 1) -> bool:
        """Mark a text everywhere and go to its next (step 1) or previous (-1) place, opening folds.

        Returns:
            Whether it is anywhere in the document. An empty text only takes the marks away.
        """
        self._flow.set_needle(needle)
        self._cursor = Spot(self._cursor.entry, 0)
        found = self._flow.find(needle, self._cursor.entry, step)
        self._resized()
        if found is not None:
            self._go(Spot(found, self._row_with(found)))
        self.refresh()
        return found is not None

    def go_to_stop(self, step: int) -> bool:
        """Go to the next (step 1) or previous (-1) line that is a stop; whether there is one."""
        entries = self._flow.entries
        indexes = range(self._cursor.entry + step, len(entries) if step > 0 else -1, step)
        found = next((i for i in indexes if entries[i].line.stop), None)
        if found is not None:
            self._go(Spot(found, 0))
        return found is not None

    def go_to_mark(self, mark: str, step: int) -> bool:
        """Go to the next (step 1) or previous (-1) fold with a mark, opening those around it."""
        found = self._flow.find_mark(mark, self._cursor.entry, step) if self._flow.entries else None
        return self._arrive(found)

    def go_to_fold(self, wanted: Callable[[Fold], bool], *, at_top: bool = False) -> bool:
        """Go to the first fold that is wanted and not folded away; whether there is one."""
        return self._arrive(self._flow.find_fold(wanted), at_top=at_top)

    def open_fold(self, wanted: Callable[[Fold], bool]) -> None:
        """Open the first fold that is wanted and not folded away, without going there."""
        index = self._flow.find_fold(wanted)
        if index is not None and self._open(index):
            self._resized()
            self.refresh()

    def _arrive(self, index: int | None, *, at_top: bool = False) -> bool:
        if index is None:
            return False
        self._resized()
        self._go(Spot(index, 0), at_top=at_top)
        self.refresh()
        return True

    def _row_with(self, index: int) -> int:
        """The first row of a line on which the search's text is marked."""
        rows = self._flow.rows(index)
        return next((i for i, row in enumerate(rows) if any(s.style == "match" for s in row)), 0)

    # Moving

    def action_move(self, rows: int) -> None:
        """Move the cursor by rows."""
        self._go(self._flow.step(self._in_view(), rows))

    def action_page(self, pages: float) -> None:
        """Move the cursor by a part of the screen's height, and the screen with it."""
        rows = int(pages * max(2, self._height - 1))
        self._in_view()
        row = self._row_of(self._cursor)
        place = self._flow.step(self._cursor, rows)
        self.scroll_to(y=self.scroll_offset.y + self._row_of(place) - row, animate=False)
        self._go(place)

    def action_edge(self, side: int) -> None:
        """Go to the first (side -1) or last row."""
        if side < 0:
            self._go(Spot(0, 0))
            return
        last = len(self._flow.entries) - 1
        if last >= 0 and self._open_itself(last):
            last = len(self._flow.entries) - 1
        self._flow.measure(last - self._height, last)
        self._resized()
        self._go(self._flow.at(self._flow.total_rows - 1))

    def action_section(self, step: int) -> None:
        """Go to the next or previous section, round the ends."""
        headers = self._flow.sections
        if not headers:
            return
        index = self._cursor.entry
        if step > 0:
            target = next((i for i in headers if i > index), headers[0])
        else:
            target = next((i for i in reversed(headers) if i < index), headers[-1])
        self.go_to_section(self._fold_at(target).section)

    # Folding

    def action_fold(self) -> None:
        """Open or close the fold under the cursor."""
        if self._flow.entries and self._flow.entries[self._cursor.entry].fold:
            self._flow.toggle(self._cursor.entry)
            self._refolded()

    def action_open(self) -> None:
        """Open the fold whose header is under the cursor."""
        if self._flow.entries and self._open(self._cursor.entry):
            self._refolded()

    def action_close(self) -> None:
        """Close the fold under the cursor; inside one, go up to its header."""
        if not self._flow.entries:
            return
        fold = self._flow.entries[self._cursor.entry].fold
        parent = self._flow.parent(self._cursor.entry)
        if fold and fold.open:
            self.action_fold()
        elif parent is not None:
            self._go(Spot(parent, 0))

    def action_fold_all(self, opened: bool) -> None:
        """Open or close every fold inside the section, or around the cursor where there are no sections."""
        outer = self._top_header()
        if outer is None:
            return
        self._cursor = Spot(outer, 0)
        self._flow.fold_inside(outer, opened)
        self._refolded()

    def _top_header(self) -> int | None:
        """The outermost header around the cursor."""
        if not self._flow.entries:
            return None
        index = self._cursor.entry
        while (parent := self._flow.parent(index)) is not None:
            index = parent
        return index if self._flow.entries[index].fold else None

    def _open(self, index: int) -> bool:
        """Open the fold whose header stands at an index; whether that changed anything."""
        fold = self._flow.entries[index].fold
        if fold is None or fold.open:
            return False
        self._flow.toggle(index)
        return True

    def _refolded(self) -> None:
        """Draw what folding changed."""
        self._resized()
        self._go(Spot(self._cursor.entry, 0))
        self.refresh()

    def _fold_at(self, index: int) -> Fold:
        fold = self._flow.entries[index].fold
        assert fold is not None
        return fold

    async def on_click(self, event: Click) -> None:
        """Put the cursor under the mouse; on a header, fold or unfold."""
        row = self.scroll_offset.y + event.y
        if row < self._flow.total_rows:
            self._go(self._flow.at(row))
            self.action_fold()
