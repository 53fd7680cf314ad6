"""Filtering a list of calls: the fields a person can ask for, and what they mean for one entry.

The language is the log's (`tessen.query`): terms AND, `-` negates, commas OR, `*` any text, bare words
anywhere.
"""

from __future__ import annotations

from collections.abc import Callable

from tessen.query import Query, Term
from tessen.query_fields import Field, Range, glob
from tessen.reading.call_place import read_place
from tessen.sites.match import STATES, Found

SITE_FIELDS: tuple[Field, ...] = (
    Field("state", "whether it was called", "state:silent,unclear", "name", allowed=STATES),
    Field("file", "the file's path", "file:*billing*", "name"),
    Field("func", "the function's name", "func:settle", "name"),
    Field("rule", "what kind of function", "rule:tool_use*", "name"),
    Field("vendor", "the SDK or framework", "vendor:anthropic", "name"),
    Field("events", "calls in the period", "events>100", "number", "count"),
)
"""Every field, in the order that help shows."""

Test = Callable[[Found], bool]


def site_test(query: Query) -> Test:
    """Return the test whether an entry holds all terms of a query.

    Args:
        query: Parsed with `SITE_FIELDS`; its errors count for nothing.
    """
    tests = [(_test(term), term.negated) for term in query.terms]
    return lambda found: all(test(found) != negated for test, negated in tests)


def file_of(found: Found) -> str:
    """The path: within the repository, or as recorded. Raw."""
    return found.site.file if found.site else read_place(found.places[0]).file


def function_of(found: Found) -> str:
    """The function, with its class where a map knows it. Raw."""
    return found.site.function if found.site else read_place(found.places[0]).func


def line_of(found: Found) -> int | None:
    """The line: as mapped, or as recorded."""
    return found.site.line if found.site else read_place(found.places[0]).line


def _test(term: Term) -> Test:
    if term.field == "text":
        wanted = term.values[0].casefold()
        return lambda found: any(wanted in each.casefold() for each in _words(found))
    if term.ranges:
        compare = _COMPARE[term.operator]
        return lambda found: any(compare(found.events, bounds) for bounds in term.ranges)
    tests = [glob(value) for value in term.values]
    return lambda found: any(test(each) for test in tests for each in _NAMES[term.field](found) if each)


_NAMES: dict[str, Callable[[Found], tuple[str, ...]]] = {
    "state": lambda found: (found.state,),
    "file": lambda found: (file_of(found),),
    "func": lambda found: (function_of(found), function_of(found).rpartition(".")[2]),
    "rule": lambda found: (found.site.rule,) if found.site else (),
    "vendor": lambda found: (found.site.vendor,) if found.site else (),
}


def _words(found: Found) -> tuple[str, ...]:
    site = found.site
    about = (site.rule, site.vendor, site.call) if site else ()
    return (file_of(found), function_of(found), found.note, *found.places, *about)


_COMPARE: dict[str, Callable[[float, Range], bool]] = {
    ">": lambda value, bounds: value > bounds[1],
    ">=": lambda value, bounds: value >= bounds[0],
    "<": lambda value, bounds: value < bounds[0],
    "<=": lambda value, bounds: value <= bounds[1],
    ":": lambda value, bounds: bounds[0] <= value <= bounds[1],
}
