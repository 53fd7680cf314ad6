"""Following names to where their values come from, through the files of a repository.

What belongs here is the evaluation of an `Expr`: scopes, imports, classes and their attributes, functions and
what they return. Where a name can stand for several things, all are kept; nothing is ever run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from tessen.crawl._modules import Modules
from tessen.crawl._summary import MODULE, Attribute, Binding, Expr, Summary
from tessen.crawl._values import (
    ANYTHING,
    NOTHING,
    Anything,
    Client,
    Defined,
    Foreign,
    Function,
    Instance,
    Later,
    Method,
    Module,
    Several,
    Value,
    Values,
    client_attribute,
    foreign_attribute,
    made_by,
)
from tessen.crawl._vendors import CALLED, FAMILIES, WRAPPERS

_DEEP = 40
_STEPS = 4000
"""How much is looked up for one question; what needs more was made to be lost in."""
_MOST_INDEXED, _MOST_KNOWN = 500, 50_000
"""How many files' names, and how many answers, are kept at once: what is dropped is worked out again."""
_PARTIAL = frozenset({"functools.partial", "functools.partialmethod"})


class _File:
    """One file's bindings, by scope and name."""

    def __init__(self, summary: Summary) -> None:
        self.summary = summary
        self.names = _by_name(summary.bindings)
        self.attributes = _by_name(summary.attributes)
        self.members: dict[int, set[str]] = {}
        """The names in each scope, and of a class its instances' attributes."""
        for number, name in (*self.names, *self.attributes):
            self.members.setdefault(number, set()).add(name)
        self.returns: dict[int, list[Binding]] = {}
        for each in summary.returns:
            self.returns.setdefault(each.scope, []).append(each)


_Bound = TypeVar("_Bound", Binding, Attribute)


def _by_name(bindings: Iterable[_Bound]) -> dict[tuple[int, str], list[_Bound]]:
    found: dict[tuple[int, str], list[_Bound]] = {}
    for each in bindings:
        found.setdefault((each.scope, each.name), []).append(each)
    return found


