"""Classes and functions of the repository: what their attributes are, and what comes of calling them.

What belongs here is what is asked of one definition, and of those that it inherits from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tessen.crawl._values import NOTHING, Defined, Foreign, Instance, Value, Values, union

if TYPE_CHECKING:
    from tessen.crawl._resolve import Resolver


def attribute_of(
    resolver: Resolver, value: Instance | Defined, name: str, seen: set[Instance | Defined]
) -> Values:
    """Return an attribute of a class or an instance: its own, or else of what it inherits from."""
    if value in seen:
        return NOTHING
    seen.add(value)
    own = resolver.index(value.file)
    scope = own.summary.scopes[value.scope]
    if scope.kind != "class":
        return NOTHING
    given = own.attributes.get((value.scope, name), [])
    found = union(resolver.values(value.file, each.within, each.value) for each in given)
    for each in resolver.bound(value.file, own.names.get((value.scope, name), [])):
        found |= _through_property(resolver, value, each)
    if given or found:
        return found
    inherited = (resolver.values(value.file, scope.parent, base) for base in scope.bases)
    for base in union(inherited):
        if isinstance(base, Defined):
            found |= attribute_of(resolver, type(value)(base.file, base.scope), name, seen)
        elif isinstance(value, Instance):
            found |= union(resolver.attribute(each, name) for each in resolver.result(base))
    return found


def _through_property(resolver: Resolver, owner: Instance | Defined, value: Value) -> Values:
    if isinstance(owner, Instance) and isinstance(value, Defined):
        decorators = resolver.index(value.file).summary.scopes[value.scope].bases
        if any(each[-1] in ("property", "cached_property") for each in decorators):
            return returned(resolver, value)
    return frozenset({value})


def fields(resolver: Resolver, value: Instance) -> Values:
    """Return what a named tuple holds."""
    own = resolver.index(value.file)
    scope = own.summary.scopes[value.scope]
    bases = union(resolver.values(value.file, scope.parent, base) for base in scope.bases)
    if Foreign("typing.NamedTuple") not in bases:
        return NOTHING
    return union(resolver.attribute(value, name) for name in own.members.get(value.scope, []))


def result_of(resolver: Resolver, value: Defined) -> Values:
    """Return what a function of the repository returns, or a class of it makes."""
    scope = resolver.index(value.file).summary.scopes[value.scope]
    if scope.kind == "function":
        return returned(resolver, value)
    bases = union(resolver.values(value.file, scope.parent, base) for base in scope.bases)
    vendor = union(resolver.result(each) for each in bases if isinstance(each, Foreign))
    return frozenset({Instance(value.file, value.scope)}) | vendor


def returned(resolver: Resolver, function: Defined) -> Values:
    """Return what a function returns or yields."""
    returns = resolver.index(function.file).returns.get(function.scope, [])
    return resolver.memory.once(
        ("returns", function),
        lambda: union(
            resolver.values(function.file, each.scope, each.value, each.line, each.branch) for each in returns
        ),
    )
