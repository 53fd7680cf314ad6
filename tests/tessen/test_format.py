"""Quantities as people read them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessen import format as show

NUMBERS = st.floats(min_value=0, max_value=1e9)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.4, "now"),
        (-3, "now"),
        (12.9, "12s"),
        (61, "1m"),
        (3_599, "59m"),
        (7_200, "2h"),
        (200_000, "2d"),
        (math.inf, "–"),
    ],
)
def test_age(seconds: float, shown: str) -> None:
    assert show.age(seconds) == shown


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [
        (None, "–"),
        (math.nan, "–"),
        (0, "0ms"),
        (85.4, "85ms"),
        (999.7, "1.00s"),
        (1_240, "1.24s"),
        (12_400, "12.4s"),
        (59_960, "1m00s"),
        (125_000, "2m05s"),
        (3_720_000, "1h02m"),
    ],
)
def test_duration(milliseconds: float | None, shown: str) -> None:
    assert show.duration(milliseconds) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (None, "–"),
        (0, "0"),
        (950, "950"),
        (999.6, "1.0k"),
        (1_234, "1.2k"),
        (34_400, "34k"),
        (1_200_000, "1.2M"),
    ],
)
def test_count(number: float | None, shown: str) -> None:
    assert show.count(number) == shown


@pytest.mark.parametrize(
    ("usd", "shown"),
    [
        (None, "–"),
        (0, "$0"),
        (0.00001, "<$.0001"),
        (0.0004, "$0.0004"),
        (0.0123, "$0.012"),
        (0.31, "$0.31"),
        (4.2, "$4.20"),
        (131.2, "$131"),
        (1_234, "$1.2k"),
    ],
)
def test_money(usd: float | None, shown: str) -> None:
    assert show.money(usd) == shown


@given(NUMBERS)
def test_columns_hold_what_they_promise(number: float) -> None:
    assert len(show.age(min(number, 999 * 86_400))) <= 4
    assert len(show.duration(number)) <= 6
    assert len(show.count(number)) <= 4
    assert len(show.money(number)) <= 7
    assert len(show.rate(number)) <= 4


def test_sizes_moments_and_plurals() -> None:
    assert [show.size(n) for n in (0, 999, 2_100, 10_200_000)] == ["0 B", "999 B", "2.1 kB", "10.2 MB"]
    assert show.clock(1_764_000_000.5) == "16:00:00"
    assert show.moment(1_764_000_000.5) == "2025-11-24 16:00:00.500 +00:00"
    assert show.clock(0) == show.clock(math.nan) == show.clock(1e300) == "--:--:--"
    assert show.plural(1, "torn line") == "1 torn line"
    assert show.plural(1_204, "event") == "1,204 events"
