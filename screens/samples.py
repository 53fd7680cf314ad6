"""Samples of one request: how they group, and each beside the one that it is compared to."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from capture.resample.together import Together, read_together
from screens.document_screen import DocumentScreen
from widgets.compare_document import SIDE_BY_SIDE_WIDTH
from widgets.samples_document import samples_items
from widgets.status_line import Fact
from widgets.title_line import TitleLine


class SamplesScreen(DocumentScreen):
    """A folder of samples; two answers side by side where there is room.

    Args:
        folder: where they lie.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "right_square_bracket",
            "difference(1)",
            "Next",
            id="samples.next",
            tooltip="Next difference",
            key_display="]",
        ),
        Binding(
            "left_square_bracket",
            "difference(-1)",
            "Prev",
            id="samples.previous",
            tooltip="Previous difference",
            key_display="[",
        ),
        Binding("v", "layout", "Layout", id="samples.layout", tooltip="Side by side, or not"),
        Binding(
            "ctrl+r", "read", "Read again", show=False, id="samples.read", tooltip="Read the folder again"
        ),
    ]

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._found: Together | None = None
        self._chosen: bool | None = None
        self._drawn: bool | None = None

    def compose_head(self) -> ComposeResult:
        """What was asked."""
        yield TitleLine()

    def on_mount(self) -> None:
        """Read the samples."""
        self.action_read()

    def on_resize(self) -> None:
        """Change the layout with the width, unless one was chosen."""
        if self._found is not None and self._side_by_side() != self._drawn:
            self._draw()

    @work(exclusive=True, group="load")
    async def action_read(self) -> None:
        """Read the samples, those that have come since among them."""
        self._found = await asyncio.to_thread(read_together, self._folder)
        samples = self._found.samples
        asked = samples[0].asked if samples else self._folder.name
        models = ", ".join(dict.fromkeys(each.model or "?" for each in samples))
        self.query_one(TitleLine).say(f"Samples of {asked}", f"{models}  {self._folder}")
        self._draw()

    def _side_by_side(self) -> bool:
        """The layout chosen, else the one that suits the width."""
        return self.app.size.width >= SIDE_BY_SIDE_WIDTH if self._chosen is None else self._chosen

    def _draw(self) -> None:
        if self._found is not None:
            self._drawn = self._side_by_side()
            self.show_document(samples_items(self._found, side_by_side=self._drawn), self.document.section)

    def facts(self) -> list[Fact]:
        """Which layout it is."""
        return [Fact("side by side" if self._drawn else "one below the other")]

    def action_difference(self, step: int) -> None:
        """Go to the next or previous difference."""
        if not self.document.go_to_stop(step):
            self.flash("no more differences below" if step > 0 else "no more differences above")

    def action_layout(self) -> None:
        """Put two answers side by side, or one below the other."""
        self._chosen = not self._side_by_side()
        self._draw()
