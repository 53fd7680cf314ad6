"""What a function says of clients in which no method of one is named, told by a look at its statements.

What belongs here is that look. All that such a function can do is return or keep something, and what that
comes from is told by the first name of an expression, mostly: a name that leads nowhere, a parameter, or a
variable that was given one of these. A function that does more is walked like those with calls in them.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable, Mapping, Set
from typing import Any, NamedTuple

from tessen.crawl import _expressions as expressions
from tessen.crawl._pruning import leads_on

BUILT_IN = frozenset(dir(builtins)) - {"getattr", "__import__", "super", "type"}
"""Names that lead nowhere, where a file says nothing else; those left out are looked into."""

_BY_NAME = (b"import", b"getattr", b"nonlocal", b"globals", b"eval")
_MOST_WORDS = 100
_CHAINED = {ast.Attribute: "value", ast.Call: "func", ast.Subscript: "value", ast.Await: "value"}
_CONTAINERS = {ast.List: "elts", ast.Tuple: "elts", ast.Set: "elts", ast.Dict: "values", ast.BoolOp: "values"}
_COMPREHENSIONS = {ast.ListComp: "elt", ast.GeneratorExp: "elt", ast.DictComp: "value"}
_OF_ANYTHING = frozenset({"Any", "object", "Callable"})
_SILENT = frozenset({ast.Pass, ast.Raise, ast.AugAssign, ast.Assert, ast.Delete, ast.Break, ast.Continue})


class Text:
    """A file's text, in which functions are looked up that name nothing of interest."""

    def __init__(self, data: bytes, names: Set[str]) -> None:
        self._lines = data.split(b"\n")
        self._words = [*_BY_NAME, *sorted(map(str.encode, names))]

    def names_any(self, function: Any) -> bool:
        """Return whether a function names what leads to a client, or can find it by its name.

        One that does neither can only hand out what it is given.
        """
        if len(self._words) > _MOST_WORDS:
            return True
        text = b"\n".join(self._lines[function.lineno - 1 : function.end_lineno])
        return any(word in text for word in self._words)


class Given(NamedTuple):
    """An attribute that a function gives a value."""

    target: ast.Attribute
    value: ast.expr | None
    annotation: ast.expr | None
    leads_on: bool


class Said(NamedTuple):
    """What a function says."""

    given: list[Given]
    returned: list[ast.expr]
    """What it returns or yields, and may lead to a client."""

    @property
    def leads_on(self) -> bool:
        """Whether anything of it does."""
        return bool(self.returned) or any(each.leads_on for each in self.given)


class _Names:
    """The names that may lead to a client within a function."""

    def __init__(self, nothing: Set[str], own: Mapping[str, bool]) -> None:
        self._nothing = nothing
        self._own = own
        """Its parameters and variables, and whether each leads on."""

    def __contains__(self, name: object) -> bool:
        known = self._own.get(name)  # type: ignore[call-overload]
        return name not in self._nothing if known is None else bool(known)

    def has(self, node: Any) -> bool:
        """Return whether an expression may lead to a client."""
        while (field := _CHAINED.get(type(node))) is not None:
            node = getattr(node, field)
        kind = type(node)
        if kind is ast.Name:
            return node.id in self
        if kind in _CONTAINERS:
            return any(map(self.has, getattr(node, _CONTAINERS[kind])))
        if kind in _COMPREHENSIONS and not any(self.has(each.iter) for each in node.generators):
            inner = dict.fromkeys((name for each in node.generators for name in _named(each.target)), False)
            return _Names(self._nothing, {**self._own, **inner}).has(getattr(node, _COMPREHENSIONS[kind]))
        return kind in expressions.LOWERED and leads_on(expressions.lower(node), self)

    def has_type(self, node: Any) -> bool:
        """Return whether an annotation may name a client's type, or anything."""
        kind = type(node)
        if kind is ast.Name:
            return node.id in _OF_ANYTHING or (node.id not in expressions.QUIET and node.id in self)
        if kind is ast.Subscript:
            return self.has_type(node.slice) or self._has_generic(node.value)
        if kind is ast.BinOp:
            return self.has_type(node.left) or self.has_type(node.right)
        if kind is ast.Tuple:
            return any(map(self.has_type, node.elts))
        return kind is not ast.Constant or node.value is not None

    def _has_generic(self, node: ast.expr) -> bool:
        return expressions.last_name(node) not in expressions.TRANSPARENT and self.has_type(node)


