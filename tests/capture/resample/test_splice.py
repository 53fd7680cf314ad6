"""Changing a request's bytes only where its values change."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.resample.splice import spliced

VALUES = st.none() | st.integers() | st.text(max_size=5) | st.lists(st.booleans(), max_size=3)
OBJECTS = st.dictionaries(st.text(max_size=5), VALUES, max_size=4)


@pytest.mark.parametrize(
    ("body", "changes", "expected"),
    [
        ('{ "a" : 1 , "model":"x"}', {"model": "y"}, '{ "a" : 1 , "model":"y"}'),
        (
            '{"a":{"model":"x"},"é":"\\u00e9"}',
            {"model": "ÿ"},
            '{"a":{"model":"x"},"é":"\\u00e9","model":"ÿ"}',
        ),
        ("{}", {"a.b": 1}, '{"a":{"b":1}}'),
        ('{"a": {"b": 1, "c": [1, 2]} }', {"a.b": 2.5}, '{"a": {"b": 2.5, "c": [1, 2]} }'),
        ('{"t":1,"t":2}', {"t": 3}, '{"t":3,"t":3}'),
    ],
)
def test_the_rest_keeps_its_bytes(body: str, changes: dict[str, Any], expected: str) -> None:
    assert spliced(body.encode(), changes).decode() == expected


@pytest.mark.parametrize("body", [b"[1]", b"", b"\xff"])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        spliced(body, {"a": 1})


@settings(max_examples=50, deadline=None)
@given(OBJECTS, st.text(max_size=5).filter(lambda name: "." not in name), VALUES)
def test_it_means_what_setting_the_value_means(before: dict[str, Any], name: str, value: Any) -> None:
    for indent in (None, 2):
        after = spliced(json.dumps(before, indent=indent).encode(), {name: value})
        assert json.loads(after) == before | {name: value}


@pytest.mark.parametrize(
    ("body", "without", "expected"),
    [
        ('{"a":1, "b":2 ,"c":3}', ["b"], '{"a":1 ,"c":3}'),
        ('{ "a":1, "b":2}', ["a"], '{ "b":2}'),
        ('{"a":1,"b":2}', ["a", "b"], "{}"),
    ],
)
def test_members_are_taken_out_with_their_comma(body: str, without: list[str], expected: str) -> None:
    assert spliced(body.encode(), {}, without).decode() == expected
