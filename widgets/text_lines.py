"""Long text as lines of a document, in portions, so that ten megabytes open as fast as ten lines.

What belongs here is the breaking of raw text into logical lines; how a line wraps is `widgets.lines`.
"""

from __future__ import annotations

from tessen.format import plural, size
from widgets.lines import NO_LEAD, Fold, Item, Line, Span

FIRST_PORTION = 60_000
"""Characters shown at first."""

NEXT_PORTION = 400_000
"""Characters that each "more" brings."""

PIECE = 2_000
"""Characters after which a line without a break goes on as another line."""


def text_items(
    text: str, *, indent: int = 0, style: str = "", lead: Span = NO_LEAD, portion: int = FIRST_PORTION
) -> list[Item]:
    r"""Raw text as lines, broken at `\n` and `\r\n`; what is beyond a portion waits behind a fold.

    Args:
        text: anything a log can hold, of any length.
        indent: cells before the marker column.
        style: of all the text.
        lead: what stands before each line, such as a rule.
        portion: characters to show before the fold.
    """
    cut = _portion_end(text, portion)
    lines: list[Item] = [
        Line((Span(piece, style),), indent, lead)
        for raw in text[:cut].split("\n")
        for piece in _pieces(raw.removesuffix("\r").expandtabs(4))
    ]
    rest = text[cut:]
    if rest:
        lines.append(_more(rest, indent, style, lead))
    return lines


def text_shape(text: str) -> str:
    """How much text there is, in words: "12 lines", "1 line", or its size where it is big."""
    if len(text) > FIRST_PORTION:
        return size(byte_count(text))
    return plural(text.count("\n") + 1, "line")


def first_words(text: str, limit: int = 160) -> str:
    """The beginning of a text in one line, for a folded header; raw."""
    words = " ".join(text[: 4 * limit].split())
    return words[:limit] + ("…" if len(words) > limit or len(text) > 4 * limit else "")


def byte_count(text: str) -> int:
    """Bytes of a text in UTF-8, lone surrogates included."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _portion_end(text: str, portion: int) -> int:
    """Where to cut: at the last line break within the portion, if there is one near its end."""
    if len(text) <= portion + portion // 10:
        return len(text)
    newline = text.rfind("\n", portion // 2, portion)
    return newline + 1 if newline >= 0 else portion


def _pieces(line: str) -> list[str]:
    """A line in pieces that are quick to lay out."""
    if len(line) <= PIECE:
        return [line]
    return [line[i : i + PIECE] for i in range(0, len(line), PIECE)]


def _more(rest: str, indent: int, style: str, lead: Span) -> Fold:
    """The fold that holds the rest of a long text."""
    words = f"… {size(byte_count(rest))} more; w writes all of it to a file"
    return Fold(
        Line((Span(words, "dim"),), indent),
        lambda: text_items(rest, indent=indent, style=style, lead=lead, portion=NEXT_PORTION),
        haystack=rest,
        laborious=True,
    )
