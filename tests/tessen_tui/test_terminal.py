"""Sequences around the app carry nothing from a log."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tessen_tui.terminal import notification, set_title

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=300)


@given(ANY_TEXT)
def test_a_title_is_one_sequence(text: str) -> None:
    sequence = set_title(text)
    assert sequence.startswith("\x1b]2;") and sequence.endswith("\x07")
    assert all(" " <= char <= "~" for char in sequence[4:-1])


@given(ANY_TEXT, ANY_TEXT)
def test_a_notification_cannot_be_broken_out_of(title: str, text: str) -> None:
    sequence = notification(title, text, {})
    assert sequence.count("\x1b") == sequence.count("\x07") == 2
    assert sequence.count(";") == 4


def test_within_tmux_it_passes_through() -> None:
    sequence = notification("tessen", "rate_limited", {"TMUX": "/tmp/tmux"})
    assert sequence.startswith("\x1bPtmux;\x1b\x1b]9;tessen: rate_limited\x07\x1b\\")
