"""Bars that tell zero from little."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from widgets.sparkline import sparkline


def test_bars() -> None:
    assert sparkline([0, 1, 50, 100], 4) == " ▁▄█"
    assert sparkline([], 3) == "   "
    assert sparkline([5], 3) == "  █"
    assert sparkline([1, 1, 3, 3], 2) == "▃█"


@given(st.lists(st.integers(0, 10**9), max_size=60), st.integers(0, 40))
def test_width_is_exact_and_calls_never_vanish(values: list[int], width: int) -> None:
    bars = sparkline(values, width)
    assert len(bars) == width
    assert (bars.strip() == "") == (sum(values) == 0 or width == 0)
