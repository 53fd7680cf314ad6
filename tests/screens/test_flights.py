"""Calls in flight on the screens: a live one with its age, and one that a killed process took with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tessen._inflight import Board, Started
from tessen.sanitise import is_safe
from tests.logs import NOW, night, write_log
from tests.running import running, settled, shows
from tests.screen_text import text_of


def take_off(folder: Path, agent: str, age: float, event_id: str, *, killed: bool = False) -> Path:
    """A call of this process as its recorder shows it; or of an earlier one with the same number."""
    board = Board(
        folder / agent, lambda data: data.replace(b'"pid_started":', b'"pid_started":9') if killed else data
    )
    started = Started(event_id, "1" * 32, agent, NOW - age, "openai", None, "gpt-5-mini", None)
    flight = board.begin(lambda: started)
    while flight.path is None:
        board.show()
    return Path(flight.path)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    return write_log(tmp_path / "logs", night())


@pytest.mark.parametrize("start", ["live", "agents"])
async def test_calls_in_flight_and_lost_ones(start: str, logs: Path) -> None:
    async with running(logs, start=start) as (app, pilot):
        assert "flight" not in text_of(app)
        young = take_off(logs, "code_reviewer", 12, "a" * 32)
        take_off(logs, "invoice_ocr", 95, "b" * 32)
        await shows(pilot, "2 in flight, oldest 1m")
        take_off(logs, "invoice_ocr", 3600, "c" * 32, killed=True)
        take_off(logs, "invoice_ocr", 90_000, "d" * 32, killed=True)
        await shows(pilot, "1 call lost in flight: killed")
        young.unlink()
        await shows(pilot, "1 in flight, oldest 1m")


async def test_the_selected_agent_says_which_are_its(logs: Path) -> None:
    take_off(logs, "code_reviewer", 12, "a" * 32)
    take_off(logs, "invoice_ocr", 95, "b" * 32)
    take_off(logs, "invoice_ocr", 300, "c" * 32, killed=True)
    async with running(logs, start="agents", size=(160, 40)) as (app, pilot):
        await shows(pilot, "2 in flight")
        for _ in range(4):
            if "invoice_ocr  " in text_of(app).split("today    ")[0].splitlines()[-2]:
                break
            await pilot.press("j")
            await settled(pilot)
        await shows(pilot, "1 in flight, oldest 1m · 1 call lost in flight: killed")


async def test_an_agent_whose_first_call_was_killed(tmp_path: Path) -> None:
    """There is no event at all, and it is said all the same."""
    take_off(tmp_path / "logs", "x", 5, "a" * 32, killed=True)
    async with running(tmp_path / "logs") as (_, pilot):
        await shows(pilot, "1 call lost in flight: killed")


async def test_a_lost_call_with_an_event_is_not_lost(logs: Path) -> None:
    path = take_off(logs, "code_reviewer", 12, "a" * 32, killed=True)
    (log,) = (logs / "code_reviewer").glob("*.jsonl")
    log.write_bytes(log.read_bytes() + json.dumps({"event_id": "a" * 32}).replace(" ", "").encode() + b"\n")
    take_off(logs, "invoice_ocr", 95, "b" * 32)
    async with running(logs) as (app, pilot):
        await shows(pilot, "1 in flight")
        assert "lost" not in text_of(app)
        assert path.exists()
        assert is_safe(text_of(app).replace("\n", ""))
