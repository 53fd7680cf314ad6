"""The programming interface: its examples run, and what it promises about odd files holds."""

from __future__ import annotations

import doctest
import itertools
import json
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tessen import events
from tessen.reading.envelope import envelope
from tests import reading_samples
from tests.logs import NOW, make_event, night, write_log
from tests.reading_samples import NOON


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = reading_samples.write(tmp_path / "logs")
    monkeypatch.setenv("TESSEN_LOG_DIR", str(folder))
    return folder


def ids(found: Any) -> list[str]:
    return [event["event_id"][:2] for event in found]


def test_every_example_runs(log: Path) -> None:
    result = doctest.testmod(events)
    assert result.attempted >= 10
    assert result.failed == 0


@pytest.mark.parametrize(
    "since",
    [NOON + 20, datetime.fromtimestamp(NOON + 20, UTC), "2026-11-23T12:00:20", "2026-11-23T14:00:20+02:00"],
)
def test_since_takes_moments(log: Path, since: Any) -> None:
    assert ids(events.read("support", since=since)) == ["a2"]


@pytest.mark.parametrize("since", [timedelta(hours=2), "2h", "7d", "2w"])
def test_since_counts_back_from_now(tmp_path: Path, since: Any) -> None:
    now = datetime.now(UTC).timestamp()
    write_log(tmp_path, [make_event(1, "a", now - 40 * 86_400), make_event(2, "a", now - 60)])
    assert [event["event_id"][-1] for event in events.read("a", log_dir=tmp_path, since=since)] == ["2"]


@pytest.mark.parametrize(
    ("since", "problem"), [("soon", ValueError), (datetime(2026, 1, 1), ValueError), (True, TypeError)]
)
def test_a_moment_that_is_none_is_refused_at_once(log: Path, since: Any, problem: type[Exception]) -> None:
    with pytest.raises(problem, match="since"):
        events.read("support", since=since)


def test_files_are_read_in_the_order_they_were_written(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    names = [
        "2026-11-22.jsonl",
        "2026-11-23.jsonl",
        "2026-11-23.1.jsonl",
        "2026-11-23.2.jsonl",
        "2026-11-23.10.jsonl",
    ]
    for number, name in enumerate(names):
        (folder / name).write_text(json.dumps(make_event(number, "a", NOW)) + "\n")
    (folder / "notes.jsonl").write_text("not a log\n")
    assert [int(event["event_id"], 16) for event in events.read("a", log_dir=tmp_path)] == [0, 1, 2, 3, 4]
    assert [int(event["event_id"], 16) for event in events.recent("a", 2, log_dir=tmp_path)] == [3, 4]


def test_what_cannot_be_read_is_counted_and_the_rest_is_kept(tmp_path: Path) -> None:
    whole = json.dumps(make_event(1, "a", NOW, text="a\u2028b\u0085c"), ensure_ascii=False).encode()
    torn = whole[:300]
    write_log(
        tmp_path, [whole + b"\n", torn + whole + b"\n", b"\xff\xfe\n", b"[1]\n", b"\n", torn], agent="a"
    )
    stats: dict[str, Any] = {}
    found = list(events.read("a", log_dir=tmp_path, stats=stats))
    assert [event["text"] for event in found] == ["a\u2028b\u0085c"] * 2
    assert (stats["events"], stats["corrupt_lines"], stats["foreign_lines"]) == (2, 3, 1)


def test_the_last_event_needs_no_newline(tmp_path: Path) -> None:
    write_log(tmp_path, [json.dumps(make_event(1, "a", NOW)).encode()], agent="a")
    assert len(list(events.read("a", log_dir=tmp_path))) == 1
    assert len(events.recent("a", log_dir=tmp_path)) == 1


def test_an_agent_that_is_not_there_has_no_events(log: Path) -> None:
    assert list(events.read("nobody")) == []
    assert events.recent("nobody") == []
    assert events.list_agents(log / "nowhere") == []


def test_reading_is_lazy_and_takes_constant_memory(tmp_path: Path) -> None:
    body = {"messages": "x" * 100_000}
    write_log(tmp_path, [make_event(n, "a", NOW, request_body=body) for n in range(300)])
    tracemalloc.start()
    assert sum(1 for _ in events.read("a", log_dir=tmp_path)) == 300
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000
    assert len(list(itertools.islice(events.read("a", log_dir=tmp_path), 2))) == 2


def test_filters_compose(log: Path) -> None:
    everything = [*events.read(), None, "x"]
    assert ids(events.filter_events(everything, status="error")) == ["a2"]
    assert ids(events.filter_events(everything, quality_signal="rate_limited", provider="anthropic")) == [
        "a2"
    ]
    assert ids(events.filter_events(everything, session_id="6" * 32, surface="messages.create")) == ["b1"]
    assert ids(events.filter_events(everything, query='"double-charged" -status:error')) == []
    assert ids(events.filter_events(everything, query="agent:sup* status:ok")) == ["a1"]
    with pytest.raises(ValueError, match="did you mean 'status'"):
        events.filter_events(everything, query="statsu:ok")


def test_a_report_has_what_the_documents_name_and_the_envelope_last(log: Path) -> None:
    report = events.aggregate(itertools.chain(events.read(), [None, 3]))  # type: ignore[list-item]
    documented = """events_total agent_name by_status by_provider by_model by_surface streamed_events
        error_events error_types events_with_anomalies anomaly_counts tokens total_cost_usd cost_by_model
        cache_savings_estimate_usd duration_ms top_call_sites_by_count top_call_sites_by_cost corrupt_lines
        unpriced_models findings"""
    assert report.keys() >= set(documented.split())
    assert list(report)[-3:] == ["schema_version", "tessen_version", "generated_at"]
    assert report["schema_version"] == 1
    assert report["by_status"] == {"ok": 2, "error": 1}
    json.dumps(report)


def test_no_log_can_forge_the_envelope() -> None:
    assert envelope({"schema_version": 99, "x": 1})["schema_version"] == 1


def test_an_unknown_model_is_unpriced_and_never_free(tmp_path: Path) -> None:
    write_log(tmp_path, [make_event(n, "a", NOW, model="house-model-7") for n in range(3)])
    report = events.aggregate(events.read("a", log_dir=tmp_path))
    assert report["unpriced_models"] == {"house-model-7": 3}
    assert report["cost_by_model"] == {}


def test_costs_know_batches_hours_and_never_fall_below_nothing(tmp_path: Path) -> None:
    usage = {"input_tokens": 0, "output_tokens": 0, "cache_read_tokens": 9_000, "cache_write_tokens": 1_000}
    writes = {"ephemeral_1h_input_tokens": 1_000}
    answers: list[dict[str, Any]] = [
        {},
        {"usage": {"service_tier": "batch"}},
        {"usage": {"cache_creation": writes}},
    ]
    for number, answer in enumerate(answers):
        event = make_event(number, f"a{number}", NOW, usage=usage, casted_response=answer)
        write_log(tmp_path, [event])
    costs = [
        events.aggregate(events.read(f"a{number}", log_dir=tmp_path))["total_cost_usd"] for number in range(3)
    ]
    plain = 9_000 * 0.1e-6 + 1_000 * 1.25e-6
    assert costs == pytest.approx([plain, plain / 2, 9_000 * 0.1e-6 + 1_000 * 2e-6])


def test_reading_a_night_gives_back_what_was_written(tmp_path: Path) -> None:
    write_log(tmp_path, night(200))
    found = sorted(events.read(log_dir=tmp_path), key=lambda event: event["ts"])
    assert found == night(200)
