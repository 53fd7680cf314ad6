"""Leaving out of a search what was searched before changes nothing but the time it takes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from anthropic import Anthropic
from hypothesis import example, given, settings
from hypothesis import strategies as st

from capture.scripted import ScriptedServer
from tessen import _log
from tessen._event import Error, Event, line
from tessen._history import History, _without_known
from tessen._redact import _sought, clean_event, clean_line
from tests.tessen.conftest import ANTHROPIC_KEY, Log

OWN = "own-secret-of-9876"
LONG = "word " * 1000
"""A shorter request is searched as a whole."""

PIECES = st.sampled_from(
    (
        *("sk-", "ant-api03-AbCdEf0123456789", "AIza", "SyA0123456789012345678901234567890ab", OWN, OWN[:9]),
        *(
            "eyJhbGciOiJIUzI1.",
            "eyJzdWIiOiIxMjM0.",
            "c2lnbmF0",
            "Bearer ",
            "bearer ",
            "abcdefgh12345678",
            "Basic ",
        ),
        *(
            "dXNlcjpwYXNzLW9m",
            "?key=",
            "token=",
            "&sig=",
            "KEY=",
            "%3D",
            "://",
            "user:",
            "@host",
            "authorization",
        ),
        *(
            "x-api-key",
            "auth_token",
            "mcp_servers",
            "server_url",
            '"',
            '":"',
            '","',
            '"}',
            "\\",
            ":",
            " ",
            ",",
            "}]",
        ),
        *("\\u0073k-", "[redacted]", "words", "-", "=", "z"),
    )
)
TEXTS = st.lists(PIECES, max_size=8).map("".join)
MESSAGES = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 60) | st.just(10_000)), min_size=1, max_size=4
)  # which text, and how many of its characters


def event_of(request: bytes, answer: bytes = b'{"content":"yes"}', session: str = "one") -> Event:
    """An event with these bodies."""
    nothing: dict[str, Any] = dict.fromkeys(Event._fields)
    told = {
        **{"event_id": "e", "session_id": session, "agent_name": "a", "ts": 1.0, "tier": 1, "provider": "p"},
        **{"http_method": "POST", "http_url": "u", "duration_ms": 1.0, "streamed": False, "attempts": ()},
        **{"request_body": request, "casted_response": answer, "response_headers": {}, "outcome": "complete"},
    }
    return Event(**{**nothing, **told, "quality_signals": ()})


def cleaned(history: History, event: Event) -> bytes:
    """The event's line, with what the history saves."""
    return clean_event(line(event), event, frozenset({OWN}), (), history)


@given(
    texts=st.lists(TEXTS, min_size=4, max_size=4),
    calls=st.lists(st.tuples(MESSAGES, TEXTS, TEXTS), min_size=2, max_size=5),
    spaced=st.booleans(),
)
@example(  # the key stands far from what makes it one
    texts=["mcp_servers"] * 4,
    calls=[([(0, 99)], "", ""), ([(0, 99)], "", '"x-api-key":"abcdefgh1"')],
    spaced=False,
)
@example(  # only half of it was there before
    texts=["sk-ant-api03-AbCdEf0123456789"] * 4,
    calls=[([(0, 9)], "", ""), ([(0, 99)], "", "")],
    spaced=False,
)
@example(  # a name in capitals counts only where another name is in small letters
    texts=["?API_KEY=abcdefgh1"] * 4,
    calls=[([(0, 99)], "", ""), ([(0, 99)], "", "token=")],
    spaced=True,
)
@example(  # a quotation mark within a string ends none
    texts=['mcp_servers "x-api-key":",abcdefgh12345678"'] * 4,
    calls=[([(0, 29)], "", ""), ([(0, 99)], "", "")],
    spaced=False,
)
@example(  # nor does the one at the end of a name
    texts=["mcp_servers"] * 4,
    calls=[([(0, 99)], "x-api-key", "abc"), ([(0, 99)], "x-api-key", "abcdefgh1")],
    spaced=False,
)
@settings(max_examples=150)
def test_a_line_is_cleaned_as_if_nothing_were_known(
    texts: list[str], calls: list[tuple[list[tuple[int, int]], str, str]], spaced: bool
) -> None:
    """Whatever is appended, cut, changed or taken back from one call to the next."""
    history = History()
    separators = (", ", ": ") if spaced else (",", ":")
    for messages, tool, answer in calls:
        request = {
            "system": LONG,
            "messages": [{"role": "user", "content": texts[which][:many]} for which, many in messages],
            "tools": [{"name": tool, "headers": {tool: answer}}, {"description": LONG}],
        }
        body = json.dumps(request, separators=separators).encode()
        event = event_of(body, json.dumps({"content": answer}).encode())
        assert cleaned(history, event) == clean_line(line(event), (OWN,), ())


