"""Each pattern: a log that shows it, and one that must not trip it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from tessen.reading.facts import facts_of
from tessen.reading.rollup import DAY_S, Periods, Rollup
from tests.logs import NOW, make_error, make_event

DAY = 1_795_435_200.0
"""A day that the periods begin at: 2026-11-23, noon."""
PERIODS = Periods(recent_from=DAY, previous_from=DAY - DAY_S)

Events = Iterable[dict[str, Any]]


def kinds(events: Events) -> dict[str, dict[str, Any]]:
    rollup = Rollup(PERIODS)
    for event in events:
        rollup.add(facts_of(event))
    return {finding["kind"]: finding for finding in rollup.report()["findings"]}


def calls(number: int, at: float, gap: float = 60.0, **changes: Any) -> list[dict[str, Any]]:
    """Calm calls, each of a session of its own."""
    return [make_event(n, "support", at + n * gap, session_id=f"{n:032x}", **changes) for n in range(number)]


def asking(number: int, at: float, arguments: Any, session: str = "5" * 32) -> dict[str, Any]:
    """A call that asks for a tool."""
    block = {"type": "tool_use", "id": f"t{number}", "name": "search", "input": arguments}
    answer = {"content": [block], "stop_reason": "tool_use"}
    return make_event(number, "support", at, session_id=session, casted_response=answer)


def after_failure(number: int, failed: bool) -> dict[str, Any]:
    """A call whose request holds a tool's result."""
    used = {"type": "tool_use", "id": "t", "name": "search", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "t", "is_error": failed, "content": "no"}
    messages = [{"role": "assistant", "content": [used]}, {"role": "user", "content": [result]}]
    return make_event(number, "support", DAY + number * 60, request_body={"messages": messages})


def usage(everything: int, cached: int = 0) -> dict[str, int]:
    return {
        "input_tokens": everything,
        "output_tokens": 10,
        "cache_read_tokens": cached,
        "cache_write_tokens": 0,
        "reasoning_tokens": 0,
    }


def failures(number: int, at: float) -> list[dict[str, Any]]:
    """Failed calls, too far apart for a storm."""
    return [make_error(n, "support", at + n * 70) for n in range(number)]


def growing(tokens: int) -> list[dict[str, Any]]:
    """A session whose context grows by so many tokens a call."""
    at = [(n, DAY + n * 60) for n in range(9)]
    return [make_event(n, "support", ts, session_id="7" * 32, usage=usage(tokens * (n + 1))) for n, ts in at]


def ended(event: dict[str, Any]) -> list[dict[str, Any]]:
    """An event that is its session's last, in a log that goes on for an hour."""
    return [event, *calls(5, event["ts"] + 3_600)]


SHOWS: dict[str, tuple[Events, Events]] = {
    "error_storm": (
        [make_error(n, "support", DAY + n) for n in range(8)],
        [make_error(n, "support", DAY + n * 60) for n in range(8)],
    ),
    "retry_storm": (
        [make_event(n, "support", DAY + n, attempts=[{"status": 429}] * 3) for n in range(4)],
        [make_event(n, "support", DAY + n * 90, attempts=[{"status": 429}] * 3) for n in range(4)],
    ),
    "tool_loop": (
        [asking(n, DAY + n * 60, {"order": 1}) for n in range(6)],
        [asking(n, DAY + n * 60, {"order": n}) for n in range(6)],
    ),
    "failing_tool": (
        [after_failure(n, failed=True) for n in range(4)],
        [after_failure(n, failed=False) for n in range(4)],
    ),
    "error_rate": (
        [
            *calls(40, DAY - 50_000),
            *calls(30, DAY),
            *failures(10, DAY),
        ],
        [
            *calls(40, DAY - 50_000),
            *failures(10, DAY - 9_000),
            *calls(30, DAY),
            *failures(10, DAY),
        ],
    ),
    "latency": (
        [*calls(40, DAY - 50_000), *calls(40, DAY, duration_ms=4_000.0)],
        [*calls(40, DAY - 50_000), *calls(40, DAY, duration_ms=900.0)],
    ),
    "spend": (
        [
            *calls(5, DAY, 3_600, usage=usage(1_000)),
            make_event(9, "support", DAY + 20_000, usage=usage(900_000)),
        ],
        calls(6, DAY, 3_600, usage=usage(900_000)),
    ),
    "cache_collapse": (
        [*calls(30, DAY - 50_000, usage=usage(1_000, 800)), *calls(30, DAY, usage=usage(1_000))],
        [*calls(30, DAY - 50_000, usage=usage(1_000, 800)), *calls(30, DAY, usage=usage(1_000, 700))],
    ),
    "context_growth": (
        [
            make_event(n, "support", DAY + n * 60, session_id="7" * 32, usage=usage(20_000 * (n + 1)))
            for n in range(9)
        ],
        [
            make_event(n, "support", DAY + n * 60, session_id="7" * 32, usage=usage(5_000 * (n + 1)))
            for n in range(9)
        ],
    ),
    "stall": (
        ended(asking(50, DAY, {})),
        [
            asking(50, DAY, {}),
            make_event(51, "support", DAY + 60, session_id="5" * 32),
            *calls(5, DAY + 3_600),
        ],
    ),
    "no_answer": (
        ended(make_error(50, "support", DAY) | {"session_id": "5" * 32}),
        ended(make_event(50, "support", DAY, session_id="5" * 32)),
    ),
}


@pytest.mark.parametrize("kind", SHOWS)
def test_a_log_that_shows_it(kind: str) -> None:
    found = kinds(SHOWS[kind][0])
    assert kind in found
    assert found[kind]["agent"] == "support"
    assert found[kind]["says"]
    assert found[kind]["advice"].endswith(".")


@pytest.mark.parametrize("kind", SHOWS)
def test_a_log_that_must_not_trip_it(kind: str) -> None:
    assert kind not in kinds(SHOWS[kind][1])


@pytest.mark.parametrize(
    "kind", ["error_storm", "retry_storm", "tool_loop", "failing_tool", "stall", "no_answer"]
)
def test_evidence_names_events_of_the_log(kind: str) -> None:
    events = list(SHOWS[kind][0])
    evidence = kinds(events)[kind]["events"]
    assert evidence
    assert set(evidence) <= {event["event_id"] for event in events}


def test_a_calm_night_shows_nothing() -> None:
    assert kinds(calls(200, NOW - 40_000)) == {}
