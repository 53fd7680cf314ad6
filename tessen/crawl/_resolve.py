"""Following names to where their values come from, through the files of a repository.

What belongs here is the evaluation of an `Expr`: scopes, imports, classes and their attributes, functions and
what they return. Where a name can stand for several things, all are kept; nothing is ever run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tessen.crawl._constructors import CALLED, PARTIAL, PROVIDERS, WRAPPERS
from tessen.crawl._defined import attribute_of, fields, result_of
from tessen.crawl._families import FAMILIES
from tessen.crawl._index import Index, reaching
from tessen.crawl._memory import Memory
from tessen.crawl._modules import Modules
from tessen.crawl._summary import MODULE, Binding, Expr, Summary
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
    Text,
    Value,
    Values,
    anything_attribute,
    client_attribute,
    foreign_attribute,
    is_known,
    made_by,
    takes_a_service,
    union,
)

_MOST_INDEXED = 500
"""How many files' names are kept at once."""


class Resolver:
    """Answers what an expression stands for. Answers are kept, until files are added."""

    def __init__(self, modules: Modules) -> None:
        self._summaries: dict[str, Summary] = {}
        self._indexed: dict[str, Index] = {}
        self._modules = modules
        self.memory = Memory()

    def add(self, file: str, summary: Summary) -> None:
        """Add a file that was parsed."""
        self._summaries[file] = summary
        self.memory.forget()

    def index(self, file: str) -> Index:
        """Return a file's names."""
        own = self._indexed.get(file)
        if own is None:
            if len(self._indexed) >= _MOST_INDEXED:
                self._indexed.clear()
            own = self._indexed[file] = Index(self._summaries[file])
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
        if kind == "^":
            return self.values(file, self.index(file).summary.scopes[scope].parent, expr[1])
        return self._compound(expr, inner)

    def _compound(self, expr: Expr, inner: Callable[[Expr], Values]) -> Values:
        """Return what an expression that is made of others can stand for."""
        kind, part = expr[0], expr[1]
        found = NOTHING
        if kind == "a":
            found = union(self.attribute(value, expr[2]) for value in inner(part))
        elif kind == "c":
            found = self._called(expr, inner)
        elif kind == "t":
            found = union(self.result(value) for value in inner(part) if not isinstance(value, Module))
        elif kind == "i":
            found = union(self._elements(value) for value in inner(part))
        elif kind == "l":
            found = frozenset({Several(union(map(inner, part)))})
        elif kind == "f":
            found = frozenset({Function(inner(part))})
        elif kind == "p":
            found = frozenset(each for each in union(map(inner, part)) if _is_joined(each))
        elif kind == "o":
            found = union(map(inner, part))
        return found

    def _name(self, file: str, scope: int, name: str, line: int, branch: Sequence[int] | None) -> Values:
        own = self.index(file)
        scopes = own.summary.scopes
        first = scope
        while True:
            bindings = own.names.get((scope, name))
            if bindings and (scope == first or scopes[scope].kind != "class"):
                if scope == first and line:
                    return self.bound(file, tuple(reaching(bindings, line, branch or ())))
                return self.memory.once(
                    ("name", file, scope, name),
                    lambda found=bindings: self.bound(file, found),  # type: ignore[misc]
                )
            if scope == MODULE:
                break
            scope = scopes[scope].parent
        return self._starred(file, name)

    def bound(self, file: str, bindings: Sequence[Binding]) -> Values:
        """Return what a name can stand for by some of its bindings."""
        return self.memory.once(
            (
                "bound",
                file,
                tuple((each.scope, each.name, each.line, tuple(each.branch)) for each in bindings),
            ),
            lambda: union(
                # a value that is made of what the name was before is made of what it was on lines before
                self.values(file, each.scope, each.value, max(each.line - 1, 0), each.branch)
                for each in bindings
            ),
        )

    def _starred(self, file: str, name: str) -> Values:
        stars = [self._modules.find(file, each[1], each[3]) for each in self.index(file).summary.stars]
        foreign = [
            Foreign(f"{each[1]}.{name}")
            for each, found in zip(self.index(file).summary.stars, stars, strict=True)
            if found is None and not each[3]
        ]
        known = union(self.member(each, name) for each in stars if each is not None and each != file)
        return known or union(_from_foreign(each) for each in foreign)

    def member(self, file: str, name: str) -> Values:
        """Return what a name of another file stands for."""
        if file not in self._summaries:
            return NOTHING
        own = self.index(file)
        bindings = own.names.get((MODULE, name))
        if bindings:
            return self.memory.once(("name", file, MODULE, name), lambda: self.bound(file, bindings))
        folder = file.removesuffix("/__init__.py")
        inner = None if folder == file else self._modules.find(f"{folder}/x", name, 1)
        if inner is not None:
            return frozenset({Module(inner)})
        return self.memory.once(("star", file, name), lambda: self._starred(file, name))

    def _imported(self, file: str, module: str, name: str, level: int) -> Values:
        found = self._modules.find(file, module, level)
        if not name:
            return frozenset({Module(found) if found else Foreign(module)})
        inner = self._modules.find(file, f"{module}.{name}" if module else name, level)
        values = self.member(found, name) if found else NOTHING
        if values or inner:
            return values or frozenset({Module(inner)} if inner else ())
        foreign = Foreign(f"{module}.{name}")
        return _from_foreign(foreign) if not level and (found is None or is_known(foreign)) else NOTHING

    def attribute(self, value: Value, name: str) -> Values:
        """Return an attribute of something."""
        if isinstance(value, Client):
            found = client_attribute(value, name)
            return NOTHING if found is None else frozenset({found})
        if isinstance(value, Foreign):
            member = foreign_attribute(value, name)
            return NOTHING if member is None else frozenset({member})
        if isinstance(value, Module):
            return self.member(value.file, name)
        if isinstance(value, Instance | Defined):
            return self.memory.once(
                ("attribute", value, name), lambda: attribute_of(self, value, name, set())
            )
        return frozenset({anything_attribute(value, name)}) if isinstance(value, Anything) else NOTHING

    def _elements(self, value: Value) -> Values:
        if isinstance(value, Several):
            return value.elements
        if isinstance(value, Instance):
            return self.memory.once(("elements", value), lambda: fields(self, value))
        return ANYTHING if isinstance(value, Anything) else NOTHING

    def _called(self, expr: Expr, inner: Callable[[Expr], Values]) -> Values:
        arguments, keywords = expr[2], expr[3]
        found = NOTHING
        for value in inner(expr[1]):
            if isinstance(value, Foreign) and value.name in PARTIAL:
                found |= union(_partly(each) for each in (inner(arguments[0]) if arguments else ()))
            elif isinstance(value, Foreign) and value.name in WRAPPERS:
                found |= union(map(inner, [*arguments, *keywords.values()]))
            elif isinstance(value, Foreign) and (value.name in CALLED or value.name in PROVIDERS):
                made = union(self.result(each) for each in (inner(arguments[0]) if arguments else ()))
                found |= made if value.name in CALLED else {Function(made)}
            elif isinstance(value, Foreign) and takes_a_service(value):
                named = inner(keywords.get("service_name", arguments[0] if arguments else None))
                found |= {Client("bedrock") for each in named if isinstance(each, Text)}
            else:
                found |= self.result(value)
        return found

    def result(self, value: Value) -> Values:
        """Return what comes of calling something."""
        if isinstance(value, Defined):
            return result_of(self, value)
        if isinstance(value, Foreign):
            made = made_by(value)
            return NOTHING if made is None else frozenset({made})
        if isinstance(value, Later):
            return frozenset({value.gives})
        if isinstance(value, Function):
            return value.results
        return ANYTHING if isinstance(value, Anything) else NOTHING


_SIMPLE: dict[str, Callable[[str, Expr], Values]] = {
    "x": lambda file, expr: ANYTHING,
    "d": lambda file, expr: frozenset({Defined(file, expr[1])}),
    "s": lambda file, expr: frozenset({Text(expr[1])}),
    "self": lambda file, expr: frozenset({Instance(file, expr[1])}),
}


def _is_joined(value: Value) -> bool:
    """Return whether `|` keeps a value: steps of a chain, and types of a union."""
    if isinstance(value, Client):
        return FAMILIES[value.family].framework
    return isinstance(value, Foreign | Defined)


def _partly(value: Value) -> Values:
    return frozenset({value}) if isinstance(value, Method | Later | Defined | Function | Foreign) else NOTHING


def _from_foreign(foreign: Foreign) -> Values:
    """Return what a name that is imported from a foreign module is."""
    module, _, name = foreign.name.rpartition(".")
    found = foreign_attribute(Foreign(module), name)
    return NOTHING if found is None else frozenset({found})
