import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessen import _json

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


@given(json_values, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_json_in_is_the_same_json_on_one_line(value: Any, indent: Any, ascii_only: bool) -> None:
    try:
        body = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()
    except UnicodeEncodeError:  # a lone surrogate, which only its escape can carry
        body = json.dumps(value, indent=indent).encode()
    fragment, parsed = _json.fragment(body)
    assert b"\n" not in fragment
    assert b"\r" not in fragment
    assert json.loads(fragment) == parsed == value


@given(st.binary())
def test_any_bytes_become_one_line_of_json(body: bytes) -> None:
    fragment, value = _json.fragment(body)
    assert b"\n" not in fragment
    assert json.loads(fragment) == value


def test_the_bytes_of_a_body_are_kept_as_they_were() -> None:
    body = b'{"a": 1.50, "a": 1e5,\r\n "b": "\\u00e9\\/", "c": 12345678901234567890}'
    assert _json.fragment(body)[0] == body.replace(b"\r\n", b"  ")


@pytest.mark.parametrize("body", [b"NaN", b'{"a": Infinity}', b"{", b"\xff\xfe{}", b'"a\nb"', b"[" * 100_000])
def test_what_is_not_json_becomes_a_string(body: bytes) -> None:
    fragment, value = _json.fragment(body)
    assert isinstance(value, str)
    assert json.loads(fragment) == value


def test_what_json_cannot_hold_is_represented() -> None:
    circular: list[Any] = [1]
    circular.append(circular)
    value = {"nan": math.nan, "b": b"abc", "o": object(), "s": "\ud800", 3: {1}, "c": circular}
    written = json.loads(_json.dumps(value))
    assert written["nan"] == "nan"
    assert written["b"] == "<3 bytes>"
    assert written["o"].startswith("<object object")
    assert written["s"] == "\ud800"
    assert written["3"] == [1]
    assert written["c"] == [1, "<circular>"]


def test_too_deep_is_said() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    assert b"<too deep>" in _json.dumps(deep)


def test_an_object_of_one_long_word_is_named() -> None:
    class Blob:
        def __repr__(self) -> str:
            return "x" * 2_000

    assert _json.represent(Blob()) == "<Blob>"


def test_an_object_that_fails_at_being_represented_is_named() -> None:
    class Hostile:
        def __repr__(self) -> str:
            raise RuntimeError

    assert json.loads(_json.dumps({"a": [Hostile(), 1]})) == {"a": ["<Hostile that cannot be read>", 1]}
