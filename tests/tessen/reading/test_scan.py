"""The quick reading of a line says what the slow one says, or nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tessen import _event
from tessen._frames import CallSite
from tessen.reading import scan as scan_module
from tessen.reading.facts import Facts, facts_of
from tessen.reading.learned import Learned
from tessen.reading.outline import outline_row
from tessen.reading.parse import Tally, events_of
from tessen.reading.scan import scan
from tessen.usage import Usage
from tests.logs import make_error, make_event

TRAPS = [
    {},
    {"streamed": True, "status": "error"},
    {"usage": {"input_tokens": 9}, "model": "other", "v": 2, "quality_signals": []},
    {"text": '"streamed":true,"status":"error","error":{"type":"X"'},
    {"batch": 1, "service_tier": "batch"},
    {"event_id": "x", "request_body": {}},
]
NAME = st.sampled_from(["alpha", 'quo"ted', "ünï", "a\\b", ""])
ANSWER = st.sampled_from(
    [
        {"content": [{"type": "text", "text": "hi"}], "stop_reason": "end_turn"},
        {"content": [{"type": "tool_use", "id": "t", "name": "look", "input": TRAPS[1]}]},
        {
            "choices": [
                {"message": {"tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{}"}}]}}
            ]
        },
        {"usage": {"cache_creation": {"ephemeral_1h_input_tokens": 7}, "service_tier": "batch"}},
        {"output": [{"type": "function_call", "name": "f", "arguments": "{}", "call_id": "c"}]},
    ]
)
FAILED_TOOL = {
    "messages": [
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "look", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "is_error": True}]},
    ]
}
EVENT = st.builds(
    _event.Event,
    event_id=st.just("07a0b2ce624441cb95e4af255d86796c"),
    session_id=st.sampled_from(["5" * 32, "a", 'q"' * 16]),
    agent_name=NAME,
    ts=st.floats(1, 2e9, allow_nan=False),
    tier=st.just(1),
    provider=st.sampled_from(["anthropic", "openai"]),
    surface=st.none() | NAME,
    http_method=st.just("POST"),
    http_url=st.just("https://api.example.com/v1/messages"),
    call_site=st.none() | st.builds(CallSite, file=NAME, line=st.integers(1, 999), func=NAME),
    duration_ms=st.floats(0, 1e6, allow_nan=False),
    request_body=st.sampled_from([*TRAPS, FAILED_TOOL]).map(lambda body: json.dumps(body).encode()),
    streamed=st.booleans(),
    error=st.none()
    | st.builds(
        _event.Error,
        type=NAME,
        msg=NAME,
        tb=NAME,
        status_code=st.none() | st.just(429),
        body=st.just(b"null"),
        response_headers=st.just({}),
    ),
    casted_response=ANSWER.map(lambda body: json.dumps(body).encode()),
    response_body=st.none(),
    response_headers=st.just({"request-id": "r"}),
    chunks_captured=st.none() | st.just(3),
    model=st.none() | NAME,
    usage=st.none() | st.builds(Usage, *(st.integers(0, 10**6) for _ in Usage._fields)),
    ttft_ms=st.none() | st.just(12.5),
    attempts=st.just(()) | st.just((_event.Attempt(429, 1.0, None, None, None),) * 2),
    outcome=st.sampled_from(["complete", "complete", "abandoned"]),
    quality_signals=st.sampled_from([(), ("rate_limited", "silent_retry")]),
)


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Learn from the first line of a kind, not only from the hundredth."""
    monkeypatch.setattr(scan_module, "_learned", Learned(credit=3_000))


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(EVENT, st.booleans()), min_size=1, max_size=4))
def test_it_reads_what_parsing_reads_or_nothing(events: list[tuple[_event.Event, bool]]) -> None:
    lines = [_event.line(event) for event, _ in events]
    for number, (_, spaced) in enumerate(events):
        if spaced:
            lines[number] = json.dumps(json.loads(lines[number]), ensure_ascii=False).encode()
    for line in lines * 3:  # its mold is learned, then what its kin have in common, then it is read
        found, parsed = scan(line), facts_of(json.loads(line), len(line))
        assert found is None or found == parsed
        assert outlined(line) in (None, outline_of(parsed))


def outlined(line: bytes) -> tuple[object, ...] | None:
    """What the outline says of a line in the midst of others."""
    before, behind = b'{"event_id": "x"}\n', b'\n{"v":2,"quality_signals":[]}'
    data = before + line + behind
    found = outline_row(data, len(before), len(before + line))
    if found is None:
        return None
    kin, row = found
    what = kin.agent, kin.provider, kin.surface, kin.failed, kin.error_type, kin.http_status, kin.signals
    return *what, float(row[2])


def outline_of(facts: Facts) -> tuple[object, ...]:
    """The same of a parsed event."""
    f = facts
    return f.agent, f.provider, f.surface, f.error, f.error_type, f.http_status, f.signals, f.ts


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_what_our_recorder_writes_most_is_read(separators: tuple[str, str]) -> None:
    for made in (make_event(1, "a", 5.5), make_error(2, "a", 5.5)):
        event = {"_tessen_tier": 1, **made}
        usage = event.get("usage")
        if usage:
            event["usage"] = Usage(usage["input_tokens"], usage["output_tokens"], 0, 0, 0).as_dict()
        line = json.dumps(ordered(event), separators=separators).encode()
        assert [scan(line) for _ in range(3)] == [None, None, facts_of(event, len(line))]
        assert outlined(line) == outline_of(facts_of(event))


def ordered(event: dict[str, Any]) -> dict[str, Any]:
    """The event with its members in the recorder's order."""
    first = ["event_id", "session_id", "agent_name", "ts", "_tessen_tier", "provider", "surface"]
    last = ["usage", "model", "v", "quality_signals"]
    middle = [key for key in event if key not in (*first, *last)]
    return {key: event[key] for key in (*first, *middle, *last) if key in event}


@pytest.mark.parametrize("cut", [200, 400, 450, 515, 600, 800, -30])
def test_a_torn_line_with_an_event_behind_is_never_taken_for_one(cut: int) -> None:
    torn, whole = (json.dumps(ordered(make_event(n, "a", 5.5))).encode() for n in (1, 2))
    line = torn[:cut] + whole
    assert scan(whole) is scan(whole) is None
    assert scan(whole) is not None
    assert scan(line) is None
    assert outlined(line) is None
    tally = Tally()
    (event,) = events_of(line, tally)
    assert event["event_id"].endswith("2")
    assert tally.corrupt_lines == 1


def test_events_in_a_row_without_a_newline_are_both_kept() -> None:
    one, two = (json.dumps(make_event(n, "a", 5.0)).encode() for n in (1, 2))
    tally = Tally()
    assert [event["event_id"][-1] for event in events_of(one + two, tally)] == ["1", "2"]
    assert (tally.events, tally.corrupt_lines) == (2, 0)
