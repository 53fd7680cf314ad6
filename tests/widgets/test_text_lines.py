"""Long text: complete, in portions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from widgets.lines import Fold, Item, all_lines
from widgets.text_lines import first_words, text_items, text_shape


def joined(items: list[Item]) -> str:
    return "\n".join(each.text for each in all_lines(items))


@given(st.text(st.sampled_from("ab\n é"), max_size=200), st.integers(10, 60))
def test_nothing_is_lost_between_portions(text: str, portion: int) -> None:
    items = text_items(text, portion=portion)
    shown = [each.text for each in all_lines(items) if not each.text.startswith("… ")]
    assert "".join(shown) == text.replace("\n", "")


def test_lines_end_at_both_kinds_of_break() -> None:
    assert [each.text for each in all_lines(text_items("a\r\nb\nc"))] == ["a", "b", "c"]


def test_a_big_text_shows_its_beginning_and_says_how_much_more_there_is() -> None:
    items = text_items("x" * 79 + "\n" + "line\n" * 2_000_000)
    more = items[-1]
    assert isinstance(more, Fold)
    assert not more.open
    assert more.header.text == "… 9.9 MB more; w writes all of it to a file"
    assert sum(len(each.text) for each in items if not isinstance(each, Fold)) <= 60_000


def test_a_line_without_end_goes_on_as_lines_that_are_quick_to_lay_out() -> None:
    items = text_items("x" * 50_000)
    assert max(len(each.text) for each in all_lines(items)) <= 2_000
    assert joined(items).replace("\n", "") == "x" * 50_000


def test_shape_and_beginning() -> None:
    assert text_shape("a\nb") == "2 lines"
    assert text_shape("x" * 100_000) == "100.0 kB"
    assert first_words("  one\n two ") == "one two"
    assert first_words("word " * 100, 9) == "word word…"
