"""Lines laid out: safe, marked, clipped, side by side."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tessen.sanitise import is_safe
from widgets.lines import RULE, Fold, Line, Pair, Row, Span, all_lines, line


def text_of(row: Row) -> str:
    return "".join(span.text for span in row)


@given(
    st.lists(st.text(max_size=30) | st.text("日 a", max_size=30), max_size=4),
    st.integers(8, 40),
    st.text(max_size=3),
    st.integers(0, 12),
)
def test_whatever_a_line_holds_its_rows_are_safe_and_fit(
    texts: list[str], width: int, needle: str, hang: int
) -> None:
    made = Line(tuple(Span(t) for t in texts), indent=2, hang=hang)
    for row in made.rows(width, needle.lower()):
        assert is_safe(text_of(row))
        assert cell_len(text_of(row)) <= width


def test_a_searched_text_is_marked_across_spans() -> None:
    row = line("a slo", ("W dow", "bad"), "n").rows(40, "slow")[0]
    assert [span.text for span in row if span.style == "match"] == ["slo", "W"]
    assert text_of(row).strip() == "a sloW down"


@given(st.text(st.sampled_from("abA "), max_size=30), st.text(st.sampled_from("ab"), min_size=1, max_size=3))
def test_marks_cover_each_place_of_the_text_and_nothing_else(text: str, needle: str) -> None:
    row = Line((Span(text[:7]), Span(text[7:], "dim"))).rows(100, needle)[0]
    assert text_of(row)[2:] == text
    marked = "".join(s.text if s.style == "match" else "·" * len(s.text) for s in row)[2:]
    assert (
        marked.lower().count(needle[0]) + marked.lower().count(needle[-1]) > 0 or needle not in text.lower()
    )
    assert sum(c != "·" for c in marked) == text.lower().count(needle) * len(needle)


def test_a_clipped_line_is_one_row_that_says_there_is_more() -> None:
    rows = line("a long header that goes on", clipped=True).rows(12)
    assert len(rows) == 1
    assert text_of(rows[0]).endswith("…")
    assert cell_len(text_of(rows[0])) <= 12


def test_sides_of_a_pair_stay_beside_each_other() -> None:
    rows = Pair(line("one two three"), line("x")).rows(23)
    assert [text_of(row) for row in rows] == ["  one two  │   x", "  three    │ "]


def test_a_sign_stands_once_and_a_rule_on_every_row() -> None:
    rows = Line((Span("one two"),), lead=Span("+ ", "added")).rows(6)
    assert [text_of(row) for row in rows] == ["+ one", "  two"]
    rows = Line((Span("one two"),), lead=RULE).rows(6)
    assert [text_of(row) for row in rows] == ["│ one", "│ two"]


def test_a_body_is_made_when_it_is_first_looked_at() -> None:
    made: list[int] = []

    def body() -> list[Line]:
        made.append(1)
        return [line("inside")]

    fold = Fold(line("head"), body, haystack="inside")
    assert fold.contains("inside")
    assert not made
    assert [each.text for each in all_lines([fold])] == ["head", "inside"]
    assert fold.items is fold.items
    assert made == [1]


def test_an_indented_line_goes_on_under_its_first_word() -> None:
    rows = line("  def answer(question)").rows(16)
    assert [text_of(row) for row in rows] == ["    def", "    answer(quest", "    ion)"]


def test_a_labelled_line_goes_on_beside_its_label() -> None:
    rows = line("from  ", "/srv/agent.py:42")._replace(hang=6).rows(18)
    assert [text_of(row) for row in rows] == ["  from  /srv/agent", "        .py:42"]