class Resolver:
    """Answers what an expression stands for. Answers are kept, until files are added."""

    def __init__(self, modules: Modules) -> None:
        self._summaries: dict[str, Summary] = {}
        self._indexed: dict[str, _File] = {}
        self._modules = modules
        self._known: dict[tuple[Any, ...], Values] = {}
        self._asking: set[tuple[Any, ...]] = set()
        self._circles: set[tuple[Any, ...]] = set()
        """Questions that are being answered, and on which an answer found meanwhile depends."""
        self._steps = 0

    def add(self, file: str, summary: Summary) -> None:
        """Add a file that was parsed."""
        self._summaries[file] = summary
        self._known.clear()

    def _file(self, file: str) -> _File:
        own = self._indexed.get(file)
        if own is None:
            if len(self._indexed) >= _MOST_INDEXED:
                self._indexed.clear()
            own = self._indexed[file] = _File(self._summaries[file])
        return own

    def values(
        self, file: str, scope: int, expr: Expr, line: int = 0, branch: Sequence[int] | None = None
    ) -> Values:
        """Return what an expression can stand for.

        Args:
            file: Where it stands.
            scope: In which scope of the file.
            expr: The expression.
            line: On which line; 0 where any value that its names are ever given counts.
            branch: By which branches of the scope that line is reached.
        """
        if expr is None:
            return NOTHING

        def inner(part: Expr) -> Values:
            return self.values(file, scope, part, line, branch)

        kind = expr[0]
        if kind == "n":
            return self._name(file, scope, expr[1], line, branch)
        if kind == "m":
            return self._imported(file, expr[1], expr[2], expr[3])
        if kind in _SIMPLE:
            return _SIMPLE[kind](file, expr)
        return self._compound(expr, inner)

    def _compound(self, expr: Expr, inner: Callable[[Expr], Values]) -> Values:
        """Return what an expression that is made of others can stand for."""
        kind, part = expr[0], expr[1]
        found = NOTHING
        if kind == "a":
            found = _union(self._attribute(value, expr[2]) for value in inner(part))
        elif kind == "c":
            found = self._called(expr, inner)
        elif kind == "t":
            found = _union(
                self._result(value, [], {}) for value in inner(part) if not isinstance(value, Module)
            )
        elif kind == "i":
            found = _union(_elements(value) for value in inner(part))
        elif kind == "l":
            found = frozenset({Several(_union(map(inner, part)))})
        elif kind == "f":
            found = frozenset({Function(inner(part))})
        elif kind == "p":
            found = frozenset(each for each in _union(map(inner, part)) if _is_runnable(each))
        elif kind == "o":
            found = _union(map(inner, part))
        return found

    def exports(self, file: str) -> bool:
        """Return whether something of a file leads to a client: a name, a function's result, an attribute."""
        return any(
            self._leads_to_client(value)
            for name in sorted(self._file(file).members.get(MODULE, ()))
            for value in self._member(file, name)
        )

    def _leads_to_client(self, value: Value) -> bool:
        if isinstance(value, Client | Method | Later):
            return True
        if isinstance(value, Several | Function):
            inner = value.elements if isinstance(value, Several) else value.results
            return any(map(self._leads_to_client, inner))
        if isinstance(value, Foreign):
            return made_by(value, [], {}) is not None
        if not isinstance(value, Defined | Instance):
            return False
        led = self._once(("leads", value), lambda: ANYTHING if self._has_client(value) else NOTHING)
        return bool(led)

    def _has_client(self, value: Defined | Instance) -> bool:
        own = self._file(value.file)
        if own.summary.scopes[value.scope].kind == "function":
            return any(map(self._leads_to_client, self._returned(Defined(value.file, value.scope))))
        instance = Instance(value.file, value.scope)
        made = self._result(Defined(value.file, value.scope), [], {})
        inherited = _union(
            self.values(value.file, own.summary.scopes[value.scope].parent, base)
            for base in own.summary.scopes[value.scope].bases
        )
        return (
            any(isinstance(each, Client) for each in made)
            or any(map(self._leads_to_client, inherited))
            or any(
                self._leads_to_client(each)
                for name in sorted(own.members.get(value.scope, ()))
                for each in self._attribute(instance, name)
            )
        )

    def _once(self, key: tuple[Any, ...], work: Callable[[], Values]) -> Values:
        """Do a piece of work once; what leads back to itself is nothing more."""
        known = self._known.get(key)
        if known is not None:
            return known
        if key in self._asking:
            self._circles.add(key)
            return NOTHING
        self._steps = self._steps + 1 if self._asking else 0
        if len(self._asking) > _DEEP or self._steps > _STEPS:
            return NOTHING
        self._asking.add(key)
        try:
            found = work()
        finally:
            self._asking.discard(key)
            self._circles.discard(key)
        if not self._circles:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[key] = found
        return found

    def _name(self, file: str, scope: int, name: str, line: int, branch: Sequence[int] | None) -> Values:
        own = self._file(file)
        scopes = own.summary.scopes
        first = scope
        while True:
            bindings = own.names.get((scope, name))
            if bindings and (scope == first or scopes[scope].kind != "class"):
                if scope == first and line:
                    return self._bound(file, tuple(_reaching(bindings, line, branch or ())))
                return self._once(
                    ("name", file, scope, name),
                    lambda found=bindings: self._bound(file, found),  # type: ignore[misc]
                )
            if scope == MODULE:
                break
            scope = scopes[scope].parent
        return self._starred(file, name)

    def _bound(self, file: str, bindings: Sequence[Binding]) -> Values:
        return self._once(
            (
                "bound",
                file,
                tuple((each.scope, each.name, each.line, tuple(each.branch)) for each in bindings),
            ),
            lambda: _union(
                self.values(file, each.scope, each.value, each.line, each.branch) for each in bindings
            ),
        )

    def _starred(self, file: str, name: str) -> Values:
        stars = [self._modules.find(file, each[1], each[3]) for each in self._file(file).summary.stars]
        foreign = [
            Foreign(f"{each[1]}.{name}")
            for each, found in zip(self._file(file).summary.stars, stars, strict=True)
            if found is None and not each[3]
        ]
        known = _union(self._member(each, name) for each in stars if each is not None and each != file)
        return known or _union(_from_foreign(each) for each in foreign)

    def _member(self, file: str, name: str) -> Values:
        """Return what a name of another file stands for."""
        if file not in self._summaries:
            return NOTHING
        own = self._file(file)
        bindings = own.names.get((MODULE, name))
        if bindings:
            return self._once(("name", file, MODULE, name), lambda: self._bound(file, bindings))
        folder = file.removesuffix("/__init__.py")
        inner = None if folder == file else self._modules.find(f"{folder}/x", name, 1)
        if inner is not None:
            return frozenset({Module(inner)})
        return self._once(("star", file, name), lambda: self._starred(file, name))

    def _imported(self, file: str, module: str, name: str, level: int) -> Values:
        found = self._modules.find(file, module, level)
        if not name:
            return frozenset({Module(found) if found else Foreign(module)})
        inner = self._modules.find(file, f"{module}.{name}" if module else name, level)
        values = self._member(found, name) if found else NOTHING
        if values or inner:
            return values or frozenset({Module(inner)} if inner else ())
        return NOTHING if found or level else _from_foreign(Foreign(f"{module}.{name}"))

    def _attribute(self, value: Value, name: str) -> Values:
        if isinstance(value, Client):
            found = client_attribute(value, name)
            return NOTHING if found is None else frozenset({found})
        if isinstance(value, Foreign):
            member = foreign_attribute(value, name)
            return NOTHING if member is None else frozenset({member})
        if isinstance(value, Module):
            return self._member(value.file, name)
        if isinstance(value, Instance | Defined):
            return self._once(("attribute", value, name), lambda: self._of_class(value, name, set()))
        return ANYTHING if isinstance(value, Anything) else NOTHING

    def _of_class(self, value: Instance | Defined, name: str, seen: set[Instance | Defined]) -> Values:
        """Return an attribute of a class or an instance: its own, or else of what it inherits from."""
        if value in seen:
            return NOTHING
        seen.add(value)
        own = self._file(value.file)
        scope = own.summary.scopes[value.scope]
        if scope.kind != "class":
            return NOTHING
        given = own.attributes.get((value.scope, name), [])
        found = _union(self.values(value.file, each.within, each.value) for each in given)
        for each in self._bound(value.file, own.names.get((value.scope, name), [])):
            found |= self._through_property(value, each)
        if given or found:
            return found
        inherited = (self.values(value.file, scope.parent, base) for base in scope.bases)
        for base in _union(inherited):
            if isinstance(base, Defined):
                found |= self._of_class(type(value)(base.file, base.scope), name, seen)
            elif isinstance(value, Instance):
                found |= _union(self._attribute(each, name) for each in self._result(base, [], {}))
        return found

    def _through_property(self, owner: Instance | Defined, value: Value) -> Values:
        if isinstance(owner, Instance) and isinstance(value, Defined):
            decorators = self._file(value.file).summary.scopes[value.scope].bases
            if any(each[-1] in ("property", "cached_property") for each in decorators):
                return self._returned(value)
        return frozenset({value})

    def _called(self, expr: Expr, inner: Callable[[Expr], Values]) -> Values:
        arguments, keywords = expr[2], expr[3]
        found = NOTHING
        for value in inner(expr[1]):
            if isinstance(value, Foreign) and value.name in _PARTIAL:
                found |= _union(_partly(each) for each in (inner(arguments[0]) if arguments else ()))
            elif isinstance(value, Foreign) and value.name in WRAPPERS:
                found |= _union(map(inner, [*arguments, *keywords.values()]))
            elif isinstance(value, Foreign) and value.name in CALLED:
                found |= _union(
                    self._result(each, [], {}) for each in (inner(arguments[0]) if arguments else ())
                )
            else:
                found |= self._result(value, arguments, keywords)
        return found

    def _result(self, value: Value, arguments: list[Expr], keywords: dict[str, Expr]) -> Values:
        """Return what comes of calling something."""
        if isinstance(value, Defined):
            return self._made(value)
        if isinstance(value, Foreign):
            made = made_by(value, arguments, keywords)
            return NOTHING if made is None else frozenset({made})
        if isinstance(value, Later):
            return frozenset({value.gives})
        if isinstance(value, Function):
            return value.results
        return ANYTHING if isinstance(value, Anything) else NOTHING

    def _made(self, value: Defined) -> Values:
        """Return what a function of the repository returns, or a class of it makes."""
        scope = self._file(value.file).summary.scopes[value.scope]
        if scope.kind == "function":
            return self._returned(value)
        bases = _union(self.values(value.file, scope.parent, base) for base in scope.bases)
        vendor = _union(self._result(each, [], {}) for each in bases if isinstance(each, Foreign))
        return frozenset({Instance(value.file, value.scope)}) | vendor

    def _returned(self, function: Defined) -> Values:
        returns = self._file(function.file).returns.get(function.scope, [])
        return self._once(
            ("returns", function),
            lambda: _union(
                self.values(function.file, each.scope, each.value, each.line, each.branch) for each in returns
            ),
        )


_SIMPLE: dict[str, Callable[[str, Expr], Values]] = {
    "x": lambda file, expr: ANYTHING,
    "d": lambda file, expr: frozenset({Defined(file, expr[1])}),
    "self": lambda file, expr: frozenset({Instance(file, expr[1])}),
}


def _is_runnable(value: Value) -> bool:
    return isinstance(value, Client) and FAMILIES[value.family].framework


def _union(values: Iterable[Values]) -> Values:
    return frozenset().union(*values)


def _elements(value: Value) -> Values:
    if isinstance(value, Several):
        return value.elements
    return ANYTHING if isinstance(value, Anything) else NOTHING


def _partly(value: Value) -> Values:
    return frozenset({value}) if isinstance(value, Method | Later | Defined | Function | Foreign) else NOTHING


def _from_foreign(foreign: Foreign) -> Values:
    """Return what a name that is imported from a foreign module is."""
    module, _, name = foreign.name.rpartition(".")
    found = foreign_attribute(Foreign(module), name)
    return NOTHING if found is None else frozenset({found})


def _reaching(bindings: Sequence[Binding], line: int, branch: Sequence[int]) -> list[Binding]:
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
