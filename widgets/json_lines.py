"""A JSON value as lines of a document: indented, coloured by kind, each object and array a fold.

What belongs here takes any value that JSON can hold, however deep or large: children are made when their
fold is first opened.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import islice
from typing import Any, NamedTuple

from tessen.format import plural, size
from widgets.lines import RULE, Fold, Item, Line, Span
from widgets.text_lines import PIECE, byte_count, first_words, text_items

INDENT = 2
INLINE_WIDTH = 64
"""Characters of an object or array that still fits one line."""

GROUP = 500
"""Members of an object or array that one fold holds; more are grouped."""

_INLINE_MEMBERS = 8
_LONG_STRING = 600

Label = tuple[Span, ...]
Members = Sequence[tuple[Label, Any]]
"""Each member's label (empty in an array) and value."""


def json_items(value: Any, *, indent: int = 0, opened: int = 2, prose: bool = False) -> list[Item]:
    """A value as lines.

    Args:
        value: parsed JSON.
        indent: cells before the marker column.
        opened: how many levels of folds are open.
        prose: for reading rather than exactness: an object's members stand without braces, and a string of
            several lines as the text it is.
    """
    way = _Way(indent, opened, prose)
    if prose and isinstance(value, dict) and 0 < len(value) <= GROUP:
        members = [((Span(f"{key}", "key"), Span(": ", "dim")), member) for key, member in value.items()]
        return [item for label, member in members for item in _items(label, member, "", way)]
    return _items((), value, "", way)


