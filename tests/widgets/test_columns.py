"""Columns drop in order of importance, and never overflow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.columns import DRAWN, GUTTER, columns_for


def names(width: int, agent: int = 16) -> list[str]:
    return [column.name for column in columns_for(width, agent)]


@given(st.integers(20, 400), st.integers(0, 60))
def test_columns_fit(width: int, agent: int) -> None:
    columns = columns_for(width, agent)
    assert GUTTER + sum(column.width + 1 for column in columns) - 1 <= width
    assert [column.name for column in columns] == [
        name for name in DRAWN if name in {c.name for c in columns}
    ]


@pytest.mark.parametrize("width", [45, 59, 79, 119, 199])
def test_the_preview_takes_what_is_left(width: int) -> None:
    columns = columns_for(width, 16)
    assert columns[-1].name == "preview"
    assert GUTTER + sum(column.width + 1 for column in columns) - 1 == width


def test_what_drops_first() -> None:
    assert names(199) == list(DRAWN)
    assert names(79) == ["time", "agent", "status", "duration", "cost", "preview"]
    assert names(59) == ["time", "agent", "status", "preview"]
    assert names(45) == ["time", "status", "preview"]
    assert "agent" in names(79) and "cost" in names(79)


def test_hidden_columns_give_their_room_to_the_preview() -> None:
    columns = columns_for(199, 16, frozenset({"cost", "model", "status"}))
    assert [c.name for c in columns] == ["time", "agent", "what", "status", "duration", "tokens", "preview"]
