"""The agent table's columns: which fit, and how they sort."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from capture.log.source import AgentSummary
from widgets.agent_columns import COLUMNS, GAP, GUTTER, agent_columns_for, sorted_by

SUMMARY = AgentSummary(
    *(
        "billing",
        "active",
        "",
        1_000.0,
        120,
        4.2,
        (1, 2, 3),
        3,
        5,
        640.0,
        2_400.0,
        90_000,
        4_000,
        1.25,
        0.9,
        0,
    ),
    ("claude-haiku-4-5",),
)


def names(width: int) -> list[str]:
    return [column.name for column, _ in agent_columns_for(width, 14)]


@given(st.integers(12, 300), st.integers(0, 60))
def test_columns_fit(width: int, name_width: int) -> None:
    columns = agent_columns_for(width, name_width)
    assert GUTTER + sum(cells + GAP for _, cells in columns) <= width + GAP
    assert [c.name for c, _ in columns] == [c.name for c in COLUMNS if c.name in {d.name for d, _ in columns}]


def test_what_drops_first() -> None:
    assert names(60) == ["state", "agent", "last", "spark", "errors", "hourly"]
    assert {"p95", "anomalies"} <= set(names(80))
    assert len(names(200)) == len(COLUMNS)


@given(st.floats(0, 1e12), st.integers(0, 10**9), st.floats(0, 1e7), st.integers(0, 1))
def test_text_fits_its_column(last: float, number: int, usd: float, unpriced: int) -> None:
    counts = {"errors": number, "anomalies": number, "input_tokens": number, "unpriced": unpriced}
    summary = replace(SUMMARY, last_ts=last, cost_today_usd=usd, **counts)
    for column in COLUMNS:
        if not column.grows_to:
            assert len(column.text(summary, 1e9, column.width)) <= column.width + 1


def test_a_model_without_a_price_is_unpriced_never_free() -> None:
    texts = {column.name: column.text for column in COLUMNS}
    for name, field in (("today", "cost_today_usd"), ("hourly", "cost_per_hour_usd")):
        shown = [
            texts[name](replace(SUMMARY, unpriced=unpriced, **{field: usd}), 0.0, 8)
            for usd, unpriced in ((0.0, 0), (0.0, 3), (1.25, 3), (1.25, 0))
        ]
        assert shown == ["$0", "unpriced", "$1.25+", "$1.25"]


def test_order() -> None:
    failing = replace(SUMMARY, name="z", state="failing", last_ts=1.0)
    recent = replace(SUMMARY, name="a", last_ts=2_000.0, cost_per_hour_usd=0.1)
    given_order = [SUMMARY, recent, failing]
    assert [s.name for s in sorted_by("state", given_order)] == ["z", "a", "billing"]
    assert [s.name for s in sorted_by("agent", given_order)] == ["a", "billing", "z"]
    assert [s.name for s in sorted_by("hourly", given_order)] == ["billing", "z", "a"]
    assert sorted_by("models", given_order) == given_order
