"""Looking for a text only in what is new in a request finds it wherever it stands."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from google import genai
from hypothesis import example, given, settings
from hypothesis import strategies as st

from capture.scripted import ScriptedServer
from tessen import _json, _repeated
from tessen._repeated import holds
from tests.tessen.conftest import Log

LONG = b"word " * 1000
"""A shorter request is searched as a whole."""
PIECES = st.sampled_from((b"NaN", b"Na", b"N", b":", b",", b"]", b" ", b"-Infin", b"ity", b"}", b"words"))
TEXTS = st.lists(PIECES, max_size=6).map(b"".join)


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_repeated, "_known", [None] * _repeated.KEPT)


@given(requests=st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=2, max_size=5))
@example(requests=[(b"", b"", b""), (b":NaN", b"", b","), (b":NaN", b"", b",")])
@example(requests=[(b":Na", b"", b""), (b":NaN,", b"", b""), (b":NaN", b"", b"")])
@example(requests=[(b"", b"", b"aN,"), (b":N", b"", b"aN,"), (b"", b"", b":NaN,")])
@settings(max_examples=150)
def test_it_is_found_as_in_the_whole_request(requests: list[tuple[bytes, bytes, bytes]]) -> None:
    """Whatever is appended, cut, changed or taken back from one request to the next."""
    for begin, middle, end in requests:
        request = b"".join((LONG, begin, LONG, middle, LONG, end, LONG))
        for _ in range(2):
            assert holds(request, _json.names_no_number) == _json.names_no_number(request)


def test_only_what_is_new_is_searched() -> None:
    searched: list[int] = []

    def names(data: bytes) -> bool:
        searched.append(len(data))
        return b"key" in data

    for said in (b"", b" one", b" one two", b" one two", b" one two key", b" one two three"):
        request = b"".join((LONG, said, b"."))
        assert holds(request, names) == (b"key" in request)
    whole = len(LONG) + len(" one two three.")
    assert searched[0] > len(LONG)
    assert max(searched[1:5]) < 60
    assert searched[5] == whole  # the text stood in the one before


@pytest.mark.parametrize("text", ["NaN", "is NaN.", "x=NaN\n", "-Infinity", "(Infinity)"])
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_a_number_that_is_none_is_told_from_a_text(text: str, separators: tuple[str, str]) -> None:
    for value in (math.nan, math.inf, -math.inf):
        for holder in ({"a": value}, {"a": [value]}, {"a": [1, value, 1]}, {"a": value, "b": 1}):
            for indent in (None, 2):
                body = json.dumps(holder, separators=separators, indent=indent).encode()
                assert _json.names_no_number(body)
    body = json.dumps({"NaN": text, "Infinity": [text]}, separators=separators).encode()
    assert not _json.names_no_number(body)


def test_a_conversation_in_which_a_number_is_none(log: Log, server: ScriptedServer) -> None:
    """The SDK sends what is not JSON, in a history that was JSON before; each line of the log is."""
    client = genai.Client(api_key="AIza" + "0" * 35, http_options={"base_url": server.url})
    contents: list[Any] = [{"role": "user", "parts": [{"text": f"{LONG.decode()} NaN, Infinity"}]}]
    for number in (1.0, math.nan, 2.0):
        call = {"function_call": {"name": "look", "args": {"at": number}}}
        answer = {"function_response": {"name": "look", "response": {"seen": "nothing"}}}
        contents += [{"role": "model", "parts": [call]}, {"role": "user", "parts": [answer]}]
        client.models.generate_content(model="gemini-2.5-flash", contents=contents)
    events = [json.loads(line, parse_constant=pytest.fail) for line in log.lines()]
    assert [isinstance(event["request_body"], dict) for event in events] == [True, False, False]
    assert "NaN" in events[1]["request_body"]