class _Look:
    """What the statements of a function do, before it is known which names lead on."""

    def __init__(self) -> None:
        self.variables: list[tuple[str, Any, Any]] = []
        """Name, value and annotation."""
        self.attributes: list[tuple[ast.Attribute, Any, Any]] = []
        self.returned: list[ast.expr] = []

    def over(self, body: Iterable[ast.stmt]) -> bool:
        """Note what statements do; return whether that is all of it."""
        stack: list[Any] = list(body)
        while stack:
            node = stack.pop()
            kind = type(node)
            notes = _NOTES.get(kind)
            if notes is not None:
                if not notes(self, node):
                    return False
                for field in _BODIES.get(kind, ()):
                    stack += getattr(node, field)
            elif kind not in _SILENT:
                return False
        return True

    def _return(self, node: ast.Return) -> bool:
        if node.value is not None:
            self.returned.append(node.value)
        return True

    def _expression(self, node: ast.Expr) -> bool:
        if type(node.value) is ast.Yield and node.value.value is not None:
            self.returned.append(node.value.value)
        return True

    def _assign(self, node: ast.Assign) -> bool:
        value = node.value
        if type(value) is ast.Yield:
            return False
        return all(self._gives(target, value, None, attributes=True) for target in node.targets)

    def _annotated(self, node: ast.AnnAssign) -> bool:
        return self._gives(node.target, node.value, node.annotation, attributes=True)

    def _for(self, node: ast.For | ast.AsyncFor) -> bool:
        return self._gives(node.target, node.iter, None)

    def _with(self, node: ast.With | ast.AsyncWith) -> bool:
        named = [each for each in node.items if each.optional_vars is not None]
        return all(self._gives(each.optional_vars, each.context_expr, None) for each in named)

    def _block(self, node: ast.stmt) -> bool:
        return True

    def _gives(self, target: Any, value: Any, annotation: Any, *, attributes: bool = False) -> bool:
        kind = type(target)
        if kind is ast.Name:
            self.variables.append((target.id, value, annotation))
        elif kind is ast.Attribute and attributes:
            self.attributes.append((target, value, annotation))
        elif kind is ast.Tuple or kind is ast.List:
            return all(self._gives(each, value, None) for each in target.elts)
        else:
            return kind is ast.Subscript
        return True


_NOTES: dict[type, Callable[[_Look, Any], bool]] = {
    ast.Return: _Look._return,
    ast.Expr: _Look._expression,
    ast.Assign: _Look._assign,
    ast.AnnAssign: _Look._annotated,
    ast.For: _Look._for,
    ast.AsyncFor: _Look._for,
    ast.With: _Look._with,
    ast.AsyncWith: _Look._with,
    **dict.fromkeys((ast.If, ast.While, ast.Try, ast.TryStar, ast.ExceptHandler), _Look._block),
}
_BODIES: dict[type, tuple[str, ...]] = {
    **dict.fromkeys((ast.If, ast.While, ast.For, ast.AsyncFor), ("body", "orelse")),
    **dict.fromkeys((ast.With, ast.AsyncWith, ast.ExceptHandler), ("body",)),
    **dict.fromkeys((ast.Try, ast.TryStar), ("body", "orelse", "handlers", "finalbody")),
}
"""Statements that hold others, and where."""


def said(function: Any, nothing: Set[str]) -> Said | None:
    """Return what a function says of clients; None where it says more than a look can tell.

    Args:
        function: Its syntax tree.
        nothing: Names that lead nowhere in the file, built-in ones included.
    """
    look = _Look()
    if not look.over(function.body):
        return None
    arguments = function.args
    parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    own = {each.arg: True for each in parameters}
    for rest in (arguments.vararg, arguments.kwarg):
        if rest is not None:
            own[rest.arg] = True
    again = not own.keys().isdisjoint([name for name, _, _ in look.variables])
    own.update({name: True for name, _, _ in look.variables})
    names = _Names(nothing, own)
    found = _of(look, names)
    if found.leads_on and (_settle_parameters(arguments, names, own) | _settle_variables(look, names, own)):
        found = _of(look, names)
    if found.leads_on and (again or any(own[name] for name, _, _ in look.variables)):
        return None
    return found


def _of(look: _Look, names: _Names) -> Said:
    given = [
        Given(target, value, kind, names.has(value) or (kind is not None and names.has_type(kind)))
        for target, value, kind in look.attributes
    ]
    return Said(given, [each for each in look.returned if names.has(each)])


def _settle_parameters(arguments: ast.arguments, names: _Names, own: dict[str, bool]) -> bool:
    """Note which parameters can only be what leads nowhere; return whether there are any."""
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults = [*[None] * (len(plain) - len(arguments.defaults)), *arguments.defaults, *arguments.kw_defaults]
    settled = False
    for each, default in zip([*plain, *arguments.kwonlyargs], defaults, strict=True):
        kind = each.annotation
        if kind is not None and not names.has_type(kind) and not names.has(default):
            own[each.arg] = False
            settled = True
    return settled


def _settle_variables(look: _Look, names: _Names, own: dict[str, bool]) -> bool:
    """Note which variables are only given what leads nowhere; return whether there are any."""
    own.update({name: False for name, _, _ in look.variables})
    changed = True
    while changed:
        changed = False
        for name, value, kind in look.variables:
            if not own[name] and (names.has(value) or (kind is not None and names.has_type(kind))):
                own[name] = changed = True
    return not all(own[name] for name, _, _ in look.variables)


def _named(target: ast.AST) -> list[str]:
    """Return the names that a target consists of."""
    if isinstance(target, ast.Name):
        return [target.id]
    elements = target.elts if isinstance(target, ast.Tuple | ast.List) else []
    return [name for each in elements for name in _named(each)]
