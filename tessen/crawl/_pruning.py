"""Leaving out of a file's summary what can lead to no client, which is most of it.

What belongs here is what may be left out without changing any answer: names that are given the results of
built-in functions, and the insides of functions that neither call nor hand out anything.
"""

from __future__ import annotations

from tessen.crawl._summary import MODULE, Expr, Summary


def without_what_leads_nowhere(summary: Summary) -> Summary:
    """Return a summary that gives the same answers, and is a fraction of the size."""
    bound = {each.name for each in summary.bindings}
    if summary.stars:
        return summary
    returns = [each for each in summary.returns if _leads_on(each.value, bound)]
    attributes = [
        each if _leads_on(each.value, bound) else each._replace(value=None) for each in summary.attributes
    ]
    needed = {MODULE}
    used = {each.scope for each in summary.calls} | {each.scope for each in returns}
    for scope in used.union(each.within for each in attributes):
        outer = scope
        while outer not in needed:
            needed.add(outer)
            outer = summary.scopes[outer].parent
    bindings = [
        each if _leads_on(each.value, bound) else each._replace(value=None)
        for each in summary.bindings
        if each.scope in needed or summary.scopes[each.scope].kind == "class"
    ]
    return summary._replace(bindings=bindings, attributes=attributes, returns=returns)


def _leads_on(value: Expr, bound: set[str]) -> bool:
    """Return whether a value can come from a name that the file itself says something of."""
    while value is not None:
        kind = value[0]
        if kind == "n":
            name: str = value[1]
            return name in bound
        if kind in ("l", "o", "p"):
            return any(_leads_on(each, bound) for each in value[1])
        if kind not in ("a", "c", "t", "i", "f"):
            return bool(kind != "s")
        value = value[1]
    return False
