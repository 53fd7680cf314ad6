"""Sessions by the thousand: bounded in what is kept of them, and in what keeping it so costs."""

from __future__ import annotations

import pytest

from tessen.reading import sessions
from tessen.reading.facts import Facts, facts_of
from tessen.reading.rollup import Rollup
from tessen.reading.sessions import Session
from tessen.reading.tools import Asked, Call, read_call
from tests.logs import NOW, make_event


def asking(number: int, session: int, arguments: object) -> Facts:
    """A call that asks for a tool."""
    block = {"type": "tool_use", "id": f"t{number}", "name": "search", "input": {"of": arguments}}
    answer = {"content": [block], "stop_reason": "tool_use"}
    return facts_of(
        make_event(number, "support", NOW + number, session_id=f"{session:032x}", casted_response=answer)
    )


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
    for event, call in (((1.0, b"1"), as_it_stands), ((2.0, b"2"), parsed), ((3.0, b"3"), as_it_stands)):
        session.take_tool(call, event, 5)
    for _ in range(3):
        found = session.most_repeated()
        assert found is not None
        call, repeats = found
        assert (call, repeats.times, repeats.events) == (parsed, 3, [b"1", b"2", b"3"])
