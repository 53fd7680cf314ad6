"""Signs of life: held by one, asked for by many."""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path

import pytest

from capture.runs import locks


def test_one_who_only_asks_does_not_keep_another_from_his_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "PATIENCE_S", 60.0)
    path, refused, held = tmp_path / ".lock", threading.Event(), []
    path.touch()
    asking = os.open(path, os.O_RDONLY)
    fcntl.flock(asking, fcntl.LOCK_SH)  # as `is_held` has it for a moment
    monkeypatch.setattr(locks.time, "sleep", lambda _: refused.set())
    worker = threading.Thread(target=lambda: held.append(locks.hold(path)))
    worker.start()
    assert refused.wait(60)
    os.close(asking)
    worker.join(60)
    assert locks.is_held(path)
    os.close(held[0])
    assert not locks.is_held(path)


def test_only_one_can_be_at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "PATIENCE_S", 0.0)
    first = locks.hold(tmp_path / ".lock")
    with pytest.raises(BlockingIOError):
        locks.hold(tmp_path / ".lock")
    os.close(first)
    os.close(locks.hold(tmp_path / ".lock"))
