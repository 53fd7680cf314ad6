"""Colours of code: there where the language is known, and never a letter of the text lost to them."""

from __future__ import annotations

import pytest

from widgets.code_ink import BLOCK, CodeInk


def test_code_is_coloured_by_its_file_s_name() -> None:
    ink = CodeInk("a/basket.py", ["def total(x):", "    return 'owl'  # why"])
    assert ink.spans(0)[0] == ("def", "keyword")
    assert ("owl", "added:quoted") in ink.spans(1, "added:")
    assert CodeInk("a/basket.unknown", ["def"]).spans(0) == (("def", ""),)


@pytest.mark.parametrize(
    "name", ["x.py", "x.yaml", "x.md", "x.json", "x.html", "x.js", "Makefile", "x.unknown"]
)
def test_every_line_is_what_it_was(name: str) -> None:
    lines = [
        "",
        "a\rb",
        "\ufeffx: 1",
        "\x1b[2J",
        "'''never closed",
        "\u2028 \x0c\x00",
        "{'",
        "  ",
        "",
    ]
    lines += [*(f"line {number}" for number in range(2 * BLOCK)), "z" * 3_000]
    ink = CodeInk(name, lines)
    assert ["".join(span.text for span in ink.spans(number)) for number in range(len(lines))] == lines
