"""Markdown as lines of a document: headings, lists, quotes, tables, code in its colours, links in full.

What belongs here is the way from the parser's tokens to lines. Nothing in the text is ever interpreted beyond
that: HTML stands as it was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from rich.cells import cell_len

from tessen.sanitise import one_line
from widgets.cells import fit
from widgets.code_ink import CodeInk
from widgets.late_line import LateLine
from widgets.lines import NO_LEAD, RULE, Item, Line, Span

if TYPE_CHECKING:
    from markdown_it.token import Token

LIMIT = 400_000
"""Characters of a text that are rendered; an analysis is written by a person."""

_STYLES = {"strong_open": "strong", "em_open": "accent", "link_open": "key", "s_open": "faint"}
_WIDEST_CELL = 40


def markdown_items(text: str, indent: int = 0) -> list[Item]:
    """A text in Markdown as lines; raw text is welcome."""
    from markdown_it import MarkdownIt

    cut = text[:LIMIT]
    items = list(_Blocks(MarkdownIt("commonmark").enable("table").parse(cut), indent).items())
    if len(text) > LIMIT:
        items.append(Line((Span(f"… {len(text) - LIMIT:,} more characters", "dim"),), indent))
    return items


class _Blocks:
    """Walks the tokens of a text, in one pass."""

    def __init__(self, tokens: Sequence[Token], indent: int) -> None:
        self._tokens = tokens
        self._base = indent
        self._lists: list[int | None] = []
        self._quotes = 0
        self._bullet = ""
        self._heading = ""
        self._table: list[list[str]] | None = None

    def items(self) -> Iterator[Item]:
        """Every line, blank ones between blocks."""
        for token in self._tokens:
            match token.type:
                case "inline" if self._table is not None:
                    self._table[-1].append(one_line(token.content, 200))
                case "inline":
                    yield from self._lines(token, self._heading)
                case "fence" | "code_block":
                    yield from self._code(token)
                case "html_block":
                    yield from (self._line((Span(each, "dim"),)) for each in token.content.splitlines())
                case "hr":
                    yield self._line((Span("─" * 20, "faint"),))
                case "table_close":
                    yield from self._table_lines()
                case _ if token.nesting > 0:
                    self._opened(token)
                case _:
                    yield from self._closed(token)

    def _opened(self, token: Token) -> None:
        """Take in that a block begins."""
        match token.type:
            case "heading_open":
                self._heading = "heading" if token.tag in ("h1", "h2") else "strong"
            case "bullet_list_open":
                self._lists.append(None)
            case "ordered_list_open":
                self._lists.append(int(token.attrGet("start") or 1))
            case "list_item_open":
                self._bullet = self._next_bullet()
            case "blockquote_open":
                self._quotes += 1
            case "table_open":
                self._table = []
            case "tr_open" if self._table is not None:
                self._table.append([])

    def _closed(self, token: Token) -> Iterator[Line]:
        """Take in that a block ends; a blank line stands after those that are not within a list."""
        self._heading = ""
        match token.type:
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
            case "blockquote_close":
                self._quotes -= 1
                return
            case "heading_close" | "paragraph_close":
                pass
            case _:
                return
        if not self._lists:
            yield self._line(())

    @property
    def _indent(self) -> int:
        return self._base + 2 * max(0, len(self._lists) - 1) + (2 if self._lists else 0)

    def _line(self, spans: Sequence[Span]) -> Line:
        return Line(tuple(spans), self._indent, RULE if self._quotes else NO_LEAD)

    def _next_bullet(self) -> str:
        number = self._lists[-1]
        if number is None:
            return "• "
        self._lists[-1] = number + 1
        return f"{number}. "

    def _lines(self, token: Token, heading: str) -> Iterator[Line]:
        """The lines of a paragraph; the first of a list's item has its bullet in the margin."""
        for spans in _split(_inline(token.children or (), heading)):
            bullet, self._bullet = self._bullet, ""
            if bullet:
                yield Line((Span(bullet, "accent"), *spans), max(0, self._indent - 2), hang=len(bullet))
            else:
                yield self._line(spans)

    def _code(self, token: Token) -> Iterator[Item]:
        lines = token.content.removesuffix("\n").split("\n")
        ink = CodeInk(f"code.{_SUFFIXES.get(token.info.strip(), token.info.strip())}", lines)
        for number, text in enumerate(lines):
            yield LateLine(text, partial(ink.spans, number), self._indent, RULE)
        yield self._line(())

    def _table_lines(self) -> Iterator[Line]:
        rows, self._table = self._table or [], None
        columns = max(map(len, rows), default=0)
        cells = [[*row, *[""] * (columns - len(row))] for row in rows]
        widths = [min(_WIDEST_CELL, max(cell_len(row[i]) for row in cells)) for i in range(columns)]
        for number, row in enumerate(cells):
            text = " │ ".join(fit(cell, width) for cell, width in zip(row, widths, strict=True))
            yield self._line((Span(text.rstrip(), "strong" if number == 0 else ""),))
        yield self._line(())


_SUFFIXES = {
    "python": "py",
    "javascript": "js",
    "typescript": "ts",
    "bash": "sh",
    "shell": "sh",
    "console": "sh",
}
"""What people write behind a fence → the ending of such a file; most are the same."""


def _inline(tokens: Sequence[Token], style: str) -> Iterator[Span]:
    """The pieces of a paragraph, a line break as one of its own."""
    styles = [style]
    target = ""
    for token in tokens:
        if token.type in ("softbreak", "hardbreak"):
            yield Span("\n" if token.type == "hardbreak" else " ", styles[-1])
        elif token.type == "code_inline":
            yield Span(token.content, "number")
        elif token.type == "image":
            yield Span(f"[image {token.content}]", "dim")
        elif token.nesting == 1:
            styles.append(_STYLES.get(token.type, styles[-1]))
            target = str(token.attrGet("href") or "") if token.type == "link_open" else target
        elif token.nesting == -1:
            styles.pop()
            if token.type == "link_close" and target:
                yield Span(f" ({target})", "dim")
        elif token.content:
            yield Span(token.content, styles[-1])


def _split(spans: Iterator[Span]) -> Iterator[list[Span]]:
    """The spans in lines, broken where a break stands alone."""
    row: list[Span] = []
    for span in spans:
        if span.text == "\n":
            yield row
            row = []
        else:
            row.append(span)
    yield row
