"""Telling that no tool call makes a loop: never of those that do, and mostly of those that do not."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from tessen.reading.evidence import first_and_newest
from tessen.reading.repeats import may_repeat
from tessen.reading.sessions import LOOP
from tessen.reading.tools import Asked, call_of

VALUES = (
    *({"order_id": "A-731096", "limit": 5}, {"price": 1.5, "of": [0, -3, 100.0]}),
    *({"text": 'no\n\t"C:\\new"'}, {"who": "5 €", "url": "https://a/b"}, {}, {"half": 0.1}),
    *({"nested": {"b": [{"x": 1, "a": None}], "a": True}}, {"commit": "4e21ab09", "at": 1e21}),
    *({"big": 12345678901234567890}, {"small": 1e-7}),
)


def spelled(value: Any, rng: random.Random) -> str:
    """JSON of the value, in one of the ways it can be written."""
    if isinstance(value, dict):
        members = [
            f"{spelled(key, rng)}{gap(rng)}:{gap(rng)}{spelled(each, rng)}" for key, each in value.items()
        ]
        rng.shuffle(members)
        return f"{{{gap(rng)}{f'{gap(rng)},{gap(rng)}'.join(members)}{gap(rng)}}}"
    if isinstance(value, list):
        return f"[{gap(rng)}{f'{gap(rng)},'.join(spelled(each, rng) for each in value)}]"
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=rng.random() < 0.5)
        return text.replace("/", rng.choice(("/", "\\/")))
    if isinstance(value, float):
        exact = [each for each in (f"{value:e}", f"{value:.20f}", f"{value:.1f}") if float(each) == value]
        return rng.choice((repr(value), *exact))
    return json.dumps(value)


def gap(rng: random.Random) -> str:
    return rng.choice(("", "", " ", "\n  ", "\t"))


def asked(value: Any, rng: random.Random) -> Asked:
    """A call of a tool with these arguments, as an object or as a string that holds it."""
    text = spelled(value, rng)
    return b"search", (json.dumps(text) if rng.random() < 0.5 else text).encode()


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_one_call_however_it_is_written(value: Any) -> None:
    rng = random.Random(5)
    for _ in range(1_000):
        calls = {asked(value, rng): (1.0, b"event") for _ in range(rng.choice((2, 5)))}
        assert len({call_of(call) for call in calls}) == 1
        assert len(calls) == 1 or may_repeat(calls, len(calls) - 1)


def test_one_call_beside_others() -> None:
    others = {(b"search", b'{"order_id":"B-%d"}' % number): (1.0, b"event") for number in range(50)}
    same = {
        (b"search", b'{"limit":5,%b"order_id":"A-7"}' % (b" " * n)): (1.0, b"event") for n in range(LOOP + 1)
    }
    assert may_repeat(others | same, LOOP)
    repeated = first_and_newest(5)
    for number in range(LOOP + 1):
        repeated.take((float(number), b"event"))
    assert may_repeat(others | {(b"search", b"{}"): repeated}, LOOP)


def test_calls_that_were_read_are_not_judged() -> None:
    calls = {call_of((b"search", b'{"order_id":%d}' % number)): (1.0, b"event") for number in range(9)}
    assert may_repeat(calls, LOOP)


def test_different_calls() -> None:
    """Of ten at a time, which is what saves reading them; as many of another tool make no difference."""
    rng = random.Random(5)
    told = 0
    for _ in range(100):
        calls = {
            (name, b'{"id": %d}' % rng.randrange(10**6)): (1.0, b"e")
            for name in (b"a", b"b")
            for _ in range(10)
        }
        told += not may_repeat(calls, LOOP)
    assert told >= 50
    assert not may_repeat({(b"a", b'{"same": 1}'): (1.0, b"e"), (b"a", b'{"same":1}'): (1.0, b"e")}, LOOP)
