"""Where lines stand: rows counted, folds opened, texts found."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from widgets.flow import Flow, flatten
from widgets.lines import Fold, Item, Line, Pair, line

LINES = st.builds(line, st.text(max_size=40))
ITEMS: st.SearchStrategy[list[Item]] = st.recursive(
    st.lists(LINES | st.builds(Pair, LINES, LINES), max_size=5),
    lambda inner: st.lists(
        st.builds(lambda head, body, opened: Fold(head, body, open=opened), LINES, inner, st.booleans())
        | LINES,
        max_size=4,
    ),
    max_leaves=12,
)


def fold(name: str, *body: Item, opened: bool = False) -> Fold:
    return Fold(line(name), list(body), open=opened)


def texts(flow: Flow) -> list[str]:
    return [entry.line.text for entry in flow.entries]


@given(ITEMS, st.integers(8, 50), st.integers(8, 50), st.data())
def test_after_any_folding_rows_are_those_of_the_lines(
    items: list[Item], width: int, other: int, data: st.DataObject
) -> None:
    flow = Flow(items, width)
    for _ in range(3):
        if flow.entries:
            flow.toggle(data.draw(st.integers(0, len(flow.entries) - 1)))
        flow.set_width(data.draw(st.sampled_from([width, other])))
        flow.measure(0, len(flow.entries))
        heights = [len(entry.line.rows(flow.width)) for entry in flow.entries]
        assert flow.total_rows == sum(heights)
        assert [flow.top(i) for i in range(len(heights))] == [sum(heights[:i]) for i in range(len(heights))]
        assert flow.entries == flatten(items)


def test_a_row_leads_to_its_line_and_back() -> None:
    flow = Flow([line("one two three"), line("x")], width=7)
    flow.measure(0, 1)
    assert [flow.at(row) for row in range(4)] == [(0, 0), (0, 1), (0, 2), (1, 0)]
    assert flow.at(99) == (1, 0)
    assert flow.at(-5) == (0, 0)


def test_only_lines_near_the_screen_are_laid_out() -> None:
    long = "word " * 100
    laid: list[int] = []

    class Counting(Line):
        def rows(self, width: int, needle: str = "") -> list[list[object]]:  # type: ignore[override]
            laid.append(1)
            return super().rows(width, needle)  # type: ignore[return-value]

    lines: list[Item] = [Counting(line(long).spans) for _ in range(1_000)]
    flow = Flow([*lines[:505], fold("fold", *lines[:3]), *lines[505:]], width=40)
    flow.set_width(50)
    flow.measure(500, 511)
    assert len(laid) == 11
    flow.toggle(505)
    flow.measure(500, 514)  # what stands above and below is not laid out again
    assert len(laid) == 14
    assert [flow.rows(at) for at in (504, 509)] == [Line.rows(lines[0], 50)] * 2  # type: ignore[arg-type]


def test_search_opens_the_folds_it_has_to() -> None:
    flow = Flow([line("a"), fold("b", line("c"), fold("d", line("needle here")))])
    found = flow.find("NEEDLE", 0, 1)
    assert found is not None
    assert texts(flow)[found] == "needle here"
    assert texts(flow) == ["a", "b", "c", "d", "needle here"]


def test_search_goes_round_in_both_directions() -> None:
    flow = Flow([line("x1"), line("no"), line("x2"), line("x3")])
    assert [flow.find("x", at, 1) for at in (0, 2, 3)] == [2, 3, 0]
    assert [flow.find("x", at, -1) for at in (0, 2, 3)] == [3, 0, 2]
    assert flow.find("nowhere", 0, 1) is None
    assert flow.find("nowhere", 0, -1) is None


def test_search_backwards_finds_the_last_place_in_a_closed_fold() -> None:
    flow = Flow([fold("head", line("x1"), line("x2")), line("end")])
    found = flow.find("x", 1, -1)
    assert found is not None
    assert texts(flow)[found] == "x2"


def test_search_leaves_folds_without_the_text_closed() -> None:
    flow = Flow([fold("a", line("b")), line("x")])
    assert flow.find("x", 0, 1) == 1


def test_unfold_all_leaves_the_laborious_closed() -> None:
    big = Fold(line("big"), [line("inside")], laborious=True)
    flow = Flow([fold("a", fold("b", line("c")), big)])
    flow.fold_inside(0, True)
    assert texts(flow) == ["a", "b", "c", "big"]
    flow.fold_inside(0, False)
    assert texts(flow) == ["a", "b", "big"]


def test_unfold_all_takes_a_great_many_folds_in_one_go() -> None:
    flow = Flow([fold("all", *[fold(f"f{i}", line("x")) for i in range(3_000)])])
    flow.fold_inside(0, True)
    assert len(flow.entries) == 6_001
