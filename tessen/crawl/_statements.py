"""One walk over a file's statements: its scopes, what is bound to what, and where its expressions stand.

What belongs here is the walk, which looks into expressions only as far as a value is bound to a name. Most of
a syntax tree lies below expressions, so it costs little beside the parsing. It keeps its own stack: a file of
ten thousand `elif`s is walked like any other.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from tessen.crawl import _expressions as expressions
from tessen.crawl._bindings import ANYTHING, Bindings, Branch, around
from tessen.crawl._lines import Lines
from tessen.crawl._pruning import names_that_lead_on
from tessen.crawl._skipping import Function, Text
from tessen.crawl._summary import (
    IN_ASYNC_WITH,
    IN_FOR,
    IN_TRY,
    IN_WHILE,
    IN_WITH,
    MODULE,
    Attribute,
    Binding,
    Expr,
)

Place = tuple[Any, int, int, Branch]
"""An expression, or a statement without a body, on a line that is worth a look; and what surrounds it: its
scope, `IN_WHILE` and so on, and the branches that lead there."""


class Statements(Bindings):
    """What the walk found."""

    def __init__(self, tree: ast.Module, lines: Lines, data: bytes) -> None:
        self._lines = lines
        self._data = data
        self._worth = lines.numbers
        super().__init__(tree)
        self.stars: list[Expr] = []
        self.places: list[Place] = []
        self._skipped: list[tuple[Function, int]] = []
        self._stack: list[tuple[Iterator[ast.stmt], int, int, Branch]] = []
        self._push(tree.body, MODULE, 0, ())
        self._walk()
        self._return_to_skipped()

    def _walk(self) -> None:
        stack, worth = self._stack, self._worth
        while stack:
            body, scope, about, branch = stack.pop()
            for node in body:
                kind = type(node)
                with_body = _WITH_BODY.get(kind)
                if with_body is not None:
                    stack.append((body, scope, about, branch))  # what comes after it, for later
                    with_body(self, node, scope, about, branch)
                    break
                if worth:
                    self._place(node, scope, about, branch)
                simple = _SIMPLE.get(kind)
                if simple is not None:
                    simple(self, node, scope, branch)

    def _push(self, body: list[ast.stmt], scope: int, about: int, branch: Branch) -> None:
        if body:
            self._stack.append((iter(body), scope, about, branch))

    def _place(self, node: Any, scope: int, about: int, branch: Branch) -> None:
        first, last = node.lineno, node.end_lineno
        if first in self._worth if first == last else self._lines.within(first, last):
            self.places.append((node, scope, about, branch))

    def _assign(self, node: ast.Assign, scope: int, branch: Branch) -> None:
        value = expressions.lower(node.value)
        if type(node.value) is ast.Yield:
            self._give(node.value.value, scope, node.lineno, branch)
        for target in node.targets:
            self.bind(target, value, node.lineno, scope, branch)

    def _annotated(self, node: ast.AnnAssign, scope: int, branch: Branch) -> None:
        declared = expressions.annotation(node.annotation)
        if node.value is None and declared is None:
            return
        value = expressions.one_of([expressions.lower(node.value), declared])
        if self.scopes[scope].kind == "class" and isinstance(node.target, ast.Name):
            value = around(value, node.target.id)
            if value is not None:
                self.attributes.append(Attribute(scope, node.target.id, value, scope))
        self.bind(node.target, value, node.lineno, scope, branch)

    def _return(self, node: ast.Return, scope: int, branch: Branch) -> None:
        self._give(node.value, scope, node.lineno, branch)

    def _expression(self, node: ast.Expr, scope: int, branch: Branch) -> None:
        if type(node.value) is ast.Yield:
            self._give(node.value.value, scope, node.lineno, branch)

    def _import(self, node: ast.Import, scope: int, branch: Branch) -> None:
        for alias in node.names:
            module = alias.name if alias.asname else alias.name.partition(".")[0]
            value = ["m", module, "", 0]
            self.bindings.append(Binding(scope, alias.asname or module, value, node.lineno, branch))

    def _import_from(self, node: ast.ImportFrom, scope: int, branch: Branch) -> None:
        for alias in node.names:
            value = ["m", node.module or "", alias.name, node.level]
            if alias.name == "*":
                self.stars.append(["m", node.module or "", "", node.level])
            else:
                self.bindings.append(Binding(scope, alias.asname or alias.name, value, node.lineno, branch))

    def _global(self, node: ast.Global, scope: int, branch: Branch) -> None:
        self._globals.setdefault(scope, set()).update(node.names)

    def _class(self, node: ast.ClassDef, scope: int, about: int, branch: Branch) -> None:
        for each in (*node.decorator_list, *node.bases):
            self._place(each, scope, about, branch)
        bases = [value for each in node.bases if (value := expressions.lower(each)) is not None]
        inner = self._new_scope(node, "class", scope, bases)
        self.bindings.append(Binding(scope, node.name, ["d", inner], node.lineno, branch))
        self._push(node.body, inner, 0, ())

    def _function(self, node: Function, scope: int, about: int, branch: Branch) -> None:
        arguments = node.args
        if self._worth:
            for header in (*node.decorator_list, *arguments.defaults, *arguments.kw_defaults):
                if header is not None:
                    self._place(header, scope, about, branch)
        decorators = [value for each in node.decorator_list if (value := expressions.lower(each)) is not None]
        inner = self._new_scope(node, "function", scope, decorators)
        self.bindings.append(Binding(scope, node.name, ["d", inner], node.lineno, branch))
        if node.returns is not None:
            declared = expressions.annotation(node.returns)
            if declared is not None:
                self.returns.append(Binding(inner, "", declared, node.lineno, ()))
        if self.scopes[scope].kind == "class" and ["n", "staticmethod"] not in decorators:
            first = next(iter(arguments.posonlyargs or arguments.args), None)
            if first is not None:
                self._selves[inner] = (first.arg, scope, ["n", "classmethod"] in decorators)
        if self._lines.within(node.lineno, node.end_lineno or 0):
            self._enter(node, inner)
        else:
            self._skipped.append((node, inner))

    def _enter(self, node: Function, scope: int) -> None:
        self._parameters(node.args, scope, node)
        self._push(node.body, scope, 0, ())

    def _return_to_skipped(self) -> None:
        """Walk those skipped functions after all that name something of interest."""
        self._lines, self._worth = Lines(()), frozenset()  # they have no line that is worth a look
        text = Text(self._data, names_that_lead_on(each for each in self.bindings if each.scope == MODULE))
        while self._skipped:
            node, scope = self._skipped.pop()
            if self.stars or self.scopes[scope].parent != MODULE or text.names_any(node):
                self._enter(node, scope)
                self._walk()
            elif node.args.args:  # it may hand out what it is given, and no more
                self.returns.append(Binding(scope, "", ANYTHING, node.lineno, ()))

    def _if(self, node: ast.If, scope: int, about: int, branch: Branch) -> None:
        self._place(node.test, scope, about, branch)
        arm = self.new_branch()
        self._push(node.orelse, scope, about, (*branch, arm + 1))
        self._push(node.body, scope, about, (*branch, arm))

    def _while(self, node: ast.While, scope: int, about: int, branch: Branch) -> None:
        self._place(node.test, scope, about | IN_WHILE, branch)
        self._push(node.orelse, scope, about, branch)
        self._push(node.body, scope, about | IN_WHILE, (*branch, self.new_branch()))

    def _for(self, node: ast.For | ast.AsyncFor, scope: int, about: int, branch: Branch) -> None:
        self._place(node.iter, scope, about, branch)
        inner = (*branch, self.new_branch())
        elements = expressions.lower(node.iter)
        self.bind(node.target, ["i", elements] if elements else None, node.lineno, scope, inner)
        self._push(node.orelse, scope, about, branch)
        self._push(node.body, scope, about | IN_FOR, inner)

    def _with(self, node: ast.With | ast.AsyncWith, scope: int, about: int, branch: Branch) -> None:
        inside = about | (IN_ASYNC_WITH if isinstance(node, ast.AsyncWith) else IN_WITH)
        for item in node.items:
            self._place(item.context_expr, scope, inside, branch)
            if item.optional_vars is not None:
                value = expressions.lower(item.context_expr)
                self.bind(item.optional_vars, value, item.context_expr.lineno, scope, branch)
        self._push(node.body, scope, inside, branch)

    def _try(self, node: ast.Try | ast.TryStar, scope: int, about: int, branch: Branch) -> None:
        inside = about | IN_TRY if about & (IN_FOR | IN_WHILE) and node.handlers else about
        self._push(node.finalbody, scope, about, branch)
        self._push(node.orelse, scope, inside, branch)
        for handler in reversed(node.handlers):
            self._push(handler.body, scope, about, (*branch, self.new_branch()))
        self._push(node.body, scope, inside, (*branch, self.new_branch()))

    def _match(self, node: ast.Match, scope: int, about: int, branch: Branch) -> None:
        self._place(node.subject, scope, about, branch)
        for case in reversed(node.cases):
            if case.guard is not None:
                self._place(case.guard, scope, about, branch)
            self._push(case.body, scope, about, (*branch, self.new_branch()))


_SIMPLE: dict[type, Callable[[Statements, Any, int, Branch], None]] = {
    ast.Assign: Statements._assign,
    ast.AnnAssign: Statements._annotated,
    ast.Return: Statements._return,
    ast.Expr: Statements._expression,
    ast.Import: Statements._import,
    ast.ImportFrom: Statements._import_from,
    ast.Global: Statements._global,
}
_WITH_BODY: dict[type, Callable[[Statements, Any, int, int, Branch], None]] = {
    ast.FunctionDef: Statements._function,
    ast.AsyncFunctionDef: Statements._function,
    ast.ClassDef: Statements._class,
    ast.If: Statements._if,
    ast.While: Statements._while,
    ast.For: Statements._for,
    ast.AsyncFor: Statements._for,
    ast.With: Statements._with,
    ast.AsyncWith: Statements._with,
    ast.Try: Statements._try,
    ast.TryStar: Statements._try,
    ast.Match: Statements._match,
}
