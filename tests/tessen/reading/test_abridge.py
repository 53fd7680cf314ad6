"""Lines abridged: still JSON, told as whole only where that holds, and refused only where they are none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tessen._cut import longer
from tessen.reading import abridge, tokens
from tessen.reading.abridge import Abridged, abridged

TEXTS = st.text(st.sampled_from('ab"\\/\n\t\x7f é€\U0001f600'), max_size=60)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=12) | st.dictionaries(TEXTS, inner, max_size=8),
    max_leaves=60,
)
LIMITS = {"_ROOM": 400, "_VALUES": 40, "LONGEST_TEXT": 30, "_LEAST_TEXT": 8, "_LONGEST_KEY": 10}


def abridge_bytes(data: bytes, *, strict: bool = False) -> Abridged:
    return abridged(lambda start, stop: data[start:stop], 0, len(data), strict=strict)


def written(value: Any, *, ascii: bool, spaces: bool) -> bytes:
    separators = (" , ", " : ") if spaces else (",", ":")
    text = json.dumps(value, ensure_ascii=ascii, separators=separators)
    return text.encode()


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(TEXTS, VALUES, max_size=6), st.booleans(), st.booleans(), st.integers(8, 70))
def test_what_is_left_is_json_and_says_what_is_whole(
    value: dict[str, Any], ascii: bool, spaces: bool, window: int
) -> None:
    data = written(value, ascii=ascii, spaces=spaces)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "_WINDOW", window)
        patch.setattr(tokens, "_LONGEST", 25)  # digits of a float
        everything = abridge_bytes(data)
        for name, limit in LIMITS.items():
            patch.setattr(abridge, name, limit)
        left = abridge_bytes(data)
        assert abridge_bytes(data, strict=True) == left
    assert json.loads(everything.line) == value
    assert all(member.whole for member in everything.members.values())
    kept = json.loads(left.line)
    for name, member in left.members.items():
        whole = json.loads(data[member.start : member.stop])
        assert (kept[name] == whole) == member.whole
        assert "bytes more" in name or value[name] == whole


@settings(max_examples=120, deadline=None)
@given(st.text(st.sampled_from('{}[],:" 10-.eE+\\untrfalsn'), max_size=14), st.booleans())
def test_it_refuses_what_is_no_json(text: str, nested: bool) -> None:
    data = (f'{{"a": [{text}, 1]}}' if nested else text).encode()

    def taken(read: Any) -> bool:
        try:
            read(data)
        except ValueError:
            return False
        return True

    assert taken(abridge_bytes) == taken(json.loads)


@pytest.mark.parametrize("depth", [10, 800, 2_000])
def test_depth_is_bounded(depth: int) -> None:
    data = b"[" * depth + b"]" * depth
    if depth < 1_000:
        assert abridge_bytes(data).line == data
    else:
        with pytest.raises(RecursionError):
            abridge_bytes(data)


def test_a_member_behind_a_large_one_finds_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_WINDOW", 1_000)
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "x" * 500, "n": n}]} for n in range(20_000)
    ]
    value = {
        "request": {"messages": messages, "model": "m"},
        "answer": {"content": "y" * 9_000_000, "usage": 7},
    }
    kept = json.loads(abridge_bytes(json.dumps(value).encode()).line)
    assert kept["request"]["messages"][0] == messages[0]
    assert kept["request"]["messages"][-1] == messages[-1]
    assert 0 < len(kept["request"]["messages"]) < 5_000
    assert (kept["request"]["model"], kept["answer"]["usage"]) == ("m", 7)
    text = kept["answer"]["content"]
    assert len(text) + longer(text) == 9_000_000


def test_texts_that_differ_in_what_is_left_out_differ() -> None:
    one, other = (
        json.loads(abridge_bytes(json.dumps({"a": "x" * 3_000_000 + end}).encode()).line) for end in "yz"
    )
    assert one["a"][:1000] == other["a"][:1000]
    assert one != other


def test_what_is_left_out_is_looked_at_where_it_is_passed_on() -> None:
    data = b'{"a": "%b\\x", "b": NaN}' % (b"x" * 3_000_000)
    assert json.loads(abridge_bytes(data).line)["a"].startswith("xxx")
    for spoiled in (data, data.replace(b"\\x", b"\t"), b'{"b": NaN}'):
        with pytest.raises(ValueError, match=" at "):
            abridge_bytes(spoiled, strict=True)
