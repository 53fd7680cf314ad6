"""What a log can hold, and what of it may reach a terminal."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessen.sanitise import is_safe, many_lines, one_line

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain", "plain"),
        ("\x1b]0;owned\x07", "␛]0;owned␇"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x9b31m", "⟨U+009B⟩31m"),
        ("a\tb\nc\r", "a␉b␊c␍"),
        ("nul\x00del\x7f", "nul␀del␡"),
        ("abc\u202etxt.exe", "abc⟨U+202E⟩txt.exe"),
        ("\u2066isolate\u2069", "⟨U+2066⟩isolate⟨U+2069⟩"),
        ("zero\u200bwidth", "zero⟨U+200B⟩width"),
        ("soft\u00adhyphen", "soft⟨U+00AD⟩hyphen"),
        ("\ufeffbom", "⟨U+FEFF⟩bom"),
        ("lone\ud800", "lone⟨U+D800⟩"),
        ("line\u2028para\u2029", "line⟨U+2028⟩para⟨U+2029⟩"),
        ("private\ue000", "private⟨U+E000⟩"),
        ("filler\u3164", "filler⟨U+3164⟩"),
        ("hidden\U000e0101", "hidden⟨U+E0101⟩"),
        ("tag\U000e0041", "tag⟨U+E0041⟩"),
        ("heart ❤\ufe0f", "heart ❤"),
        ("[red]not markup[/red]", "[red]not markup[/red]"),
        ("日本語 😀 é ü", "日本語 😀 é ü"),
    ],
)
def test_one_line_shows_what_would_act(raw: str, shown: str) -> None:
    assert one_line(raw) == shown


@given(ANY_TEXT)
def test_nothing_that_acts_or_hides_comes_out(raw: str) -> None:
    for line in [one_line(raw), *many_lines(raw)]:
        assert not re.search(r"[\x00-\x1f\x7f-\x9f]", line)
        assert not [c for c in line if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}]
        assert is_safe(line)
        line.encode("utf-8")


@given(ANY_TEXT)
def test_what_is_safe_is_left_as_it_is(raw: str) -> None:
    assert one_line(one_line(raw)) == one_line(raw)


def test_a_pile_of_marks_is_cut_and_counted() -> None:
    assert one_line("e" + "\u0301" * 300) == "e" + "\u0301" * 4 + "⟨+296⟩"


def test_only_so_much_is_looked_at() -> None:
    shown = one_line("\x1b" * 10_000_000, limit=10)
    assert shown == "␛" * 10 + "…"
    lines = many_lines("x\n" * 5_000_000, limit=4)
    assert lines == ["x", "x", "", "… 9,999,996 more characters"]


def test_many_lines_breaks_where_a_person_would() -> None:
    assert many_lines("a\r\nb\rc\n\td") == ["a", "b", "c", "    d"]
    assert many_lines("") == [""]
