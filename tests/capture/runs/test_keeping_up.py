"""Keeping files up to date costs no more the longer a session gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture.runs import keeping_up
from capture.runs.keeping_up import Mirror, Pace


def test_a_mirror_copies_what_is_new(tmp_path: Path) -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    mirror = Mirror(copy)
    source.write_bytes(b"one\n")
    mirror.follow(source)
    copy.write_bytes(b"ONE\n")  # to see that it is not written again
    with source.open("ab") as file:
        file.write(b"two\n")
    mirror.follow(source)
    mirror.follow(source)
    assert copy.read_bytes() == b"ONE\ntwo\n"
    source.write_bytes(b"new\n")
    mirror.follow(source)
    assert copy.read_bytes() == b"new\n"


def test_slow_work_is_done_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(keeping_up.time, "monotonic", lambda: clock[0])
    done: list[float] = []

    def work(takes: float) -> None:
        done.append(clock[0])
        clock[0] += takes

    pace = Pace()
    for _ in range(10):
        pace.run(lambda: work(0.001))
    assert len(done) == 10
    pace.run(lambda: work(1.0))
    for _ in range(100):
        clock[0] += 0.25
        pace.run(lambda: work(1.0))
    assert len(done) == 12
    assert pace.run(lambda: work(1.0)) == pytest.approx(done[-1] + 1.0 + 20.0 - clock[0])