def pretty(value: Any) -> str:
    """A value as indented JSON text, for copying; a text for what cannot be written as JSON."""
    try:
        return json.dumps(value, indent=2, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as problem:
        return f"({problem})"


def compact(value: Any) -> str:
    """A value as JSON in one line, for searching; empty if it cannot be written."""
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return ""


def scalar_span(value: Any) -> Span:
    """A string, number, true, false or null in its colour; anything else by its Python name."""
    if isinstance(value, str):
        return Span(json.dumps(value, ensure_ascii=False), "string")
    if value is None or isinstance(value, bool):
        return Span(json.dumps(value), "literal")
    if isinstance(value, int | float):
        return Span(_number(value), "number")
    return Span(f"({type(value).__name__})", "literal")


def _number(value: int | float) -> str:
    """A number's text; an int of thousands of digits by its size."""
    try:
        return json.dumps(value)
    except ValueError:
        return f"(integer of {int(value).bit_length():,} bits)"


class _Way(NamedTuple):
    """How a value is written out."""

    indent: int
    opened: int
    """Levels of folds that are open."""
    prose: bool

    def inside(self) -> _Way:
        """The way of what stands inside."""
        return self._replace(indent=self.indent + INDENT, opened=self.opened - 1)


def _items(label: Label, value: Any, tail: str, way: _Way) -> list[Item]:
    """One member: a line, or a fold."""
    if isinstance(value, dict | list):
        return [_container(label, value, tail, way)]
    if isinstance(value, str) and way.prose and "\n" in value:
        return _prose(label, value, way.indent)
    if isinstance(value, str) and len(value) > _LONG_STRING:
        return [_long_string(label, value, tail, way.indent)]
    return [Line((*label, scalar_span(value), Span(tail, "dim")), way.indent)]


def _container(label: Label, value: dict[str, Any] | list[Any], tail: str, way: _Way) -> Item:
    """An object or array: in one line if it is small, else a fold."""
    inline = _inline(value)
    if inline is not None:
        return Line((*label, *inline, Span(tail, "dim")), way.indent)
    begin, end = "{}" if isinstance(value, dict) else "[]"
    count = plural(len(value), "key" if isinstance(value, dict) else "item")
    return Fold(
        Line((*label, Span(begin, "dim")), way.indent),
        lambda: [*_body(value, way.inside()), Line((Span(end + tail, "dim"),), way.indent)],
        open=way.opened > 0,
        closed_header=Line((*label, Span(f"{begin} {count} {end}{tail}", "dim")), way.indent),
        copy=lambda: pretty(value),
        noun="JSON",
        haystack=lambda: compact(value),
    )


def _body(value: dict[str, Any] | list[Any], way: _Way) -> list[Item]:
    """The members of an object or array, in groups where there are very many."""
    members = _members(value)
    if len(members) <= GROUP:
        return _member_items(members, way, last=True)
    return [_group(members, start, way) for start in range(0, len(members), GROUP)]


def _group(members: Members, start: int, way: _Way) -> Fold:
    """Some of very many members."""
    end = min(start + GROUP, len(members))
    inner = way.inside()._replace(opened=0)
    return Fold(
        Line((Span(f"{start:,} to {end - 1:,}", "dim"),), way.indent),
        lambda: _member_items(members[start:end], inner, last=end == len(members)),
        laborious=True,
        haystack=lambda: compact(_unlabelled(members[start:end])),
    )


def _unlabelled(members: Members) -> list[Any]:
    """Members as an array of labels and values."""
    return [["".join(span.text for span in label), value] for label, value in members]


def _member_items(members: Members, way: _Way, *, last: bool) -> list[Item]:
    """Members one below the other; the last one of all has no comma."""
    final = len(members) - 1 if last else len(members)
    return [
        item
        for i, (label, value) in enumerate(members)
        for item in _items(label, value, "" if i == final else ",", way)
    ]


def _members(value: dict[str, Any] | list[Any]) -> Members:
    """Labels and values."""
    if isinstance(value, list):
        return [((), v) for v in value]
    return [
        ((Span(json.dumps(str(k), ensure_ascii=False), "key"), Span(": ", "dim")), v)
        for k, v in value.items()
    ]


def _inline(value: dict[str, Any] | list[Any]) -> list[Span] | None:
    """A small object or array of scalars in one line; None if it is not small."""
    if len(value) > _INLINE_MEMBERS:
        return None
    values = list(value.values() if isinstance(value, dict) else value)
    if any(
        (isinstance(v, dict | list) and v) or (isinstance(v, str) and len(v) > INLINE_WIDTH) for v in values
    ):
        return None
    spans: list[Span] = []
    for label, member in _members(value):
        empty = Span("{}" if isinstance(member, dict) else "[]", "dim")
        shown = empty if isinstance(member, dict | list) else scalar_span(member)
        spans += [Span(", ", "dim"), *label, shown] if spans else [*label, shown]
    begin, end = "{}" if isinstance(value, dict) else "[]"
    if sum(len(s.text) for s in spans) > INLINE_WIDTH:
        return None
    return [Span(begin, "dim"), *spans, Span(end, "dim")]


def _prose(label: Label, value: str, indent: int) -> list[Item]:
    """A string of several lines as text behind a rule."""
    head = Line((*label, Span(plural(value.count("\n") + 1, "line"), "dim")), indent)
    body = text_items(value, indent=indent + INDENT, lead=RULE)
    return [Fold(head, body, open=True, copy=value, noun="text")]


def _long_string(label: Label, value: str, tail: str, indent: int) -> Fold:
    """A long string: its beginning, and all of it behind a fold."""
    words = Span(f'"{first_words(value, 48)}', "string")
    closed = Line((*label, words, Span(f" {size(byte_count(value))}", "dim")), indent)

    def body() -> list[Item]:
        return text_items(
            json.dumps(value, ensure_ascii=False) + tail, indent=indent + INDENT, style="string"
        )

    return Fold(
        Line((*label, Span(size(byte_count(value)), "dim")), indent),
        body,
        open=len(value) <= PIECE,
        closed_header=closed,
        copy=value,
        noun="string",
        haystack=value,
        laborious=len(value) > PIECE,
    )


def inline_json(value: Any, limit: int = 200) -> str:
    """A value in one short line of JSON, for headers and parameter lists; raw text."""
    if isinstance(value, str):
        return first_words(value, limit)
    if isinstance(value, dict | list) and len(value) > 40:
        value = dict(islice(value.items(), 40)) if isinstance(value, dict) else value[:40]
    try:
        return first_words(json.dumps(value, ensure_ascii=False), limit)
    except (TypeError, ValueError, RecursionError):
        return f"({type(value).__name__})"
