"""What a file binds to what: its scopes, names, attributes, and what its functions hand out.

What belongs here is how one of them is noted; the walk that comes upon them is in `_statements.py`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

from tessen.crawl import _expressions as expressions
from tessen.crawl._pruning import origins
from tessen.crawl._skipping import Function
from tessen.crawl._summary import MODULE, Attribute, Binding, Expr, Scope

Branch = tuple[int, ...]
ANYTHING = ["x"]


class Bindings:
    """What is bound in one file."""

    def __init__(self, tree: ast.Module) -> None:
        self.scopes = [Scope("module", "<module>", MODULE, 1, 0, [])]
        self.nodes: list[Any] = [tree]
        """The syntax tree of each scope."""
        self.bindings: list[Binding] = []
        self.attributes: list[Attribute] = []
        self.returns: list[Binding] = []
        self._globals: dict[int, set[str]] = {}
        self._selves: dict[int, tuple[str, int, bool]] = {}
        """Of each method, what its first parameter is called, its class, and whether that is a class."""
        self._branches = 0

    def bind(self, target: ast.AST, value: Expr, line: int, scope: int, branch: Branch) -> None:
        """Note that a value is given to a target: a name, an attribute of `self`, or several of them."""
        if type(target) is ast.Name:
            if self._globals and target.id in self._globals.get(scope, ()):
                scope = MODULE
            self.bindings.append(Binding(scope, target.id, value, line, branch))
        elif isinstance(target, ast.Attribute):
            owner = self._owner(target.value, scope)
            if owner and value is not None:
                self.attributes.append(Attribute(owner, target.attr, value, scope))
        elif isinstance(target, ast.Tuple | ast.List):
            parts = value[1] if value and value[0] == "l" and len(value[1]) == len(target.elts) else None
            for number, each in enumerate(target.elts):
                part = parts[number] if parts else (["i", value] if value else None)
                self.bind(each, part, line, scope, branch)

    def new_branch(self) -> int:
        """Return a number for a branch that excludes no other."""
        self._branches += 2
        return self._branches

    def _owner(self, node: ast.AST, scope: int) -> int:
        """Return the class of `self` where this is it; 0 otherwise."""
        while scope and isinstance(node, ast.Name):
            name, owner, _ = self._selves.get(scope, ("", 0, False))
            if name == node.id:
                return owner
            scope = self.scopes[scope].parent
        return 0

    def _give(self, node: ast.AST | None, scope: int, line: int, branch: Branch) -> None:
        value = expressions.lower(node)
        if value is not None:
            self.returns.append(Binding(scope, "", value, line, branch))

    def _new_scope(self, node: Any, kind: str, parent: int, bases: list[Expr]) -> int:
        scope = len(self.scopes)
        first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
        self.scopes.append(Scope(kind, node.name, parent, first, node.end_lineno, bases))
        self.nodes.append(node)
        return scope

    def _parameters(self, arguments: ast.arguments, scope: int, node: Function) -> None:
        line = node.lineno
        name, owner, of_class = self._selves.get(scope, ("", 0, False))
        for parameter, default in _with_defaults(arguments):
            value: Expr = ANYTHING
            if parameter.arg == name:
                value = ["d" if of_class else "self", owner]
            elif parameter.annotation is not None or default is not None:
                declared = expressions.annotation(parameter.annotation)
                anything = ANYTHING if _says_nothing(parameter.annotation) else None
                value = expressions.one_of([declared, expressions.lower(default), anything])
                value = around(value, parameter.arg)
            self.bindings.append(Binding(scope, parameter.arg, value, line, ()))
        for rest in (arguments.vararg, arguments.kwarg):
            if rest is not None:
                self.bindings.append(Binding(scope, rest.arg, ANYTHING, line, ()))


def _with_defaults(arguments: ast.arguments) -> Iterable[tuple[ast.arg, ast.expr | None]]:
    parameters = arguments.posonlyargs + arguments.args
    missing = len(parameters) - len(arguments.defaults)
    defaults = [*[None] * missing, *arguments.defaults, *arguments.kw_defaults]
    return zip(parameters + arguments.kwonlyargs, defaults, strict=True)


def _says_nothing(node: ast.AST | None) -> bool:
    return node is None or (isinstance(node, ast.Name) and node.id in {"Any", "object"})


def around(value: Expr, name: str) -> Expr:
    """Return an `Expr` in which a name is not the one that it is given to: `openai: openai.OpenAI`."""
    return ["^", value] if name in origins(value) else value
