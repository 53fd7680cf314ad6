"""What the index says a call cost is what `tessen analyze` says: in a batch, and with an hour's cache."""

import threading
from pathlib import Path
from typing import Any

import pytest

from capture.log import LocalLog, pricing
from tessen.prices import Price
from tessen.reading.facts import facts_of
from tessen.reading.rollup import Rollup

from .conftest import Opener, Writer, until

COUNTS = {
    **{"input_tokens": 9_000, "output_tokens": 400, "cache_read_tokens": 2_000},
    **{"cache_write_tokens": 3_000, "reasoning_tokens": 0},
}


def _said(**usage: Any) -> dict[str, Any]:
    """An event's answer with the vendor's own counts."""
    return {"casted_response": {"content": [], "stop_reason": "end_turn", "usage": usage}, "usage": COUNTS}


HOUR = {"ephemeral_1h_input_tokens": 2_500, "ephemeral_5m_input_tokens": 500}
CALLS: dict[str, dict[str, Any]] = {
    "plain": _said(),
    "a batch": _said(service_tier="batch"),
    "for an hour": _said(cache_creation=HOUR),
    "both": _said(service_tier="batch", cache_creation=HOUR),
    "nothing said": _said(service_tier=None, cache_creation=None),
    "more than was written": _said(cache_creation={"ephemeral_1h_input_tokens": 90_000}),
    "a batch, said outside": {
        "casted_response": {"choices": [], "service_tier": "batch"},
        **{"usage": COUNTS, "provider": "openai", "model": "gpt-5-mini"},
    },
    "an odd field": {**_said(service_tier="batch", cache_creation=HOUR), "ttft_ms": "soon"},
    "odd counts": _said(service_tier=7, cache_creation={"ephemeral_1h_input_tokens": "many"}),
}


async def _priced(log: LocalLog) -> LocalLog:
    await until(log, lambda: log.count == len(CALLS) and all(_cost(log, row) for row in range(log.count)))
    return log


def _cost(log: LocalLog, row: int) -> float | None:
    return log.row(row).cost_usd


async def test_each_call_costs_what_analyze_says(writer: Writer, opened: Opener) -> None:
    events = [writer.event(**changes) for changes in CALLS.values()]
    writer.write(*events)
    log = await _priced(await opened())
    rollup = Rollup()
    for (name, _), row, event in zip(CALLS.items(), range(log.count), events, strict=True):
        rollup.add(facts_of(event))
        assert _cost(log, row) == pytest.approx(facts_of(event).cost_usd), name
    assert sum(_cost(log, row) or 0 for row in range(log.count)) == pytest.approx(
        rollup.report()["total_cost_usd"], abs=1e-6
    )
    assert (_cost(log, 1) or 0) == pytest.approx((_cost(log, 0) or 0) / 2)
    assert (_cost(log, 2) or 0) - (_cost(log, 0) or 0) == pytest.approx(2_500 * 0.75e-6)


async def test_a_kept_index_costs_the_same(writer: Writer, cache: Path, opened: Opener) -> None:
    writer.write(*(writer.event(**changes, note="x" * 16_000) for changes in CALLS.values()))
    log = await _priced(await opened(cache=cache))
    before = [_cost(log, row) for row in log.timeline]
    await log.close()
    again = await _priced(await opened(cache=cache))
    assert again.follower.backlog_bytes == 0
    assert [_cost(again, row) for row in again.timeline] == before


async def test_a_model_without_a_price_is_unpriced_and_a_failure_is_not(
    writer: Writer, opened: Opener
) -> None:
    writer.write(writer.event(model="unheard-of"), writer.failure(), writer.event())
    log = await opened()
    await until(log, lambda: log.count == 3 and log.row(2).cost_usd is not None)
    assert [log.row(row).unpriced for row in range(3)] == [True, False, False]
    assert [log.row(row).cost_usd for row in range(2)] == [None, None]
    assert log.agents(0.0)[0].unpriced == 0


async def test_prices_of_many_models_take_one_question_more_than_the_first(
    folder: Path, opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[tuple[str, str]]] = []
    indexed = threading.Event()

    def ask(names: list[tuple[str, str]]) -> list[Price | None]:
        asked.append(names)
        assert indexed.wait(60)
        return [None] * len(names)

    monkeypatch.setattr(pricing, "ask", ask)
    for number in range(12):  # a file, and so a batch, each
        writer = Writer(folder, f"agent{number}")
        writer.write(writer.event(model=f"model-{number}"))
    log = await opened()
    await until(log, lambda: log.count == 12)
    indexed.set()
    await until(log, lambda: all(log.row(row).unpriced for row in range(12)))
    assert len(asked) == 2
    assert sorted(model for names in asked for _, model in names) == sorted(f"model-{n}" for n in range(12))
