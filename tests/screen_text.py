"""What a running app shows, as text."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.widget import Widget


def text_of(app: App[Any]) -> str:
    """The whole screen, line by line, blanks at the ends left out."""
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


def lines_of(app: App[Any], widget: Widget) -> list[str]:
    """The lines that a widget takes on the screen, cut to its width."""
    region = widget.region
    strips = app.screen._compositor.render_strips()[region.y : region.bottom]
    return [strip.crop(region.x, region.right).text for strip in strips]
