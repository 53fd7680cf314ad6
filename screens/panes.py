"""A trajectory, and beside it a pane that moves along: which pane is on screen, and what has the keys.

What belongs here is the same for every screen with panes. Which panes there are, and what is looked at in
them, a screen says itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, NamedTuple

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import DescendantFocus
from textual.widget import Widget

from screens.document_keys import DocumentKeys
from screens.pane import Looked, Pane
from widgets.document import Document
from widgets.lines import Item
from widgets.pane_bar import PaneBar, Tab
from widgets.rooms import Row
from widgets.run_documents import MarkedDocument, PaneDocument, TrajectoryDocument

BESIDE = 110
"""Columns of the terminal from which a pane stands beside the trajectory."""

TRAJECTORY = "trajectory"


def pane_title(pane: Pane[Any]) -> str:
    """What opening a pane is called, in the help and the palette."""
    return f"The pane {pane.name}"


def pane_keys(panes: Iterable[Pane[Any]]) -> list[BindingType]:
    """The keys that open panes; the same pane is opened by the same key on every screen."""
    return [
        Binding(
            pane.key,
            f"pane({pane.name!r})",
            pane.name,
            show=False,
            id=f"run.pane-{pane.name}",
            tooltip=pane_title(pane),
            priority=True,
        )
        for pane in panes
        if pane.key
    ]


class _Drawing(NamedTuple):
    """A pane of a place."""

    pane: Pane[Any]
    look: Looked
    shows: object
    state: object

    def differs(self, other: _Drawing) -> bool:
        """Whether it would look otherwise."""
        return (self.shows, self.state) != (other.shows, other.state)


class TrajectoryPanes(DocumentKeys):
    """A screen with a `PaneBar`, and what `compose_panes` yields: a trajectory and a pane."""

    AUTO_FOCUS = "TrajectoryDocument"
    PANES: ClassVar[Sequence[Pane[Any]]] = ()
    """In the order of the bar; the first is shown first."""

    DEFAULT_CSS = """
    TrajectoryPanes {
        & #panes { height: 1fr; }
        & #panes > Document { width: 1fr; height: 1fr; display: none; }
        & #panes > Document.-shown { display: block; }
        &.-beside PaneDocument { border-left: vkey $panel; }
        &.-zoomed { & .head, & PaneBar, & StatusLine, & KeyBar { display: none; } }
        &.-zoomed PaneDocument { border-left: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "tab", "cycle(1)", "Pane", id="run.next-part", tooltip="Next part of the screen", priority=True
        ),
        Binding("shift+tab", "cycle(-1)", "Previous part", show=False, id="run.previous-part", priority=True),
        Binding("p", "next_pane(1)", "Next pane", show=False, id="run.next-pane", priority=True),
        Binding("P", "next_pane(-1)", "Previous pane", show=False, id="run.previous-pane", priority=True),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.pane = self.PANES[0]
        self._pane_wanted: _Drawing | None = None
        self._pane_drawn: _Drawing | None = None
        self._is_making_pane = False
        self._active: MarkedDocument | None = None

    # What a screen says itself

    @property
    def look(self) -> Looked | None:
        """Where one is, with what was read there; None until it is read."""
        raise NotImplementedError

    def move_along(self) -> None:
        """The trajectory's cursor, or the room there is, is another: look there, and draw the pane."""
        raise NotImplementedError

    def further_parts(self) -> list[Widget]:
        """What else `tab` gives the keys to, before the trajectory."""
        return []

    # Where one is

    @property
    def trajectory(self) -> TrajectoryDocument:
        """The session's steps."""
        return self.query_one(TrajectoryDocument)

    @property
    def side(self) -> PaneDocument:
        """The pane."""
        return self.query_one(PaneDocument)

    @property
    def document(self) -> Document:
        """The one of the two that the keys act on: the last one that had the focus."""
        return self._active or self.trajectory

    # Drawing the pane

    @on(Document.Moved, "TrajectoryDocument")
    def _trajectory_moved(self) -> None:
        self.move_along()

    @on(Document.Moved, "PaneDocument")
    def _pane_moved(self) -> None:
        self.draw_status()

    @on(MarkedDocument.NoMore)
    def _no_more(self, message: MarkedDocument.NoMore) -> None:
        self.flash(message.words)

    def draw_pane(self) -> None:
        """Make the pane anew, if it is on screen and would show something else."""
        look = self.look
        if look is None or not self.side.has_class("-shown"):
            return
        wanted = _Drawing(self.pane, look, self.pane.shows(look), self.pane.state(look))
        if self._pane_wanted is None or wanted.differs(self._pane_wanted):
            self._pane_wanted = wanted
            if not self._is_making_pane:
                self._make_pane()

    @work(group="pane", description="a pane")  # else all of a session is described
    async def _make_pane(self) -> None:
        """Make the pane that is wanted by now, until it is on screen: one at a time, however one moves."""
        self._is_making_pane = True
        try:
            while (wanted := self._pane_wanted) is not None and wanted is not self._pane_drawn:
                items = await asyncio.to_thread(wanted.pane.items, wanted.look)
                if wanted is self._pane_wanted:
                    self._show_pane(wanted, items)
        finally:
            self._is_making_pane = False

    def _show_pane(self, wanted: _Drawing, items: Sequence[Item]) -> None:
        """Show a pane; a later state of the same leaves one at the place where one reads."""
        before, self._pane_drawn = self._pane_drawn, wanted
        if before is not None and before.shows == wanted.shows:
            self.side.renew(items)
        else:
            self.side.show(items)

    # What is on screen

    def compose_panes(self) -> ComposeResult:
        """The trajectory, which has the keys at first, and the pane, in the room there is."""
        self.suit(update=False)  # before there is anything: else it would all be styled again
        with Row(id="panes"):
            yield TrajectoryDocument(classes="-shown")
            yield PaneDocument(classes="-shown" if self.has_class("-beside") else "")

    def on_mount(self) -> None:
        """Name the panes."""
        self.show_parts()

    def on_resize(self) -> None:
        """Give the parts the room there is."""
        self.suit(update=True)
        self.show_parts()
        self.call_after_refresh(self.move_along)

    def suit(self, *, update: bool) -> None:
        """Choose what is beside what, by the terminal's size.

        Args:
            update: whether to style again what is on screen.
        """
        self.set_class(self.app.size.width >= BESIDE, "-beside", update=update)

    def show_parts(self) -> None:
        """Show both documents where there is room for two, else the one that has the keys."""
        both = self.has_class("-beside") and not self.has_class("-zoomed")
        for document in (self.trajectory, self.side):
            document.set_class(both or document is self.document, "-shown")
        self.side.call_marks({"hunk": self.pane.part, "file": self.pane.whole})
        here = TRAJECTORY if self.document is self.trajectory else self.pane.name
        beside = frozenset({TRAJECTORY, self.pane.name}) if both else frozenset({here})
        tabs = [Tab(TRAJECTORY, ""), *(Tab(pane.name, pane.key) for pane in self.PANES)]
        self.query_one(PaneBar).show(tabs, here, beside)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Remember which document had the keys last."""
        if isinstance(event.widget, MarkedDocument) and event.widget is not self._active:
            self._active = event.widget
            self.show_parts()
            self.draw_pane()
            self.draw_status()

    def _give_keys_to(self, document: MarkedDocument) -> None:
        """Show a document, and give it the keys."""
        self._active = document
        self.show_parts()
        self.draw_pane()
        self.set_focus(document, scroll_visible=False)  # at once: keys may be right behind
        self.draw_status()

    # Keys

    def action_cycle(self, step: int) -> None:
        """Give the keys to the next part of the screen."""
        parts = [*self.further_parts(), self.trajectory, self.side]
        at = parts.index(self.focused) if self.focused in parts else parts.index(self.document)
        chosen = parts[(at + step) % len(parts)]
        if isinstance(chosen, MarkedDocument):
            self._give_keys_to(chosen)
        else:
            self.set_focus(chosen, scroll_visible=False)

    def action_pane(self, name: str) -> None:
        """Open a pane, and give it the keys."""
        self.pane = next(pane for pane in self.PANES if pane.name == name)
        self._give_keys_to(self.side)

    def action_next_pane(self, step: int) -> None:
        """Open the next pane of the bar, or the one before."""
        self.action_pane(self.PANES[(self.PANES.index(self.pane) + step) % len(self.PANES)].name)

    @on(PaneBar.Chosen)
    def _pane_clicked(self, message: PaneBar.Chosen) -> None:
        if message.name == TRAJECTORY:
            self._give_keys_to(self.trajectory)
        else:
            self.action_pane(message.name)

    def action_zoom(self) -> None:
        """Give the document that has the keys the whole terminal, or give it back."""
        super().action_zoom()
        self.show_parts()
        self.call_after_refresh(self.move_along)
