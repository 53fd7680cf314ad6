"""Finding a moment: nothing that started since is missed, and next to nothing of the rest is read."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tessen import cli, events
from tessen.reading import lines, seek
from tests.logs import NOW, make_event, write_log

COUNT = 3_000
FILL = {"messages": "x" * 2_000}


def overlapping(count: int) -> list[dict[str, object]]:
    """Calls of up to five minutes, ten seconds apart, written when they end."""
    rng = random.Random(1)
    calls = [
        make_event(
            n,
            "support",
            NOW - (count - n) * 10.0,
            duration_ms=rng.choice((200.0, 4_000.0, 300_000.0)),
            request_body=FILL,
        )
        for n in range(count)
    ]
    calls.sort(key=lambda event: event["ts"] + event["duration_ms"] / 1000)
    return calls


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_log(tmp_path_factory.mktemp("seek"), overlapping(COUNT))


@pytest.mark.parametrize("ago", [5.0, 600.0, 7_200.0, 20_000.0, 10**7])
def test_every_call_since_then_is_found(log: Path, ago: float) -> None:
    found = {event["event_id"] for event in events.read("support", log_dir=log, since=NOW - ago)}
    assert found == {event["event_id"] for event in overlapping(COUNT) if event["ts"] >= NOW - ago}


def test_only_the_end_is_read(
    log: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    read: list[int] = []
    pread = os.pread
    monkeypatch.setattr(
        os, "pread", lambda fd, size, at: read.append(len(data := pread(fd, size, at))) or data
    )
    assert list(events.read("support", log_dir=log, since=NOW - 60))
    size = sum(path.stat().st_size for path in log.rglob("*.jsonl"))
    assert sum(read) < size / 4
    read.clear()
    assert cli.main(["tail", "support", "-n", "5", "--no-follow", "--log-dir", str(log)]) == 0
    assert capsys.readouterr().out.count("\n") == 5
    assert 0 < sum(read) < 2**18


def test_files_of_days_before_are_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_log(tmp_path, [make_event(1, "support", NOW - 90_000), make_event(2, "support", NOW)])
    opened: list[str] = []
    monkeypatch.setattr(
        os, "open", lambda path, flags, _open=os.open: opened.append(str(path)) or _open(path, flags)
    )
    assert [event["event_id"][-1] for event in events.read(log_dir=tmp_path, since=NOW - 3600)] == ["2"]
    assert len(opened) == 1


def test_lines_without_a_start_stop_no_search(tmp_path: Path) -> None:
    path = tmp_path / "2026-11-23.jsonl"
    path.write_bytes(b"no event\n" * 100_000)
    with lines.opened(path) as fd:
        assert seek.offset_of(fd, NOW) == 0
