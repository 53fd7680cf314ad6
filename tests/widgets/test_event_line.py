"""One event as a line: words, not colour alone; safe, aligned, whatever the row holds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from capture.log.source import Row
from tessen.sanitise import is_safe
from tests.logs import HOSTILE
from widgets.columns import columns_for
from widgets.event_line import (
    LineState,
    LineStyles,
    draw_line,
    level_of,
    short_model,
    short_surface,
    status_word,
)

NAMES = ("plain", "muted", "error", "anomaly", "info", "agent", "mark", "match", "finding")
STYLES = LineStyles(**{name: Style(meta={"name": name}) for name in NAMES})

ROW = Row(
    *(7, 1_795_403_655.0, "billing", "anthropic", "messages.create", "claude-haiku-4-5", 1, False, 200, None),
    *("complete", (), 640.0, None, 4_200, 310, 0, 0, 0.0123, 1, False, 2_000),
)
FAILED = replace(ROW, error=True, http_status=429, error_type="RateLimitError", signals=("rate_limited",))
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=40) | st.sampled_from(HOSTILE)


def text(row: Row, preview: str = "done", width: int = 120, **state: Any) -> str:
    return draw_line(row, preview, columns_for(width, 10), LineState(**state), STYLES).text


def style_names(row: Row, preview: str = "done", **state: Any) -> dict[str, str]:
    strip = draw_line(row, preview, columns_for(120, 10), LineState(**state), STYLES)
    return {segment.text.strip(): segment.style.meta["name"] for segment in strip if segment.style}


def test_a_healthy_call() -> None:
    shown = " ".join(text(ROW, width=160).split())
    assert shown == "· 03:14:15 billing messages haiku-4-5 ok 640ms 4.2k→310 $0.012 done"


def test_an_error_has_its_glyph_and_its_word() -> None:
    assert " ✖ 03:14:15 billing" in text(FAILED)
    assert "rate_limited" in text(FAILED)
    assert style_names(FAILED)["rate_limited"] == "error"


@pytest.mark.parametrize(
    ("changes", "word", "level"),
    [
        ({}, "ok", "ok"),
        ({"signals": ("truncated_response",)}, "truncated_response", "anomaly"),
        ({"signals": ("refusal", "silent_retry")}, "refusal +1", "anomaly"),
        ({"signals": ("silent_retry",)}, "silent_retry", "info"),
        ({"signals": ("of_a_newer_version",)}, "of_a_newer_version", "anomaly"),
        ({"outcome": "abandoned"}, "abandoned", "anomaly"),
        ({"error": True, "http_status": 503}, "error 503", "error"),
        ({"error": True, "http_status": None, "error_type": "APITimeoutError"}, "APITimeoutError", "error"),
        ({"error": True, "http_status": None}, "error", "error"),
    ],
)
def test_status(changes: dict[str, Any], word: str, level: str) -> None:
    row = replace(ROW, **changes)
    assert status_word(row) == word
    assert level_of(row) == level


def test_a_fold_says_how_many_whatever_is_cut() -> None:
    long_name = replace(FAILED, signals=("a_signal_with_a_very_long_name",))
    for width in (60, 80, 120):
        assert "×42" in text(long_name, width=width, count=42)
    assert text(FAILED, count=42).startswith(" ▸✖")


def test_a_mark_shows() -> None:
    assert text(ROW, marked=True).startswith(" ◆·")


def test_what_was_searched_for_is_lit_up() -> None:
    assert style_names(ROW, "the Refund is due", search="refund")["Refund"] == "match"
    assert "match" not in style_names(ROW, "nothing here", search="refund").values()


def test_unknown_is_not_zero() -> None:
    bare = replace(ROW, duration_ms=None, input_tokens=None, output_tokens=None, cost_usd=None, model=None)
    assert text(bare).split().count("–") == 4


@given(ANY_TEXT, ANY_TEXT, st.integers(40, 200), st.integers(1, 10**7))
def test_any_text_keeps_to_its_cells_and_is_safe(field: str, preview: str, width: int, count: int) -> None:
    row = replace(
        ROW, agent=field, model=field, surface=field, signals=(field,), error_type=field, outcome=field
    )
    strip = draw_line(row, preview, columns_for(width, 12), LineState(count, search="a"), STYLES)
    assert strip.cell_length <= width
    assert strip.cell_length == draw_line(ROW, "", columns_for(width, 12), LineState(), STYLES).cell_length
    assert all(is_safe(segment.text) for segment in strip)


def test_names_are_shortened() -> None:
    assert short_model("claude-sonnet-4-5-20250929") == "sonnet-4-5"
    assert short_model("gpt-5-mini-2025-08-07") == "gpt-5-mini"
    assert short_model("models/gemini-2.5-pro") == "gemini-2.5-pro"
    assert short_model("claude-") == "claude-"
    assert short_surface("chat.completions.stream") == "chat"
    assert short_surface("messages.create") == "messages"