def conversation(*said: str) -> bytes:
    messages = [{"role": "user", "content": text} for text in said]
    return json.dumps(
        {"messages": messages, "tools": [{"name": "look", "description": LONG}]}, separators=(",", ":")
    ).encode()


def test_only_what_is_new_is_searched() -> None:
    before, now = conversation(LONG, "first"), conversation(LONG, "first", "second")
    for request in (now, before):
        event = event_of(request)
        left = _without_known(line(event), request, before)
        assert len(left) < len(line(event_of(b'{"content":"second"}'))) + 60
    assert b"second" in _without_known(line(event_of(now)), now, before)


def test_a_request_without_strings_is_searched_whole() -> None:
    request = f"[{'1,' * 3000}1]".encode()
    event = event_of(request)
    assert _without_known(line(event), request, request) == line(event)


def test_a_conversation_with_a_secret_is_known_again_once_it_is_rid_of_it() -> None:
    history = History()
    secret, clean = (conversation(LONG, text) for text in (f"mine is {OWN}", "never mind"))

    def shows_clean(request: bytes) -> bool:
        event = event_of(request)
        return history.shows_clean(line(event), request, "one", _sought(frozenset({OWN})))

    assert [shows_clean(clean), shows_clean(secret)] == [True, False]
    assert OWN.encode() not in cleaned(history, event_of(secret))
    assert not shows_clean(clean)  # it is not even looked at
    assert cleaned(history, event_of(clean)) == line(event_of(clean))
    assert shows_clean(clean)


def test_of_another_session_nothing_is_known() -> None:
    history = History()
    for session in map(str, range(20)):
        event = event_of(conversation(LONG, f"{session} says sk-ant-api03-AbCdEf0123456789"), session=session)
        assert b"AbCdEf" not in cleaned(history, event)


def test_a_conversation_that_comes_to_hold_secrets(
    log: Log, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One by its looks, and one that the environment holds only from then on."""
    monkeypatch.setattr(_log, "ENVIRONMENT_FOR", -1.0)  # it is looked at anew for each call
    client = Anthropic(api_key=ANTHROPIC_KEY, base_url=server.url, max_retries=0)
    said: list[Any] = [{"role": "user", "content": f"{LONG} and {OWN}"}]
    for text in ("nothing", "mine is sk-ant-api03-AbCdEf0123", "nothing again", "and then nothing"):
        said = [*said, {"role": "assistant", "content": "I see"}, {"role": "user", "content": text}]
        client.messages.create(model="claude-haiku-4-5", max_tokens=9, messages=said)
    client.messages.create(model="claude-haiku-4-5", max_tokens=9, messages=said[:3])
    monkeypatch.setenv("OWN_TOKEN", OWN)
    client.messages.create(model="claude-haiku-4-5", max_tokens=9, messages=said[:3])
    lines = log.lines()
    assert [each.count(b"[redacted]") for each in lines] == [0, 1, 1, 1, 0, 1]
    assert [OWN.encode() in each for each in lines] == [True, True, True, True, True, False]


def test_a_refused_header_that_a_conversation_quotes_hides_nothing_behind_it() -> None:
    """It is taken out of a failed call, whose line is shorter then than its request says."""
    quoted = f"why this: Illegal header value b'{'x' * 400}'"
    asked = event_of(conversation("hello"))
    failed = event_of(conversation("hello", quoted), json.dumps({"content": OWN}).encode())
    failed = failed._replace(error=Error("E", "m", "", None, b"null", {}))
    history = History()
    cleaned(history, asked)
    said = cleaned(history, failed)
    assert OWN.encode() not in said
    assert b"xxxx" not in said
