"""Sessions by the thousand: bounded in what is kept of them, and in what keeping it so costs."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from tessen.reading import sessions
from tessen.reading.facts import Facts, facts_of
from tessen.reading.full_pass import full_pass
from tessen.reading.places import Place
from tessen.reading.rollup import Rollup
from tessen.reading.scan import expect_many
from tessen.reading.sessions import Session
from tessen.reading.tools import Asked, Call, read_call
from tests.logs import NOW, make_event, write_log


def event_asking(number: int, session: int, arguments: object) -> dict[str, Any]:
    """A call that asks for a tool."""
    block = {"type": "tool_use", "id": f"t{number}", "name": "search", "input": {"of": arguments}}
    answer = {"content": [block], "stop_reason": "tool_use"}
    return make_event(number, "support", NOW + number, session_id=f"{session:032x}", casted_response=answer)


def asking(number: int, session: int, arguments: object) -> Facts:
    """The same, read."""
    return facts_of(event_asking(number, session, arguments))


def test_tool_calls_of_many_sessions_are_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """All go on at once; the first goes round in circles, which is remembered."""
    monkeypatch.setattr(sessions, "_ALL_TOOLS", 200)
    looked_at: list[Session] = []
    forget = Session.forget_calls
    monkeypatch.setattr(Session, "forget_calls", lambda one: looked_at.append(one) or forget(one))
    rollup = Rollup()
    for number in range(1_500):
        session = number % 30
        rollup.add(asking(number, session, "same" if session == 0 else number))
    (found,) = (each for each in rollup.report()["findings"] if each["kind"] == "tool_loop")
    assert "50 times" in found["says"]
    assert sum(len(session.calls) for session in rollup.sessions.values()) <= 200
    assert len(looked_at) <= 1_500  # a session at most for each call, and not all for each


def test_asking_what_was_repeated_changes_nothing() -> None:
    """A tool call is kept as it was read: parsed, or as it stands in the line. Both are the same one."""
    as_it_stands: Asked = (b"search", b'{"of": "same"}')
    parsed: Call = read_call(as_it_stands)
    session = Session("support", NOW)
    for number, call in enumerate((as_it_stands, parsed, parsed, as_it_stands)):
        session.take_tool(call, (float(number), b"%d" % number), 5)
    for _ in range(3):
        found = session.loop()
        assert found is not None
        call, repeats = found
        assert (call, repeats.times, repeats.events) == (parsed, 4, [b"0", b"1", b"2", b"3"])


def test_long_arguments_are_not_kept(tmp_path: Path) -> None:
    """They may be whole files; a call with the same ones is known all the same."""
    texts = [f"{number} {'x' * 10_000}" for number in range(100)]
    events = [event_asking(number, 1, text) for number, text in enumerate([*texts, *["same" * 2_500] * 50])]
    folder = write_log(tmp_path, events)
    expect_many()
    rollup = full_pass([Place("support", tuple(folder.glob("*/*.jsonl")))], Rollup(), workers=1)
    assert len(pickle.dumps(rollup)) < 100 * 1_000
    (found,) = (each for each in rollup.report()["findings"] if each["kind"] == "tool_loop")
    assert "50 times" in found["says"]
