"""Calls of Gemini's whose arguments come in pieces, put together as they would have come in one."""

from __future__ import annotations

from typing import Any

import pytest

from tessen.vendors.gemini_candidate import Candidate


def text(path: str, *pieces: str) -> list[dict[str, Any]]:
    return [{"jsonPath": path, "stringValue": piece, "willContinue": True} for piece in pieces]


def parts(*added: dict[str, Any]) -> Any:
    candidate = Candidate()
    for part in added:
        candidate.add({"content": {"role": "model", "parts": [part]}})
    return candidate.body(0)["content"]["parts"]


def call(*pieces: dict[str, Any], more: bool = True, **rest: Any) -> dict[str, Any]:
    going_on = {"willContinue": True} if more else {}
    return {"functionCall": {**rest, **({"partialArgs": list(pieces)} if pieces else {}), **going_on}}


def test_a_call_is_one_part() -> None:
    first, second = text("$.city", "Par", "is")
    days = {"jsonPath": "$.days", "numberValue": 3}
    added = parts(
        {**call(name="weather", id="1"), "thoughtSignature": "aGk="}, call(first), call(second, days)
    )
    assert added == [
        {
            "functionCall": {"name": "weather", "id": "1", "args": {"city": "Paris", "days": 3}},
            "thoughtSignature": "aGk=",
        }
    ]


def test_calls_follow_each_other_and_words() -> None:
    added = parts(
        {"text": "Let me "},
        {"text": "see."},
        call(*text("$.a", "x"), name="one"),
        call(more=False),
        call(*text("$.a", "y"), name="two", more=False),
        {"functionCall": {"name": "three", "args": {"a": "z"}}},
        {"text": "Done."},
    )
    assert [part.get("text") or part["functionCall"] for part in added] == [
        "Let me see.",
        {"name": "one", "args": {"a": "x"}},
        {"name": "two", "args": {"a": "y"}},
        {"name": "three", "args": {"a": "z"}},
        "Done.",
    ]


def test_where_values_stand() -> None:
    values = [
        *text("$.order.lines[0].id", "A-", "17"),
        {"jsonPath": "$.order.lines[1].gift", "boolValue": False},
        {"jsonPath": "$['two words']", "nullValue": "NULL_VALUE"},
    ]
    (part,) = parts(call(*values, name="f", more=False))
    lines = [{"id": "A-17"}, {"gift": False}]
    assert part["functionCall"]["args"] == {"order": {"lines": lines}, "two words": None}


@pytest.mark.parametrize("path", ["$..a", "$.a[9]", "$.s.x", "$.s[0]", "$", "", "a", "$.l.x"])
def test_a_value_that_has_no_place_stands_under_its_path(path: str) -> None:
    values = [*text("$.s", "text"), *text("$.l[0]", "item"), *text(path, "o", "dd")]
    (part,) = parts(call(*values, name="f", more=False))
    assert part["functionCall"]["args"][path] == "odd"
    assert part["functionCall"]["args"]["s"] == "text"
