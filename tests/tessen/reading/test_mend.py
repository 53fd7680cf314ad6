"""Lines in the shape of the released recorders, read right where they were wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tessen.exchange import Exchange
from tessen.reading.facts import facts_of
from tessen.reading.mend import mended
from tessen.usage import Usage

QUESTION = [{"role": "user", "content": "hi"}]
URL = {
    "anthropic": "https://api.anthropic.com/v1/messages",
    "openai": "https://api.openai.com/v1/chat/completions",
    "google_gemini": "https://generativelanguage.googleapis.com/models/gemini-2.5-flash:generateContent",
    "cohere": "https://api.cohere.com/v2/chat",
    "mistral": "https://api.mistral.ai/v1/chat/completions",
}


def old(provider: str = "anthropic", answer: Any = None, **changes: Any) -> dict[str, Any]:
    """An event as 0.4.0 writes it: no usage, no version, parameters that were left out as {}."""
    event = {
        "event_id": "07a0b2ce624441cb95e4af255d86796c",
        "agent_name": "support",
        "session_id": "1" * 32,
        "ts": 1_795_436_583.16,
        "provider": provider,
        "_tessen_tier": 1,
        "surface": "messages.create",
        "call_type": "request",
        "call_site": {"file": "/srv/agent.py", "line": 7, "func": "f"},
        "http_method": "post",
        "http_url": URL[provider],
        "request_body": {
            "max_tokens": 64,
            "messages": [{"role": "user", "content": "hi"}],
            "tools": {},
            "model": "m1",
        },
        "streamed": False,
        "duration_ms": 58.7,
        "casted_response": answer,
        "response_body": answer,
        "response_headers": {},
        "status": "ok",
        "quality_signals": [],
    }
    return {**event, **changes}


def failed(provider: str, kind: str, message: str, **error: Any) -> dict[str, Any]:
    """A failed call as 0.4.0 writes it."""
    event = old(provider, status="error", error={"type": kind, "msg": message, "tb": "", **error})
    return {key: value for key, value in event.items() if "response" not in key}


def wrapped(body: dict[str, Any]) -> dict[str, Any]:
    """Gemini's answer, as an HTTP response with its JSON in a string."""
    return {"headers": {"server": "x"}, "body": json.dumps(body)}


GEMINI = {
    "candidates": [{"content": {"role": "model", "parts": [{"text": "hello"}]}, "finishReason": "STOP"}],
    "usageMetadata": {"promptTokenCount": 25, "candidatesTokenCount": 10, "cachedContentTokenCount": 20},
    "modelVersion": "gemini-2.5-flash",
}


