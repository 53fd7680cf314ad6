"""A production session from the log: rebuilt as a trajectory, opened from an event, gone back from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from screens.inspector import InspectorScreen
from screens.launch import LaunchScreen
from screens.session import SessionScreen
from tests.logs import NOW, answer, make_event, write_log
from tests.running import running, shows, until
from tests.screen_text import text_of

ASKED = {"role": "user", "content": "Where is order A-17?"}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "search_orders", "input": {"order_id": "A-17"}}
LOOKED = [
    ASKED,
    {"role": "assistant", "content": [{"type": "text", "text": "Let me look."}, CALL]},
    {
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "four days late"}],
    },
]


def call(number: int, messages: list[Any], said: list[Any], ts: float) -> dict[str, Any]:
    body = {"model": "claude-haiku-4-5", "max_tokens": 512, "messages": messages}
    answered = {**answer(""), "content": said}
    return make_event(number, "support", ts, session_id="5" * 32, request_body=body, casted_response=answered)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A session of two calls of a conversation, and a call of another session after it."""
    first = call(1, [ASKED], [{"type": "text", "text": "Let me look."}, CALL], NOW - 60)
    second = call(2, LOOKED, [{"type": "text", "text": "It is \x1b[31mlate."}], NOW - 50)
    return write_log(tmp_path / "logs", [first, second, make_event(3, "support", NOW - 40, session_id="")])


async def test_s_opens_the_whole_session_at_the_event(logs: Path) -> None:
    async with running(logs, (120, 40)) as (app, pilot):
        await pilot.press("s")
        await shows(pilot, "this event has no session id")
        await pilot.press("k", "k", "s")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        await shows(pilot, "step 2/3 · turn 1")
        for words in (
            "Session of support",
            "2 calls",
            "Where is order A-17?",
            "search_orders",
            "four days late",
        ):
            await shows(pilot, words)
        assert text_of(app).count("four days late") == 1
        assert "\x1b" not in text_of(app)
        await pilot.press("right_square_bracket")
        await shows(pilot, "step 3/3 · turn 2")
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, InspectorScreen))
        await shows(pilot, "2/2")
        await pilot.press("escape", "r")
        await until(pilot, lambda: isinstance(app.screen, LaunchScreen))
        await pilot.press("escape", "escape")
        await until(pilot, lambda: not isinstance(app.screen, SessionScreen))


async def test_the_inspector_opens_it_too(logs: Path) -> None:
    async with running(logs) as (app, pilot):
        await pilot.press("k", "enter")
        await until(pilot, lambda: isinstance(app.screen, InspectorScreen))
        await shows(pilot, "2/2")
        await pilot.press("s")
        await shows(pilot, "step 3/3 · turn 2")
