"""When garbage is looked for."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from tessen_tui.collecting import DUE, collect_if_due, keep_for_ever, rare_collections


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_nothing_is_collected_before_the_start_is_over_and_then_only_what_came_later() -> None:
    with rare_collections():
        assert not gc.isenabled()
        keep_for_ever()
        assert gc.isenabled()
        assert gc.get_freeze_count() > 1_000
        assert len(gc.get_objects()) < 1_000
    assert gc.isenabled()


def test_a_quiet_moment_is_used_once_there_may_be_much_to_find() -> None:
    gc.collect()
    collect_if_due()
    before = gc.get_stats()[2]["collections"]
    for _ in range(DUE):
        gc.collect(1)
    collect_if_due()
    collect_if_due()
    assert gc.get_stats()[2]["collections"] == before + 1
