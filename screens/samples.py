"""Samples of one request: how they group, and each beside the one that it is compared to."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from capture.resample.found import Resampled, samples_in
from screens.comparing import TwoSidedScreen, difference_keys
from widgets.samples_document import samples_items
from widgets.title_line import TitleLine


class SamplesScreen(TwoSidedScreen):
    """A folder of samples; two answers side by side where there is room.

    Args:
        folder: where they lie.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        *difference_keys("samples"),
        Binding(
            "ctrl+r", "read", "Read again", show=False, id="samples.read", tooltip="Read the folder again"
        ),
    ]

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._found: Resampled | None = None

    def compose_head(self) -> ComposeResult:
        """What was asked."""
        yield TitleLine()

    def on_mount(self) -> None:
        """Read the samples."""
        self.action_read()

    @work(exclusive=True, group="load")
    async def action_read(self) -> None:
        """Read the samples, those that have come since among them."""
        self._found = await asyncio.to_thread(samples_in, self._folder)
        samples = await asyncio.to_thread(self._found.samples)
        asked = samples[0].asked if samples else self._folder.name
        models = ", ".join(dict.fromkeys(each.model or "?" for each in samples))
        self.query_one(TitleLine).say(f"Samples of {asked}", f"{models}  {self._folder}")
        self._draw_again()

    def draw(self, section: str = "") -> None:
        """Show the samples, if they were read; one stays in the section that one reads."""
        if self._found is not None:
            self._lay_out(self._found, section or self.document.section)

    @work(exclusive=True, group="draw")
    async def _lay_out(self, found: Resampled, section: str) -> None:
        items = await asyncio.to_thread(samples_items, found, side_by_side=self.side_by_side)
        self.show_document(items, section)
