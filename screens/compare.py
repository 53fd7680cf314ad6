"""Compare: two events, what differs between them in words, and their texts aligned.

What belongs here is loading the two, the layout by width, and the keys between differences. What is shown is
`widgets.compare_document`.
"""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from capture.log.source import EventSource, RowId
from screens.document_screen import DocumentScreen
from tessen.exchange import Exchange
from widgets.compare_document import SIDE_BY_SIDE_WIDTH, Comparison, compare, compare_items
from widgets.differences import Side
from widgets.lines import line
from widgets.pair_head import PairHead
from widgets.status_line import Fact


class CompareScreen(DocumentScreen):
    """Two events; side by side where there is room.

    Args:
        source: where events come from.
        left: the one that was marked.
        right: the other.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "right_square_bracket",
            "difference(1)",
            "Next",
            id="compare.next",
            tooltip="Next difference",
            key_display="]",
        ),
        Binding(
            "left_square_bracket",
            "difference(-1)",
            "Prev",
            id="compare.previous",
            tooltip="Previous difference",
            key_display="[",
        ),
        Binding("v", "layout", "Layout", id="compare.layout", tooltip="Side by side, or not"),
        Binding("S", "swap", "Swap", id="compare.swap", tooltip="Swap the two sides"),
    ]

    def __init__(self, source: EventSource, left: RowId, right: RowId) -> None:
        super().__init__()
        self._source = source
        self._rows = (left, right)
        self._comparison: Comparison | None = None
        self._chosen: bool | None = None
        self._drawn: bool | None = None

    def compose_head(self) -> ComposeResult:
        """Both events' heads."""
        yield PairHead()

    def on_mount(self) -> None:
        """Load both."""
        self._load()

    def on_resize(self) -> None:
        """Change the layout with the width, unless one was chosen."""
        if self._comparison is not None and self._side_by_side() != self._drawn:
            self._draw()

    @work(exclusive=True, group="load")
    async def _load(self, section: str = "") -> None:
        """Read and align both events; say why where one cannot be read."""
        try:
            loaded = [await self._source.load(row) for row in self._rows]
        except LookupError as problem:
            self.query_one(PairHead).say("these events cannot be compared")
            reason = str(problem.args[0]) if problem.args else "an event is no longer in the log"
            self.show_document([line((reason, "bad")), line(("esc goes back", "dim"))])
            return
        costs = [self._source.row(row).cost_usd for row in self._rows]
        left, right = await asyncio.to_thread(
            lambda: [Side(Exchange.from_event(e.event), c) for e, c in zip(loaded, costs, strict=True)]
        )
        self.query_one(PairHead).show(left.exchange, right.exchange)
        self._comparison = await asyncio.to_thread(compare, left, right)
        self._draw(section)

    def _side_by_side(self) -> bool:
        """The layout chosen, else the one that suits the width."""
        return self.app.size.width >= SIDE_BY_SIDE_WIDTH if self._chosen is None else self._chosen

    def _draw(self, section: str = "") -> None:
        """Show the comparison in the present layout."""
        if self._comparison is not None:
            self._drawn = self._side_by_side()
            self.show_document(compare_items(self._comparison, side_by_side=self._drawn), section)

    def facts(self) -> list[Fact]:
        """Which layout it is."""
        return [Fact("side by side" if self._drawn else "one below the other")]

    def action_difference(self, step: int) -> None:
        """Go to the next or previous difference."""
        if not self.document.go_to_stop(step):
            self.flash("no more differences below" if step > 0 else "no more differences above")

    def action_layout(self) -> None:
        """Put the texts side by side, or one below the other."""
        self._chosen = not self._side_by_side()
        self._draw(self.document.section)

    def action_swap(self) -> None:
        """Make the left the right."""
        self._rows = (self._rows[1], self._rows[0])
        self._load(self.document.section)
