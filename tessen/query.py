"""The filter language: `status:error agent:bil* dur>5s -model:*haiku* "free text"`, read into terms.

Terms are joined by AND, `-` negates one, commas inside one mean OR, `*` and `?` are globs. What stands
without a field is text, looked for in the whole line on disk. A term that makes no sense is an error with
its place in the text, and selects nothing away. The fields are in `query_fields.py`. What terms mean is said
twice and tested as one: for an event in `query_match.py`, for the app's columns in `capture.log.matching`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as column

from tessen.query_fields import (
    FIELD_BY_NAME,
    FIELDS,
    Field,
    Range,
    Time,
    ValueRefusedError,
    read_id,
    read_name,
    read_number,
    read_time,
)

__all__ = ["FIELDS", "Field", "Query", "QueryError", "Term", "parse_query"]


@dataclass(frozen=True, slots=True)
class QueryError:
    """A term that makes no sense; it is left out when rows are matched."""

    start: int
    """Where the term starts in the text, in characters."""
    end: int
    message: str
    """What is wrong, in a few words."""
    hint: str
    """What to write instead; may be empty."""


@dataclass(frozen=True, slots=True)
class Term:
    """One condition. Terms are equal when they mean the same, wherever they stand."""

    field: str
    """A field's name, or "text"."""
    operator: str
    """`:` (is one of), `>`, `>=`, `<`, `<=`."""
    values: tuple[str, ...]
    """Names, globs, ids in lower case; the text itself; for numbers and times as typed."""
    negated: bool = False
    ranges: tuple[Range, ...] = ()
    """For numbers: one for each value. Durations are in seconds."""
    times: tuple[Time, ...] = ()
    """For times: one."""
    start: int = column(default=0, compare=False)
    end: int = column(default=0, compare=False)

    def __str__(self) -> str:
        values = ",".join(_quoted(value) for value in self.values)
        body = values if self.field == "text" else f"{self.field}{self.operator}{values}"
        return f"-{body}" if self.negated else body


@dataclass(frozen=True, slots=True)
class Query:
    """A filter: the terms that all have to hold, and what could not be understood."""

    terms: tuple[Term, ...] = ()
    errors: tuple[QueryError, ...] = column(default=(), compare=False)

    @property
    def is_empty(self) -> bool:
        """Whether it lets every row through."""
        return not self.terms

    @property
    def texts(self) -> tuple[Term, ...]:
        """The terms that need the bodies on disk."""
        return tuple(term for term in self.terms if term.field == "text")

    def __str__(self) -> str:
        return " ".join(str(term) for term in self.terms)


_TERM = re.compile(r'(?:"(?:\\.|[^"\\])*"?|[^\s"])+', re.DOTALL)
_HEAD = re.compile(r"(-?)(?:([A-Za-z_]\w*)(>=|<=|>|<|=|:))?(.*)", re.ASCII | re.DOTALL)
_VALUE = re.compile(r'"((?:\\.|[^"\\])*)("?)|([^,"]+)|(,)', re.DOTALL)
_PLAIN = re.compile(r'[^\s",\-:<>=\\]+')


def parse_query(text: str, fields: Mapping[str, Field] = FIELD_BY_NAME) -> Query:
    """Read a filter as a person types it. Never raises: what makes no sense becomes one of `errors`.

    Args:
        text: The filter.
        fields: The fields there are, by name: those of events, or those of something else that is filtered.
    """
    terms: list[Term] = []
    errors: list[QueryError] = []
    for match in _TERM.finditer(text):
        try:
            terms.append(_term(match[0], match.start(), match.end(), fields))
        except ValueRefusedError as problem:
            errors.append(QueryError(match.start(), match.end(), str(problem), problem.hint))
    return Query(tuple(terms), tuple(errors))


def _term(source: str, start: int, end: int, fields: Mapping[str, Field]) -> Term:
    minus, name, operator, rest = _HEAD.fullmatch(source).groups()  # type: ignore[union-attr] # matches anything
    if name is None:
        text = _text(rest)
        if not text:
            raise ValueRefusedError("nothing to look for", 'a word, or "several words"')
        return Term("text", ":", (text,), bool(minus), start=start, end=end)
    known = _field(name, fields)
    values = tuple(_split(rest))
    if not values:
        raise ValueRefusedError(f"'{known.name}' has no value", f"such as {known.example}")
    return _field_term(known, operator, values, bool(minus), (start, end))


def _field(name: str, fields: Mapping[str, Field]) -> Field:
    if known := fields.get(name.lower()):
        return known
    close = difflib.get_close_matches(name.lower(), fields, n=1, cutoff=0.5)
    hint = f"did you mean '{close[0]}'?" if close else 'put it in "quotes" to look for it as text'
    raise ValueRefusedError(f"unknown field '{name[:30]}'", hint)


def _field_term(
    known: Field, operator: str, values: tuple[str, ...], negated: bool, span: tuple[int, int]
) -> Term:
    """Check operator and values against what the field takes."""
    operator = ":" if operator == "=" else operator
    start, end = span
    if operator != ":" and known.kind != "number":
        raise ValueRefusedError(f"'{known.name}' cannot be compared", f"such as {known.example}")
    if (operator != ":" or known.kind == "time") and len(values) > 1:
        raise ValueRefusedError(f"'{known.name}' takes one value here", f"such as {known.example}")
    match known.kind:
        case "number":
            ranges = tuple(read_number(known, value) for value in values)
            return Term(known.name, operator, values, negated, ranges=ranges, start=start, end=end)
        case "time":
            times = tuple(read_time(known, value) for value in values)
            return Term(known.name, operator, values, negated, times=times, start=start, end=end)
        case "id":
            return Term(
                known.name, ":", tuple(read_id(known, v) for v in values), negated, start=start, end=end
            )
        case _:
            return Term(
                known.name, ":", tuple(read_name(known, v) for v in values), negated, start=start, end=end
            )


def _text(source: str) -> str:
    """A free text: quotes taken off, commas as they are."""
    return "".join("," if piece is None else piece for piece in _pieces(source))


def _split(source: str) -> Iterator[str]:
    """The values between commas; quotes keep commas and spaces in one."""
    value = ""
    for piece in (*_pieces(source), None):
        if piece is not None:
            value += piece
        elif value:
            yield value
            value = ""


def _pieces(source: str) -> Iterator[str | None]:
    """Stretches of text, quoted ones taken out of their quotes; None for a comma between them."""
    for match in _VALUE.finditer(source):
        if match[4]:
            yield None
        elif match[3] is not None:
            yield match[3]
        else:
            yield re.sub(r"\\(.)", r"\1", match[1], flags=re.DOTALL)


def _quoted(value: str) -> str:
    """A value as it has to be typed."""
    if _PLAIN.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
