"""What both ways of comparing share: the layout, by width or as chosen, and the keys.

What belongs here is the frame; what is compared, and what a difference is, is up to the subclasses.
"""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from screens.document_screen import DocumentScreen
from widgets.compare_document import SIDE_BY_SIDE_WIDTH
from widgets.status_line import Fact


def difference_keys(screen: str) -> list[BindingType]:
    """The keys that go through differences and change the layout, under ids of a screen's own."""
    return [
        Binding(
            "right_square_bracket",
            "difference(1)",
            "Next",
            id=f"{screen}.next",
            tooltip="Next difference",
            key_display="]",
        ),
        Binding(
            "left_square_bracket",
            "difference(-1)",
            "Prev",
            id=f"{screen}.previous",
            tooltip="Previous difference",
            key_display="[",
        ),
        Binding("v", "layout", "Layout", id=f"{screen}.layout", tooltip="Side by side, or not"),
    ]


class TwoSidedScreen(DocumentScreen):
    """Texts that stand side by side where there is room; under which ids its keys go is its subclass's."""

    def __init__(self) -> None:
        super().__init__()
        self._chosen: bool | None = None
        self._drawn: bool | None = None

    def draw(self, section: str = "") -> None:
        """Show what was compared, if it was already, in the layout of `side_by_side`."""
        raise NotImplementedError

    def go_to_difference(self, step: int) -> bool:
        """Go to the next or previous difference; whether there is one."""
        return self.document.go_to_stop(step)

    @property
    def side_by_side(self) -> bool:
        """The layout chosen, else the one that suits the width."""
        return self.app.size.width >= SIDE_BY_SIDE_WIDTH if self._chosen is None else self._chosen

    def on_resize(self) -> None:
        """Change the layout with the width, unless one was chosen."""
        if self._drawn is not None and self.side_by_side != self._drawn:
            self._draw_again()

    def _draw_again(self, section: str = "") -> None:
        self._drawn = self.side_by_side
        self.draw(section)

    def facts(self) -> list[Fact]:
        """Which layout it is."""
        return [Fact("side by side" if self._drawn else "one below the other")]

    def action_difference(self, step: int) -> None:
        """Go to the next or previous difference."""
        if not self.go_to_difference(step):
            self.flash("no more differences below" if step > 0 else "no more differences above")

    def action_layout(self) -> None:
        """Put the texts side by side, or one below the other."""
        self._chosen = not self.side_by_side
        self._draw_again(self.document.section)


class ComparingScreen(TwoSidedScreen):
    """Two things; side by side where there is room."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *difference_keys("compare"),
        Binding("S", "swap", "Swap", id="compare.swap", tooltip="Swap the two sides"),
    ]

    def action_swap(self) -> None:
        """Make the left the right."""
        raise NotImplementedError
