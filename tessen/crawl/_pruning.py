"""What can lead to no client, which is most of a file, and leaving it out of the file's summary.

What belongs here is what may be left out without changing any answer: names that are given the results of
built-in functions or of modules that make no clients, and the insides of functions that neither call nor hand
out anything.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

from tessen.crawl._signs import LEADS_NOWHERE
from tessen.crawl._summary import MODULE, Attribute, Binding, Expr, Summary

_OF_ANOTHER = frozenset({"a", "c", "t", "i", "f", "^"})
"""Kinds of `Expr` that lead on if their first part does."""


def without_what_leads_nowhere(summary: Summary) -> Summary:
    """Return a summary that gives the same answers, and is a fraction of the size."""
    if summary.stars:
        return summary
    bound = names_that_lead_on(summary.bindings)
    returns = [each for each in summary.returns if leads_on(each.value, bound)]
    attributes = [
        each if leads_on(each.value, bound) else Attribute(each.scope, each.name, None, each.within)
        for each in summary.attributes
    ]
    needed = {MODULE}
    used = {each.scope for each in summary.calls} | {each.scope for each in returns}
    for scope in used.union(each.within for each in attributes if each.value is not None):
        outer = scope
        while outer not in needed:
            needed.add(outer)
            outer = summary.scopes[outer].parent
    bindings = [
        each
        if each.value is None or leads_on(each.value, bound)
        else Binding(each.scope, each.name, None, each.line, each.branch)
        for each in summary.bindings
        if each.scope in needed or summary.scopes[each.scope].kind == "class"
    ]
    return summary._replace(bindings=bindings, attributes=attributes, returns=returns)


def names_that_lead_on(bindings: Iterable[Binding]) -> set[str]:
    """Return the names that are given a value which can come from a client, in whatever scope."""
    led: set[str] = set()
    follow: dict[str, list[str]] = {}
    for _, name, value, _, _ in bindings:
        if value is None or name in led:
            continue
        if value[0] == "n":
            follow.setdefault(value[1], []).append(name)
            continue
        for origin in origins(value):
            if origin is None:
                led.add(name)
            else:
                follow.setdefault(origin, []).append(name)
    stack = list(led)
    while stack:
        for name in follow.get(stack.pop(), ()):
            if name not in led:
                led.add(name)
                stack.append(name)
    return led


def origins(value: Expr) -> Iterable[str | None]:
    """Return the names that a value can come from; None for what leads on whatever any name is."""
    while value is not None:
        kind = value[0]
        if kind == "n":
            return (value[1],)
        if kind in _OF_ANOTHER:
            value = value[1]
        elif kind in ("l", "o", "p"):
            return [origin for each in value[1] for origin in origins(each)]
        else:
            return (None,) if leads_on(value, ()) else ()
    return ()


def leads_on(value: Expr, names: Container[str]) -> bool:
    """Return whether a value can come from one of some names, or from another module."""
    while value is not None:
        kind = value[0]
        if kind == "n":
            name: str = value[1]
            return name in names
        if kind == "m":
            return bool(value[3]) or value[1].partition(".")[0] not in LEADS_NOWHERE
        if kind in ("l", "o", "p"):
            return any(leads_on(each, names) for each in value[1])
        if kind not in _OF_ANOTHER:
            return True
        value = value[1]
    return False
