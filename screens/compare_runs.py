"""Compare: two sessions, replicates or runs, step by step, beginning where they part.

What belongs here is reading the two; how they look is `widgets.run_compare`, the keys `screens.comparing`.
"""

from __future__ import annotations

import asyncio

from textual import work

from screens.comparing import ComparingScreen
from widgets.run_compare import MARK, Aligned, Side, aligned, aligned_items


class CompareRunsScreen(ComparingScreen):
    """Two sessions or runs.

    Args:
        left: the one that was marked.
        right: the other.
    """

    def __init__(self, left: Side, right: Side) -> None:
        super().__init__()
        self._sides = left, right
        self._aligned: Aligned | None = None

    def on_mount(self) -> None:
        """Read both."""
        self._load()

    @work(exclusive=True, group="load")
    async def _load(self) -> None:
        """Read and align both, and go to where they part."""
        self._aligned = await asyncio.to_thread(aligned, *self._sides)
        self._draw_again()

    def draw(self, section: str = "") -> None:
        """Show the steps in the present layout, the cursor where they part."""
        if self._aligned is not None:
            self.show_document(aligned_items(self._aligned, side_by_side=self.side_by_side), section)
            self.document.go_to_mark(MARK, 1)

    def go_to_difference(self, step: int) -> bool:
        """Go to the next or previous step that is not the same."""
        return self.document.go_to_mark(MARK, step)

    def action_swap(self) -> None:
        """Make the left the right."""
        self._sides = self._sides[1], self._sides[0]
        self._load()
