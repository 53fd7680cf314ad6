"""Styles for line-drawn widgets: ink without the background, which each line adds, and the cursor's row."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

DIM = Style(dim=True)
"""Muted text in sixteen colours, of which none is sure to be grey."""


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


def cursor_row_css(widget: str, component: str) -> str:
    """The rules that say how the row under a widget's cursor looks, with the keys and without.

    Args:
        widget: the name of the widget's class.
        component: the name of the component class for that row.
    """
    return f"""
    {widget} > .{component} {{
        background: $cursor-row-blurred;
        color: $cursor-row-blurred-ink;
        text-style: $cursor-row-blurred-style;
    }}
    {widget}:focus > .{component} {{
        background: $cursor-row;
        color: $cursor-row-ink;
        text-style: $cursor-row-style;
    }}
    """


def cursor_row(widget: Widget, strip: Strip, width: int, component: str) -> Strip:
    """A line as it looks under the cursor.

    Where the row is reversed (in sixteen colours, while the widget has the keys) it is of one colour: a
    second one could not be read there.

    Args:
        widget: the widget that declares the component class.
        strip: the line.
        width: the cells that the row takes.
        component: the name of the class that says how the cursor's row looks.
    """
    row = widget.get_component_rich_style(component)
    if row.reverse:
        strip = Strip([Segment(segment.text) for segment in strip])
    return strip.apply_style(row).adjust_cell_length(width, row)
