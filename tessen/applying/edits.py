r"""One file's changes, made in its bytes: line endings, missing last newline, mark and encoding stay.

What belongs here knows bytes and lines, and no file. A line ends at `\n`, with or without a `\r` before it.
"""

from __future__ import annotations

import codecs
import io
import tokenize
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from tessen.applying.spec import Change

_MARK = codecs.BOM_UTF8
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class EditError(Exception):
    """A change cannot be made in this file; `str()` is one line."""


class _Span(NamedTuple):
    """Lines `start` to `end`, counted from 0 and the last not included, become something else."""

    start: int
    end: int
    change: Change


def edited(path: str, body: bytes, changes: Sequence[Change]) -> bytes:
    """Return a file with all its changes made.

    Args:
        path: The file's name, which tells Python files from others.
        body: The file as it is.
        changes: Changes of this file with line numbers in it as it is; in any order.

    Raises:
        EditError: a line is out of range, changes overlap, or the encoding cannot hold the new text.
    """
    if b"\0" in body or body.startswith(_WIDE_MARKS):
        raise EditError(f"{path} is no text in an encoding that extends ASCII; change it by hand")
    mark = _MARK if body.startswith(_MARK) else b""
    lines = io.BytesIO(body[len(mark) :]).readlines()
    encoding = _encoding(path, body)
    spans = _apart([_span(each, len(lines)) for each in changes])
    made: list[bytes] = []
    done = 0
    for span in spans:
        made += lines[done : span.start]
        made += _new_lines(span, lines, encoding)
        done = span.end
    made += lines[done:]
    return mark + _joined(made, lines)


def _span(change: Change, count: int) -> _Span:
    if change.action == "append_to_file":
        return _Span(count, count, change)
    if change.line_end > count:
        raise EditError(
            f"{change.label}.line: {change.file} has {count} lines, not {change.line_end}; make the spec anew"
        )
    if change.action == "insert_before_line":
        return _Span(change.line - 1, change.line - 1, change)
    if change.action == "insert_after_line":
        return _Span(change.line, change.line, change)
    return _Span(change.line - 1, change.line_end, change)


def _apart(spans: list[_Span]) -> list[_Span]:
    """Put spans in their order in the file; none may touch lines of another, or the same gap."""
    spans = sorted(spans, key=lambda span: span[:2])
    for before, after in pairwise(spans):
        if after.start < before.end or before[:2] == after[:2]:
            labels = f"{before.change.label} and {after.change.label}"
            raise EditError(f"{labels}: overlap in {after.change.file}; make one change of them")
    return spans


def _new_lines(span: _Span, lines: list[bytes], encoding: str) -> list[bytes]:
    if span.change.action == "delete_lines":
        return []
    ending = _ending_at(span.start, lines)
    text = span.change.new_content.replace("\r\n", "\n").removesuffix("\n")
    try:
        return [part.encode(encoding) + ending for part in text.split("\n")]
    except UnicodeEncodeError:
        raise EditError(
            f"{span.change.label}.new_content: {span.change.file} is not UTF-8; only {encoding} can be added"
        ) from None


def _ending_at(index: int, lines: list[bytes]) -> bytes:
    """How lines end around a place."""
    for line in (*lines[index : index + 1], *lines[max(index - 1, 0) : index], *lines[:1]):
        if line.endswith(b"\n"):
            return b"\r\n" if line.endswith(b"\r\n") else b"\n"
    return b"\n"


def _joined(made: list[bytes], before: list[bytes]) -> bytes:
    """Lines as a file that ends in a newline if it did before."""
    if not made:
        return b""
    whole = [line if line.endswith(b"\n") else line + _ending_at(at, made) for at, line in enumerate(made)]
    if before and not before[-1].endswith(b"\n"):
        whole[-1] = whole[-1].removesuffix(b"\n").removesuffix(b"\r")
    return b"".join(whole)


def _encoding(path: str, body: bytes) -> str:
    """The encoding that new text is written in; ASCII where the file's own is unknown."""
    if path.endswith((".py", ".pyi")):
        try:
            return tokenize.detect_encoding(io.BytesIO(body).readline)[0].removesuffix("-sig")
        except SyntaxError:
            return "ascii"
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "ascii"
    return "utf-8"
