"""Diffs: both sides whole, differences few."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from widgets.diff_lines import ALIGNED_LINES, diff_items, stretches
from widgets.lines import Fold, Line, Pair, all_lines

TEXTS = st.lists(st.sampled_from(["a", "b", "c", "same", ""]), max_size=25)


@given(TEXTS, TEXTS)
def test_the_stretches_are_both_texts(left: list[str], right: list[str]) -> None:
    found = stretches(left, right)
    assert [line for s in found for line in s.left] == left
    assert [line for s in found for line in s.right] == right
    assert all(list(s.left) == list(s.right) for s in found if s.equal)


@given(TEXTS, TEXTS)
def test_both_layouts_show_every_line(left: list[str], right: list[str]) -> None:
    found = stretches(left, right)
    pairs = [p for p in all_lines(diff_items(found, side_by_side=True)) if isinstance(p, Pair)]
    assert [p.left.text for p in pairs if p.left] == left
    assert [p.right.text for p in pairs if p.right] == right
    signs = [each for each in all_lines(diff_items(found, side_by_side=False)) if isinstance(each, Line)]
    removed = [each for each in signs if each.lead.text == "- "]
    added = [each for each in signs if each.lead.text == "+ "]
    assert len(removed) - len(added) == len(left) - len(right)


def test_each_difference_is_a_stop() -> None:
    left = [*"abcdefgh"]
    right = [*"abXdefgY"]
    items = list(all_lines(diff_items(stretches(left, right), side_by_side=False)))
    assert [each.text for each in items if each.stop] == ["c", "h"]


def test_equal_stretches_fold_around_two_lines_of_context() -> None:
    same = [f"line {i}" for i in range(20)]
    items = diff_items(stretches(["old", *same, "x"], ["new", *same, "y"]), side_by_side=False)
    fold = next(item for item in items if isinstance(item, Fold))
    assert fold.header.text == "⋯ 16 equal lines"
    assert len(items) == 2 + 2 + 1 + 2 + 2


def test_only_what_differs_in_a_line_is_coloured() -> None:
    found = stretches(["max_tokens: 1024 or so"], ["max_tokens: 4096 or so"])
    removed, added = diff_items(found, side_by_side=False)
    assert isinstance(removed, Line)
    assert isinstance(added, Line)
    assert [s.text for s in removed.spans if s.style == "removed"] == ["1024"]
    assert [s.text for s in added.spans if s.style == "added"] == ["4096"]


def test_texts_too_big_to_align_stand_as_one_block() -> None:
    left = [f"l{i}" for i in range(ALIGNED_LINES + 1)]
    right = [f"r{i}" for i in range(ALIGNED_LINES + 1)]
    assert [s.equal for s in stretches(left, right)] == [False]


def test_a_conversation_that_went_on_is_aligned_however_long_it_is() -> None:
    left = [f"m{i}" for i in range(40_000)]
    assert [(s.equal, len(s.right)) for s in stretches(left, [*left, "new"])] == [(True, 40_000), (False, 1)]
