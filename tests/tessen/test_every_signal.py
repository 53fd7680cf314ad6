"""Every signal of the log format: what fires it through a real SDK, and what nearly does and must not."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, NamedTuple

import anthropic
import openai
import pytest

from capture.scripted import Answer, ErrorAnswer, ScriptedServer, ToolCall, Usage
from tessen import _recorder
from tessen.signals import SIGNALS

QUESTION: Any = [{"role": "user", "content": "hello"}]
MESSAGE: Any = {"model": "claude-haiku-4-5", "max_tokens": 9, "messages": QUESTION}
MARKED: Any = [{"type": "text", "text": "rules", "cache_control": {"type": "ephemeral"}}]
CHAT: Any = {"model": "gpt-5-mini", "messages": QUESTION}


class Case(NamedTuple):
    """One call, and the signals that its event is to have."""

    ask: Callable[[Any], Any]
    answers: list[Answer | ErrorAnswer]
    signals: list[str]


def claude(clients: Any) -> None:
    with contextlib.suppress(anthropic.APIStatusError):
        clients.anthropic().messages.create(**MESSAGE)


def claude_marked(clients: Any) -> None:
    clients.anthropic().messages.create(**MESSAGE, system=MARKED)


def claude_with_a_retry(clients: Any) -> None:
    clients.anthropic(max_retries=1).messages.create(**MESSAGE)


def claude_at_a_closed_port(clients: Any) -> None:
    with pytest.raises(anthropic.APIConnectionError):
        clients.anthropic(base_url="http://127.0.0.1:1").messages.create(**MESSAGE)


def claude_after(calls: int) -> Callable[[Any], None]:
    """A streamed call of an agent whose earlier ones, so many, had their first token in a millisecond."""

    def ask(clients: Any) -> None:
        recorder = _recorder.active
        assert recorder is not None
        for _ in range(calls):
            recorder.log.pace.is_slow("agent", MESSAGE["model"], 1.0)
        list(clients.anthropic().messages.create(**MESSAGE, stream=True))

    return ask


def gpt(clients: Any) -> None:
    with contextlib.suppress(openai.APIStatusError):
        clients.openai().chat.completions.create(**CHAT)


def gpt_left_early(clients: Any) -> None:
    with clients.openai().chat.completions.create(**CHAT, stream=True) as stream:
        next(stream)


def gpt_read_to_the_end(clients: Any) -> None:
    with clients.openai().chat.completions.create(**CHAT, stream=True) as stream:
        list(stream)


def refused(status: int, signal: str, ask: Any = claude, **more: Any) -> Case:
    return Case(ask, [ErrorAnswer(status, **more)], [signal])


def answered(answer: Answer, *signals: str, ask: Any = claude) -> Case:
    return Case(ask, [answer], list(signals))


BROKEN = ToolCall("find", raw_arguments='{"id": "A-1')
SOUND = ToolCall("find", {"id": '{"A-1'})
WORDS = Answer(text="It is on its way to you, and will be there by the evening of tomorrow.")
PAUSED = ErrorAnswer(500, retry_after=0.01)

CASES: dict[str, tuple[Case, Case]] = {
    "rate_limited": (
        refused(429, "rate_limited"),
        answered(Answer(text="429 Too Many Requests: rate_limit_error")),
    ),
    "overloaded": (refused(529, "overloaded"), refused(503, "server_error", message="Overloaded")),
    "auth_error": (refused(401, "auth_error"), refused(407, "client_error")),
    "permission_denied": (refused(403, "permission_denied"), refused(451, "client_error")),
    "not_found": (refused(404, "not_found", gpt), refused(410, "client_error", gpt)),
    "conflict": (refused(409, "conflict", gpt), refused(412, "client_error", gpt)),
    "unprocessable": (refused(422, "unprocessable", gpt), refused(424, "client_error", gpt)),
    "invalid_request": (refused(400, "invalid_request"), refused(402, "client_error")),
    "connection_error": (
        Case(claude_at_a_closed_port, [], ["connection_error"]),
        refused(504, "server_error", message="upstream connect error: connection refused"),
    ),
    "server_error": (refused(502, "server_error"), refused(529, "overloaded")),
    "client_error": (refused(418, "client_error"), refused(429, "rate_limited")),
    "empty_content_on_end_turn": (
        answered(Answer(empty=True), "empty_content_on_end_turn"),
        answered(Answer(empty=True, stop="stop_sequence")),
    ),
    "empty_content_on_stop": (
        answered(Answer(empty=True), "empty_content_on_stop", ask=gpt),
        answered(Answer(tool_calls=[SOUND]), ask=gpt),
    ),
    "truncated_response": (
        answered(Answer(text="and the", stop="max_tokens"), "truncated_response"),
        answered(Answer(text="and the", stop="stop_sequence")),
    ),
    "refusal": (
        answered(Answer(refusal="I will not."), "refusal", ask=gpt),
        answered(Answer(text="I will not."), ask=gpt),
    ),
    "thinking_only_no_output": (
        answered(Answer(thinking="Hm.", stop="end_turn"), "thinking_only_no_output"),
        answered(Answer(thinking="Hm.", stop="pause_turn")),
    ),
    "invalid_tool_use_json": (
        Case(claude_after(0), [Answer(tool_calls=[BROKEN])], ["invalid_tool_use_json"]),
        Case(claude_after(0), [Answer(tool_calls=[SOUND])], []),
    ),
    "invalid_tool_call_json": (
        answered(Answer(tool_calls=[BROKEN]), "invalid_tool_call_json", ask=gpt),
        answered(Answer(tool_calls=[SOUND]), ask=gpt),
    ),
    "cache_control_set_but_no_cache_activity": (
        answered(WORDS, "cache_control_set_but_no_cache_activity", ask=claude_marked),
        answered(Answer(text="Yes.", usage=Usage(input=9, output=1, cache_write=5)), ask=claude_marked),
    ),
    "silent_retry": (
        Case(claude_with_a_retry, [PAUSED, WORDS], ["silent_retry"]),
        Case(claude_with_a_retry, [WORDS], []),
    ),
    "stream_abandoned": (
        answered(WORDS, "stream_abandoned", ask=gpt_left_early),
        answered(WORDS, ask=gpt_read_to_the_end),
    ),
    "slow_first_token": (
        Case(claude_after(10), [Answer(text="Yes.", ttft=1.1)], ["slow_first_token"]),
        Case(claude_after(9), [Answer(text="Yes.", ttft=1.1)], []),
    ),
}
"""By signal: what fires it, and what nearly does."""


def test_no_signal_is_without_its_cases() -> None:
    assert list(CASES) == [signal.name for signal in SIGNALS]
    for signal, (firing, nearly) in CASES.items():
        assert signal in firing.signals
        assert signal not in nearly.signals


@pytest.mark.parametrize("nearly", [False, True], ids=["fires", "nearly"])
@pytest.mark.parametrize("signal", CASES)
def test_a_signal(*, signal: str, nearly: bool, server: ScriptedServer, clients: Any, log: Any) -> None:
    case = CASES[signal][nearly]
    server.enqueue(*case.answers)
    case.ask(clients)
    assert log.one()["quality_signals"] == case.signals
