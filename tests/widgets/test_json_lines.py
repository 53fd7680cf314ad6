"""JSON as lines: the same value, whatever it is."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from widgets.flow import Flow
from widgets.json_lines import inline_json, json_items, pretty
from widgets.lines import Fold, all_lines

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5),
    max_leaves=25,
)


def shown(value: Any, **options: Any) -> str:
    return "\n".join(each.text for each in all_lines(json_items(value, **options)))


@given(JSON)
def test_all_lines_together_are_the_value(value: Any) -> None:
    assert json.loads(shown(value)) == value


@given(JSON)
def test_reading_for_people_never_fails(value: Any) -> None:
    assert isinstance(shown(value, prose=True), str)
    assert len(inline_json(value, 50)) <= 51


def test_a_string_of_lines_reads_as_text() -> None:
    assert shown({"note": "one\ntwo"}, prose=True) == "note: 2 lines\none\ntwo"


def test_small_things_stand_in_one_line() -> None:
    assert shown({"a": {"b": 1, "c": "x"}, "d": []}) == '{\n"a": {"b": 1, "c": "x"},\n"d": []\n}'


def test_very_many_members_come_in_groups() -> None:
    flow = Flow(json_items(list(range(100_000))))
    assert len(flow.entries) == 202
    flow.toggle(1)
    assert flow.entries[2].line.text == "0,"


def test_nesting_beyond_all_reason_opens_step_by_step() -> None:
    deep: list[Any] = []
    for _ in range(5_000):
        deep = [deep, 1]
    flow = Flow(json_items(deep))
    assert len(flow.entries) < 20
    assert pretty(deep).startswith("(")


def test_numbers_too_long_to_write_are_described() -> None:
    assert "bits" in shown([10**5_000])


def test_a_long_string_waits_behind_its_beginning() -> None:
    head = json_items("word " * 2_000)[0]
    assert isinstance(head, Fold)
    assert not head.open
    assert head.shown_header.text == '"word word word word word word word word word wor… 10.0 kB'
    assert head.copied() == "word " * 2_000
