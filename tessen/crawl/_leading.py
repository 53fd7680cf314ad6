"""Whether anything of a file leads to a client, so that the files which import it are parsed too.

What belongs here is that question, asked of names, functions and classes with all their attributes.
"""

from __future__ import annotations

from tessen.crawl._defined import returned
from tessen.crawl._resolve import Resolver
from tessen.crawl._summary import MODULE
from tessen.crawl._values import (
    ANYTHING,
    NOTHING,
    Client,
    Defined,
    Foreign,
    Function,
    Instance,
    Later,
    Method,
    Several,
    Value,
    made_by,
    union,
)


def exports(resolver: Resolver, file: str) -> bool:
    """Return whether something of a file leads to a client: a name, a function's result, an attribute."""
    return any(
        _leads_to_client(resolver, value)
        for name in resolver.index(file).members.get(MODULE, [])
        for value in resolver.member(file, name)
    )


def _leads_to_client(resolver: Resolver, value: Value) -> bool:
    if isinstance(value, Client | Method | Later):
        return True
    if isinstance(value, Several | Function):
        inner = value.elements if isinstance(value, Several) else value.results
        return any(_leads_to_client(resolver, each) for each in inner)
    if isinstance(value, Foreign):
        return made_by(value) is not None
    if not isinstance(value, Defined | Instance):
        return False
    led = resolver.memory.once(
        ("leads", value), lambda: ANYTHING if _has_client(resolver, value) else NOTHING
    )
    return bool(led)


def _has_client(resolver: Resolver, value: Defined | Instance) -> bool:
    own = resolver.index(value.file)
    if own.summary.scopes[value.scope].kind == "function":
        return any(
            _leads_to_client(resolver, each) for each in returned(resolver, Defined(value.file, value.scope))
        )
    instance = Instance(value.file, value.scope)
    made = resolver.result(Defined(value.file, value.scope))
    inherited = union(
        resolver.values(value.file, own.summary.scopes[value.scope].parent, base)
        for base in own.summary.scopes[value.scope].bases
    )
    return (
        any(isinstance(each, Client) for each in made)
        or any(_leads_to_client(resolver, each) for each in inherited)
        or any(
            _leads_to_client(resolver, each)
            for name in own.members.get(value.scope, [])
            for each in resolver.attribute(instance, name)
        )
    )
