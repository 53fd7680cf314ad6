"""Component styles for line-drawn widgets: colour and weight without the background, which each line adds."""

from __future__ import annotations

from rich.style import Style
from textual.widget import Widget

DIM = Style(dim=True)


def ink(widget: Widget, component: str) -> Style:
    """A component class's style as drawn on the widget's background, without that background.

    A colour given with transparency is blended; in sixteen colours nothing blends, and muted text is dim.

    Args:
        widget: the widget that declares the component class.
        component: the class's name; one that ends in "muted" is dim in sixteen colours.
    """
    whole = widget.get_component_rich_style(component)
    style = Style(color=whole.color, bold=whole.bold, italic=whole.italic, underline=whole.underline)
    return style + DIM if component.endswith("muted") and widget.app.native_ansi_color else style
