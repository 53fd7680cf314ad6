"""Compare: two events, what differs between them in words, and their texts aligned.

What belongs here is loading the two. What is shown is `widgets.compare_document`; the keys are
`screens.comparing`.
"""

from __future__ import annotations

import asyncio

from textual import work
from textual.app import ComposeResult

from capture.log.source import EventSource, RowId
from screens.comparing import ComparingScreen
from tessen.exchange import Exchange
from widgets.compare_document import Comparison, compare, compare_items
from widgets.differences import Side
from widgets.lines import line
from widgets.pair_head import PairHead


class CompareScreen(ComparingScreen):
    """Two events; side by side where there is room.

    Args:
        source: where events come from.
        left: the one that was marked.
        right: the other.
    """

    def __init__(self, source: EventSource, left: RowId, right: RowId) -> None:
        super().__init__()
        self._source = source
        self._rows = (left, right)
        self._comparison: Comparison | None = None

    def compose_head(self) -> ComposeResult:
        """Both events' heads."""
        yield PairHead()

    def on_mount(self) -> None:
        """Load both."""
        self._load()

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
        self._draw_again(section)

    def draw(self, section: str = "") -> None:
        """Show the comparison in the present layout."""
        if self._comparison is not None:
            self.show_document(compare_items(self._comparison, side_by_side=self.side_by_side), section)

    def action_swap(self) -> None:
        """Make the left the right."""
        self._rows = (self._rows[1], self._rows[0])
        self._load(self.document.section)
