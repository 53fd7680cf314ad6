"""One file's bindings, by scope and name, and which of a name's bindings count on a line.

What belongs here is looking names up within a file; what their values are is for `_resolve.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TypeVar

from tessen.crawl._summary import Attribute, Binding, Summary


class Index:
    """One file's bindings, by scope and name; each kind is sorted once somebody asks."""

    def __init__(self, summary: Summary) -> None:
        self.summary = summary

    @cached_property
    def names(self) -> dict[tuple[int, str], list[Binding]]:
        """What each name of each scope is given."""
        return _by_name(self.summary.bindings)

    @cached_property
    def attributes(self) -> dict[tuple[int, str], list[Attribute]]:
        """What each attribute of each class's instances is given."""
        return _by_name(self.summary.attributes)

    @cached_property
    def returns(self) -> dict[int, list[Binding]]:
        """What each function returns."""
        found: dict[int, list[Binding]] = {}
        for each in self.summary.returns:
            found.setdefault(each.scope, []).append(each)
        return found

    @cached_property
    def members(self) -> dict[int, list[str]]:
        """The names in each scope, and of a class its instances' attributes."""
        found: dict[int, set[str]] = {}
        for number, name in (*self.names, *self.attributes):
            found.setdefault(number, set()).add(name)
        return {number: sorted(names) for number, names in found.items()}


_Bound = TypeVar("_Bound", Binding, Attribute)


def _by_name(bindings: Iterable[_Bound]) -> dict[tuple[int, str], list[_Bound]]:
    found: dict[tuple[int, str], list[_Bound]] = {}
    for each in bindings:
        found.setdefault((each.scope, each.name), []).append(each)
    return found


def reaching(bindings: Sequence[Binding], line: int, branch: Sequence[int]) -> list[Binding]:
    """Return those of a name's bindings that can reach a line: the last certain one, uncertain ones since."""
    reaching: list[Binding] = []
    possible = [each for each in bindings if not _exclude(each.branch, branch)]
    for each in sorted((each for each in possible if each.line <= line), key=lambda each: -each.line):
        reaching.append(each)
        if list(each.branch) == list(branch[: len(each.branch)]):
            return reaching
    return reaching or possible


def _exclude(one: Sequence[int], other: Sequence[int]) -> bool:
    return any(a != b and a >> 1 == b >> 1 for a, b in zip(one, other, strict=False))
