"""That everything drawn can be read in both of the app's themes, on every kind of screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.style import Style
from textual.app import App
from textual.color import Color

from tests.hostile_run import hostile_run
from tests.logs import night, write_log
from tests.running import running, shows, until

LEAST = 2.0
"""The ratio of luminances below which text is lost; what matters has 4.5 and more."""

WAY = (
    ("2", "following"),
    ("E", "error: line"),
    ("enter", "RateLimitError"),
    ("escape", "what happened"),
    ("s", "Session of"),
    ("escape", "what happened"),
    ("r", "Resample"),
    ("escape", "what happened"),
    ("question_mark", "esc closes"),
    ("escape", "what happened"),
    ("3", "hostile"),
    ("enter", "d shows the session's"),
    ("c", "+ new"),
    ("9", "why"),
    ("4", "No jobs"),
)
"""Keys through the app, each with what it leads to."""


@pytest.mark.parametrize("theme", ["tessen-dark", "tessen-light"])
async def test_all_text_can_be_read_in_both_themes(tmp_path: Path, theme: str) -> None:
    logs = write_log(tmp_path / "logs", night(40))
    runs = hostile_run(tmp_path / "runs").parent
    async with running(logs, (120, 40), "agents", runs, theme=theme) as (app, pilot):
        lost = set(hardly_seen(app))
        for key, words in WAY:
            await pilot.press(key)
            await until(pilot, lambda: key != "escape" or len(app.screen_stack) == 1)  # noqa: B023
            await shows(pilot, words)
            lost |= set(hardly_seen(app))
        assert lost == set()


def hardly_seen(app: App[Any]) -> Iterator[str]:
    """Each piece of text on the screen that is hardly to be told from what is behind it."""
    for strip in app.screen._compositor.render_strips():
        for text, style, _ in strip:
            if any(map(str.isalnum, text)) and style and _contrast(style) < LEAST:
                yield f"{text!r}: {style}"


def _contrast(style: Style) -> float:
    """The ratio of luminances of text and background, as WCAG has it: from 1, alike, to 21."""
    assert style.color and style.bgcolor
    low, high = sorted(_luminance(Color.from_rich_color(each)) for each in (style.color, style.bgcolor))
    return (high + 0.05) / (low + 0.05)


def _luminance(color: Color) -> float:
    parts = (
        each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in color.normalized
    )
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))
