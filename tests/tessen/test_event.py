"""The line builder: whatever goes in, one line of JSON with the same values comes out."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tessen._event import Attempt, Error, Event, line
from tessen._frames import CallSite
from tessen._json import fragment
from tessen.usage import Usage

texts = st.text()
maybe_text = st.none() | texts
numbers = st.floats(0, 1e9)
counts = st.integers(0, 2**40)
bodies = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
).map(lambda value: json.dumps(value, indent=1).encode())
headers = st.dictionaries(texts, texts, max_size=3)
errors = st.builds(
    Error, texts, texts, texts, st.none() | counts, bodies.map(lambda b: fragment(b)[0]), headers
)
attempts = st.builds(
    Attempt, st.none() | st.integers(100, 599), numbers, maybe_text, st.none() | numbers, maybe_text
)
events = st.builds(
    Event,
    event_id=st.just("0" * 32),
    session_id=texts,
    agent_name=texts,
    ts=numbers,
    tier=st.sampled_from([1, 2, 3]),
    provider=st.sampled_from(["anthropic", "openai"]),
    surface=maybe_text,
    http_method=texts,
    http_url=texts,
    call_site=st.none() | st.builds(CallSite, texts, counts, texts),
    duration_ms=numbers,
    request_body=bodies.map(lambda body: fragment(body)[0]),
    streamed=st.booleans(),
    error=st.none() | errors,
    casted_response=st.none() | bodies.map(lambda body: fragment(body)[0]),
    response_body=st.none() | bodies.map(lambda body: fragment(body)[0]),
    response_headers=headers,
    chunks_captured=st.none() | counts,
    model=maybe_text,
    usage=st.none() | st.builds(Usage, counts, counts, counts, counts, counts),
    ttft_ms=st.none() | numbers,
    attempts=st.lists(attempts, max_size=3).map(tuple),
    outcome=st.sampled_from(["complete", "abandoned", "cancelled", "exception"]),
    quality_signals=st.lists(st.sampled_from(["refusal", "silent_retry"])).map(tuple),
)


def close(written: float, value: float) -> bool:
    return abs(written - value) <= 0.0006


@given(events)
def test_what_goes_in_comes_out(event: Event) -> None:
    data = line(event)
    assert b"\n" not in data
    written: dict[str, Any] = json.loads(data.decode())
    for name in ("event_id", "session_id", "agent_name", "ts", "provider", "surface", "http_url", "streamed"):
        assert written[name] == getattr(event, name)
    assert written["call_site"] == (event.call_site._asdict() if event.call_site else None)
    assert close(written["duration_ms"], event.duration_ms)
    assert written["request_body"] == json.loads(event.request_body)
    for name in ("casted_response", "response_body"):
        body = getattr(event, name)
        assert (name in written) == (body is not None)
        assert body is None or written[name] == json.loads(body)
    assert written.get("model") == event.model
    assert written.get("usage") == (event.usage.as_dict() if event.usage else None)
    assert written.get("outcome", "complete") == event.outcome
    assert list(written)[-2:] == ["v", "quality_signals"]
    assert written["quality_signals"] == list(event.quality_signals)


@given(events)
def test_failures_are_written_in_full(event: Event) -> None:
    written: dict[str, Any] = json.loads(line(event))
    assert written["status"] == ("error" if event.error else "ok")
    if event.error:
        error = event.error._asdict()
        del error["names"]
        assert written["error"] == {**error, "body": json.loads(event.error.body)}
    for attempt, expected in zip(written.get("attempts", ()), event.attempts, strict="attempts" in written):
        assert (attempt["status"], attempt["error"]) == (expected.status, expected.error)
        assert attempt["retry_after_s"] == expected.retry_after_s
    worth_it = len(event.attempts) > 1 or any(one.error or (one.status or 0) >= 400 for one in event.attempts)
    assert ("attempts" in written) == worth_it
