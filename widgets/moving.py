"""The keys that move a cursor, the same in every list and document.

What belongs here is the bindings; a widget that takes them has the actions `move(lines)` and `page(pages)`.
"""

from __future__ import annotations

from textual.binding import Binding, BindingType

MOVING: tuple[BindingType, ...] = (
    Binding("j,down", "move(1)", "Down", show=False, id="list.down"),
    Binding("k,up", "move(-1)", "Up", show=False, id="list.up"),
    Binding("ctrl+d", "page(0.5)", "Half a page down", show=False, id="list.half-down"),
    Binding("ctrl+u", "page(-0.5)", "Half a page up", show=False, id="list.half-up"),
    Binding("pagedown,ctrl+f", "page(1)", "A page down", show=False, id="list.page-down"),
    Binding("pageup,ctrl+b", "page(-1)", "A page up", show=False, id="list.page-up"),
)
"""By a line, half a page, a page. The ends of a list mean something else in each, and are bound there."""
