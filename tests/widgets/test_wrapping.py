"""Rows of a line: nothing lost, nothing too wide."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import get_character_cell_size

from widgets.wrapping import fitting, wrap

LETTERS = st.text(st.sampled_from("ab  日本é\u0301🚨x"), max_size=60)


def cells(text: str) -> int:
    return sum(map(get_character_cell_size, text))


@given(LETTERS, st.integers(2, 20))
def test_rows_fit_and_hold_all_but_the_spaces_they_end_at(text: str, width: int) -> None:
    rows = wrap(text, width)
    assert all(cells(text[start:end]) <= width for start, end in rows)
    assert rows[0][0] == 0
    assert rows[-1][1] == len(text)
    for (_, end), (start, _) in itertools.pairwise(rows):
        assert text[end:start] in ("", " ")


@pytest.mark.parametrize(
    ("text", "width", "rows"),
    [
        ("", 5, [""]),
        ("one two", 7, ["one two"]),
        ("one two", 5, ["one", "two"]),
        ("one two", 3, ["one", "two"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("日本語", 4, ["日本", "語"]),
        ("a 日本語 b", 4, ["a 日", "本語", "b"]),
        ("    indented", 8, ["    inde", "nted"]),
    ],
)
def test_breaks_come_at_spaces_and_after_wide_letters(text: str, width: int, rows: list[str]) -> None:
    assert [text[a:b] for a, b in wrap(text, width)] == rows


@given(LETTERS, st.integers(0, 20))
def test_what_fits_is_as_much_as_there_is_room_for(text: str, width: int) -> None:
    end = fitting(text, width)
    assert cells(text[:end]) <= width
    assert end == len(text) or cells(text[: end + 1]) > width
