"""Which functions' insides say nothing of a client, told by a look at their statements alone.

What belongs here is that look. It is for functions in which no method of a client is named: all they can do
is return or keep something, and what it comes from is told by the first name of an expression, mostly.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Set
from typing import Any

from tessen.crawl import _expressions as expressions
from tessen.crawl._pruning import leads_on

BUILT_IN = frozenset(dir(builtins)) - {"getattr", "__import__"}
"""Names that lead nowhere, where a file says nothing else; those left out are looked into."""

_CHAINED = {ast.Attribute: "value", ast.Call: "func", ast.Subscript: "value", ast.Await: "value"}
_SILENT = frozenset({ast.Pass, ast.Raise, ast.AugAssign, ast.Assert, ast.Delete, ast.Break, ast.Continue})
_BLOCKS = frozenset(
    {
        ast.If,
        ast.While,
        ast.For,
        ast.AsyncFor,
        ast.With,
        ast.AsyncWith,
        ast.Try,
        ast.TryStar,
        ast.ExceptHandler,
    }
)


class _Others:
    """All names but some."""

    def __init__(self, names: Set[str]) -> None:
        self._names = names

    def __contains__(self, name: object) -> bool:
        return name not in self._names


def attributes_given(function: Any, nothing: Set[str]) -> list[ast.Attribute] | None:
    """Return the attributes that a function gives values which lead nowhere; None where it says more.

    Args:
        function: Its syntax tree.
        nothing: Names that lead nowhere in the file, built-in ones included.
    """
    arguments = function.args
    parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    for each in (*parameters, arguments.vararg, arguments.kwarg):
        if each is not None and each.arg in nothing:
            return None
    given: list[ast.Attribute] = []
    stack: list[Any] = list(function.body)
    while stack:
        node = stack.pop()
        kind = type(node)
        if kind is ast.Expr or kind is ast.Return:
            value = node.value
            if kind is ast.Expr:
                value = value.value if type(value) is ast.Yield else None
            if _says_something(value, nothing):
                return None
        elif kind is ast.Assign:
            if type(node.value) is ast.Yield or not _only_attributes(node, nothing, given):
                return None
        elif kind in _BLOCKS:
            if _binds(node, nothing):
                return None
            for field in ("body", "orelse", "handlers", "finalbody"):
                stack += getattr(node, field, ())
        elif kind not in _SILENT:
            return None
    return given


def _only_attributes(node: ast.Assign, nothing: Set[str], given: list[ast.Attribute]) -> bool:
    for target in node.targets:
        if type(target) is ast.Attribute:
            if _says_something(node.value, nothing):
                return False
            if type(node.value) in expressions.LOWERED:
                given.append(target)
        elif _takes(target, nothing):
            return False
    return True


def _binds(node: Any, nothing: Set[str]) -> bool:
    """Return whether a block gives a name that leads nowhere another value, or any attribute one."""
    if isinstance(node, ast.For | ast.AsyncFor):
        return _takes(node.target, nothing)
    if isinstance(node, ast.With | ast.AsyncWith):
        return any(each.optional_vars and _takes(each.optional_vars, nothing) for each in node.items)
    return False


def _takes(target: ast.AST, nothing: Set[str]) -> bool:
    if isinstance(target, ast.Name):
        return target.id in nothing
    if isinstance(target, ast.Tuple | ast.List):
        return any(_takes(each, nothing) for each in target.elts)
    return isinstance(target, ast.Attribute | ast.Starred)


def _says_something(node: ast.AST | None, nothing: Set[str]) -> bool:
    if node is None:
        return False
    while (field := _CHAINED.get(type(node))) is not None:
        node = getattr(node, field)
    if type(node) is ast.Name:
        return node.id not in nothing
    if type(node) not in expressions.LOWERED:
        return False
    lowered = expressions.lower(node)
    return leads_on(lowered, _Others(nothing))
