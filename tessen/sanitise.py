"""The border between a log and the terminal: text made safe to draw.

A log line is written by whoever talks to a model. It can hold terminal escapes that rename a pane or fill the
clipboard, and characters that reorder or hide what stands beside them. Everything that is drawn passes here
first: what a terminal would act on, or a person could not see, is replaced by something visible. Nothing is
dropped but the two variation selectors that only choose between a plain and a coloured picture.

No markup is interpreted anywhere: callers put the result into `Segment`, `Text` or `Content` as plain text.
"""

from __future__ import annotations

import re
import unicodedata

LINE_LIMIT = 2_000
"""Characters of one line that are looked at: more than any terminal is wide."""

TEXT_LIMIT = 1_000_000
"""Characters of a text of many lines that are looked at."""

_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BLANK_LETTERS = frozenset(
    {
        *(0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0),
        *range(0x180B, 0x1810),
        *range(0xFE00, 0xFE0E),
        *range(0xE0100, 0xE01F0),
    }
)
"""Letters and marks that draw nothing: Hangul fillers, joiners, variation selectors that can carry data."""

_PICTURE_SELECTORS = frozenset({0xFE0E, 0xFE0F})
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_MARK_PILE = re.compile(rf"([{_MARKS}]{{4}})([{_MARKS}]+)")
_NOT_PLAIN = re.compile(f"[{_MARKS}{''.join(map(chr, sorted(_BLANK_LETTERS | _PICTURE_SELECTORS)))}]")
_TABLE_LIMIT = 20_000


def one_line(text: str, limit: int = LINE_LIMIT) -> str:
    """Text as one safe line: controls, line breaks and tabs as symbols, at most `limit` characters read.

    Args:
        text: anything a log can hold, of any length.
        limit: characters looked at before cleaning, so that the time taken is bounded.

    Returns:
        Text without any character that moves the cursor, changes direction or cannot be seen. It ends in "…"
        when there was more.
    """
    cut = text[:limit]
    safe = _clean(cut)
    return safe + "…" if len(text) > limit else safe


def many_lines(text: str, limit: int = TEXT_LIMIT, tab: int = 4) -> list[str]:
    r"""Text as safe lines, broken at `\n`, `\r\n` and lone `\r`; tabs become spaces.

    Args:
        text: anything a log can hold, of any length.
        limit: characters looked at; a last line says how many were left out.
        tab: cells between tab stops, counted in characters.

    Returns:
        At least one line.
    """
    broken = text[:limit].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    lines = [_clean(line.expandtabs(tab)) for line in broken]
    if len(text) > limit:
        lines.append(f"… {len(text) - limit:,} more characters")
    return lines


def is_safe(text: str) -> bool:
    """Whether text could be drawn as it is: used by tests on what was drawn, and by the title and alerts."""
    return _clean(text) == text


def _clean(text: str) -> str:
    if text.isascii():
        return text if text.isprintable() else text.translate(_SHOWN)
    if not text.isprintable() or _NOT_PLAIN.search(text):
        text = text.translate(_SHOWN)
        return _MARK_PILE.sub(lambda pile: f"{pile[1]}⟨+{len(pile[2])}⟩", text)
    return text


class _Shown(dict[int, str]):
    """Code point → what is drawn for it, filled as code points are met."""

    def __missing__(self, code: int) -> str:
        if len(self) > _TABLE_LIMIT:
            self.clear()
        shown = self[code] = _show(code)
        return shown


def _show(code: int) -> str:
    """What is drawn for one code point."""
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if code in _PICTURE_SELECTORS:
        return ""
    if code in _BLANK_LETTERS or unicodedata.category(chr(code)) in _HIDDEN_CATEGORIES:
        return f"⟨U+{code:04X}⟩"
    return chr(code)


_SHOWN = _Shown()