@pytest.mark.parametrize(
    ("provider", "answer", "expected"),
    [
        (
            "openai",
            {"choices": [], "usage": {"prompt_tokens": 13, "completion_tokens": 7, "total_tokens": 20}},
            Usage(13, 7, 0, 0, 0),
        ),
        (
            "mistral",
            {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}},
            Usage(5, 2, 0, 0, 0),
        ),
        ("cohere", {"usage": {"tokens": {"input_tokens": 3, "output_tokens": 4}}}, Usage(3, 4, 0, 0, 0)),
        ("google_gemini", wrapped(GEMINI), Usage(25, 10, 20, 0, 0)),
        (
            "anthropic",
            {"content": [], "usage": {"input_tokens": 5, "cache_read_input_tokens": 90, "output_tokens": 1}},
            Usage(95, 1, 90, 0, 0),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_vendors_tokens_are_counted_alike_by_reader_and_inspector(
    provider: str, answer: dict[str, Any], expected: Usage
) -> None:
    event = old(provider, answer)
    assert facts_of(event).usage == expected
    assert Exchange.from_event(event).usage == expected
    assert mended(event)["usage"] == expected.as_dict()


def test_geminis_answer_is_decoded_and_its_model_known() -> None:
    event = mended(old("google_gemini", wrapped(GEMINI), request_body={"contents": []}))
    assert event["casted_response"]["candidates"][0]["content"]["parts"] == [{"text": "hello"}]
    assert event["model"] == "gemini-2.5-flash"
    failed_call = failed("google_gemini", "ConnectError", "refused")
    assert mended(failed_call | {"request_body": {}})["model"] == "gemini-2.5-flash"


def test_what_was_never_sent_is_left_out_and_nothing_else() -> None:
    event = old(answer={"content": []})
    assert mended(event)["request_body"] == {k: v for k, v in event["request_body"].items() if k != "tools"}
    assert event["request_body"]["tools"] == {}
    assert mended(event).keys() >= event.keys()


@pytest.mark.parametrize(
    ("event", "signal"),
    [
        (failed("google_gemini", "ClientError", "429 RESOURCE_EXHAUSTED. {'error': …}"), "rate_limited"),
        (failed("google_gemini", "ServerError", "503 UNAVAILABLE. {…}"), "server_error"),
        (failed("mistral", "SDKError", "slow down", status_code=429), "rate_limited"),
        (failed("anthropic", "RemoteProtocolError", "peer closed connection"), "connection_error"),
        (
            failed("anthropic", "APIStatusError", "{'type': 'error', 'error': {'type': 'overloaded_error'}}"),
            "overloaded",
        ),
        (
            old("anthropic", {"content": [{"type": "text", "text": " "}], "stop_reason": "end_turn"}),
            "empty_content_on_end_turn",
        ),
        (
            old("openai", {"choices": [{"finish_reason": "length", "message": {"content": "x"}}]}),
            "truncated_response",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_signals_that_were_missed_are_computed_and_marked(event: dict[str, Any], signal: str) -> None:
    facts = facts_of(event)
    assert facts.signals == facts.computed == (signal,)
    assert mended(event)["computed_signals"] == [signal]
    assert Exchange.from_event(event).signals == (signal,)


def test_recorded_signals_stay_and_are_not_marked() -> None:
    answer = {"content": [{"type": "text", "text": "x"}], "stop_reason": "max_tokens"}
    event = mended(old(answer=answer, quality_signals=["truncated_response", "of_their_own"]))
    assert event["quality_signals"] == ["truncated_response", "of_their_own"]
    assert event["computed_signals"] == []


def test_a_streams_lost_counts_say_nothing_about_the_cache() -> None:
    marked = {
        "messages": [{"role": "user", "content": [{"type": "text", "cache_control": {"type": "ephemeral"}}]}]
    }
    text = [{"type": "text", "text": "x"}]
    lost = {"content": text, "stop_reason": "end_turn", "usage": {"cache_read_input_tokens": None}}
    told = {"content": text, "stop_reason": "end_turn", "usage": {"cache_read_input_tokens": 0}}
    assert mended(old(answer=lost, request_body=marked))["computed_signals"] == []
    (signal,) = mended(old(answer=told, request_body=marked))["computed_signals"]
    assert signal == "cache_control_set_but_no_cache_activity"


def test_an_http_error_that_was_called_ok_is_a_failure() -> None:
    event = mended(old(answer={"error": {"type": "x"}}, response_status=429, _tessen_tier=3))
    assert (event["status"], event["error"]["status_code"]) == ("error", 429)
    assert event["quality_signals"] == ["rate_limited"]


def test_a_recorded_credential_is_not_handed_on() -> None:
    event = mended(old(request_headers={"X-Api-Key": "sk-ant-secret", "accept": "*/*"}))
    assert "sk-ant-secret" not in json.dumps(event)
    assert event["request_headers"]["accept"] == "*/*"


def test_the_duration_of_an_old_stream_is_no_latency() -> None:
    assert facts_of(old(streamed=True)).latency_ms is None
    assert facts_of(old(streamed=True)).duration_ms == 58.7
    assert facts_of(old()).latency_ms == 58.7


def test_events_of_our_own_pass_untouched() -> None:
    event = old(answer={"content": []}, v=2)
    assert mended(event) is event
    once = mended(old(answer={"content": []}))
    assert mended(once) is once


@pytest.mark.parametrize("odd", [None, 7, "x", [], [1], {"a": None}, {"usage": []}, {"choices": [3]}])
def test_odd_bodies_raise_nothing(odd: Any) -> None:
    for provider in URL:
        event = old(provider, odd, request_body=odd, http_url=odd, quality_signals=odd, error=odd)
        facts_of(event)
        mended(event)
