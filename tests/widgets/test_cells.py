"""Columns line up in any script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tessen.sanitise import one_line
from widgets.cells import clip, clip_front, clip_middle, fit, fit_right

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=60).map(one_line)


@given(ANY_TEXT, st.integers(0, 40))
def test_cells_are_exact(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) == width
    assert cell_len(fit_right(text, width)) == width
    assert cell_len(clip(text, width)) <= width
    assert cell_len(clip_middle(text, width)) <= max(width, 0)
    assert cell_len(clip_front(text, width)) <= width


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("short", 10, "short"),
        ("too long", 5, "too…"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("x", 0, ""),
    ],
)
def test_clip(text: str, width: int, shown: str) -> None:
    assert clip(text, width) == shown


def test_clip_middle_keeps_both_ends() -> None:
    assert clip_middle("/home/oncall/.tessen/logs", 13) == "/home/…n/logs"


def test_clip_front_keeps_the_end() -> None:
    assert clip_front("src/billing/agent.py:20", 12) == "…agent.py:20"
    assert clip_front("agent.py:20", 12) == "agent.py:20"
