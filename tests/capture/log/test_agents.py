"""Agents as of a moment: totals, rates, states, and the order of trouble."""

from pathlib import Path

import pytest

from capture.log import LocalLog
from capture.log.source import AgentSummary

from .conftest import NOON, Opener, Writer, indexed, until

NOW = NOON + 3600


def _by_name(log: LocalLog, now: float = NOW) -> dict[str, AgentSummary]:
    return {agent.name: agent for agent in log.agents(now)}


async def test_totals_of_today(writer: Writer, opened: Opener) -> None:
    writer.write(
        writer.event(ts=NOW - 86_400),
        writer.event(ts=NOW - 700, duration_ms=100.0, model="claude-sonnet-4-5"),
        writer.event(ts=NOW - 60, duration_ms=300.0, quality_signals=["refusal", "silent_retry"]),
        writer.event(ts=NOW - 61, duration_ms=200.0, model="unheard-of"),
        writer.failure(ts=NOW - 59, duration_ms=1000.0),
    )
    log = await indexed(await opened())
    await until(log, lambda: log.row(1).cost_usd is not None and log.row(2).cost_usd is not None)
    (agent,) = log.agents(NOW)
    assert (agent.events, agent.errors, agent.anomalies) == (4, 1, 2)
    assert (agent.input_tokens, agent.output_tokens) == (3000, 30)
    assert (agent.p50_ms, agent.p95_ms) == (300.0, 1000.0)
    assert agent.cost_today_usd == pytest.approx(0.00315 + 0.00105)
    assert agent.unpriced == 1
    assert agent.models[0] == "claude-haiku-4-5"
    assert set(agent.models) == {"claude-haiku-4-5", "claude-sonnet-4-5", "unheard-of"}
    assert agent.signals == {"refusal": 1, "silent_retry": 1, "rate_limited": 1}
    assert agent.last_ts == NOW - 59
    assert agent.calls_per_minute == pytest.approx(3 / 5)
    assert (len(agent.sparkline), sum(agent.sparkline), agent.sparkline[-1]) == (30, 4, 0)


async def test_sums_grow_with_what_arrives_and_shrink_with_what_goes(
    folder: Path, writer: Writer, opened: Opener
) -> None:
    other = Writer(folder, "other")
    other.write(other.event(ts=NOW - 5))
    writer.write(writer.event(ts=NOW - 5))
    log = await indexed(await opened())
    assert _by_name(log)["billing"].events == 1
    writer.write(writer.event(ts=NOW - 4), writer.event(ts=NOW - 6))
    await until(log, lambda: log.count == 4)
    assert _by_name(log)["billing"].events == 3
    writer.path.unlink()
    await until(log, lambda: len(log.timeline) == 1)
    assert list(_by_name(log)) == ["other"]
    assert _by_name(log, NOW + 86_400)["other"].events == 0


@pytest.mark.parametrize(
    ("state", "reason", "calls"),
    [
        ("active", "", [("ok", 30)]),
        ("idle", "", [("ok", 300)]),
        ("stalled", "the last answer asked for a tool, then nothing for 4 min", [("ok", 400), ("tool", 300)]),
        (
            "stalled",
            "the last call failed (rate_limited), then nothing for 4 min",
            [("ok", 400), ("429", 300)],
        ),
        ("idle", "", [("tool", 3000)]),
        ("failing", "the last 5 calls failed: rate_limited", [("ok", 90)] * 6 + [("429", 80)] * 5),
        (
            "failing",
            "2 of the last 4 calls failed: X (418)",
            [("ok", 90), ("418", 80), ("418", 70), ("ok", 60)],
        ),
        ("active", "", [("ok", 90)] * 3 + [("429", 80)]),
        ("idle", "", [("429", 3000)] * 9),
    ],
)
async def test_states(
    writer: Writer, opened: Opener, state: str, reason: str, calls: list[tuple[str, int]]
) -> None:
    for number, (kind, ago) in enumerate(calls):
        ts = NOW - ago + number / 100
        answer = {"content": [], "stop_reason": "tool_use" if kind == "tool" else "end_turn"}
        if kind.isdigit():
            writer.write(writer.failure("X", int(kind), ts=ts))
        else:
            writer.write(writer.event(ts=ts, casted_response=answer))
    log = await indexed(await opened())
    (agent,) = log.agents(NOW)
    assert (agent.state, agent.reason) == (state, reason)


async def test_trouble_comes_first_then_the_most_recent(folder: Path, opened: Opener) -> None:
    for name, ago, fails in (
        ("calm", 10, False),
        ("calmer", 60, False),
        ("bad", 100, True),
        ("old", 3000, False),
    ):
        writer = Writer(folder, name)
        make = writer.failure if fails else writer.event
        writer.write(*(make(ts=NOW - ago) for _ in range(5)))
    log = await indexed(await opened())
    assert [agent.name for agent in log.agents(NOW)] == ["bad", "calm", "calmer", "old"]
