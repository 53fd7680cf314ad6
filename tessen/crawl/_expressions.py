"""From an expression of a syntax tree to as much of it as says where a value comes from.

What belongs here is the lowering to the `Expr` that `_summary.py` describes, of values and of annotations.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from tessen.crawl._constructors import BEDROCK_SERVICES, TAKING
from tessen.crawl._names import dotted, last_name
from tessen.crawl._summary import Expr

_DEEP = 40
_LONG = 24
_NESTED = 8
_ANNOTATION = 200
_TYPING = frozenset({"typing", "t"})
_IMPORTERS = frozenset({"import_module", "__import__"})
_ELEMENTS = frozenset({"values", "get", "pop", "__getitem__"})
_HANDED_BACK = frozenset({"enter_context", "enter_async_context", "type"})
_SPECIAL = _IMPORTERS | _ELEMENTS | _HANDED_BACK | {"getattr", "super"}
TRANSPARENT = frozenset(
    {"Annotated", "Optional", "Union", "ClassVar", "Final", "InitVar", "Required", "NotRequired"}
)
"""Forms of types that stand for what they are given."""
QUIET = frozenset(
    """str int float bool bytes bytearray complex object dict list tuple set frozenset Any Literal Dict List
    Tuple Set FrozenSet Sequence MutableSequence Iterable Iterator Collection Mapping MutableMapping Awaitable
    Coroutine Generator AsyncGenerator AsyncIterator AsyncIterable""".split()  # noqa: SIM905 - a list is read more easily so
)
"""Types of Python that are no way to a client, but for what a generic one is of."""


def lower(node: ast.AST | None, depth: int = 0) -> Expr:
    """Return the `Expr` of an expression; None for what is no way to a client."""
    handler = LOWERED.get(type(node))
    return handler(node, depth + 1) if handler is not None and depth <= _DEEP else None


def annotation(node: ast.AST | None) -> Expr:
    """Return the `Expr` of an instance of what an annotation says, or None."""
    if node is None:
        return None
    return one_of([*(["c", each, [], {}] for each in _dependencies(node)), *_declared(node, 0)])


def one_of(alternatives: list[Expr]) -> Expr:
    """Return an `Expr` for one of several; None where none is of interest."""
    known = [each for each in alternatives if each is not None]
    if len(known) < 2:
        return known[0] if known else None
    return ["o", known]


def _name(node: Any, depth: int) -> Expr:
    return ["n", node.id]


def _attribute(node: Any, depth: int) -> Expr:
    base = lower(node.value, depth)
    return None if base is None else ["a", base, node.attr]


def _call(node: Any, depth: int) -> Expr:
    function = node.func
    kind = type(function)
    name = function.attr if kind is ast.Attribute else function.id if kind is ast.Name else None
    return _special_call(node, name, depth) if name in _SPECIAL else _plain_call(node, depth)


def _special_call(node: Any, name: str, depth: int) -> Expr:
    """Return the `Expr` of a call of a function that hands something on, by its name."""
    function, arguments = node.func, node.args
    first = arguments[0] if arguments else None
    if name == "getattr" and len(arguments) > 1 and isinstance(arguments[1], ast.Constant):
        base = lower(first, depth)
        return None if base is None else ["a", base, str(arguments[1].value)]
    if name in _IMPORTERS and isinstance(first, ast.Constant):
        return ["m", str(first.value), "", 0]
    if name == "super" and not arguments:
        return ["n", "self"]
    if name in _HANDED_BACK and len(arguments) == 1:
        return lower(first, depth)
    if (
        name in _ELEMENTS
        and isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Name | ast.Attribute)
    ):
        return one_of([["i", lower(function.value, depth)], _plain_call(node, depth)])
    return _plain_call(node, depth)


def _plain_call(node: Any, depth: int) -> Expr:
    function = node.func
    target = lower(function, depth)
    if target is None:
        return None
    if type(function) is ast.Attribute and function.attr not in TAKING:
        return ["c", target, [], {}]
    positional = [lower(each, depth) for each in node.args[:3]]
    named = {
        each.arg: value
        for each in node.keywords
        if each.arg and (value := lower(each.value, depth)) is not None
    }
    return ["c", target, positional, named]


def _constant(node: Any, depth: int) -> Expr:
    return ["s", node.value] if node.value in BEDROCK_SERVICES else None


def _either(node: Any, depth: int) -> Expr:
    return one_of([lower(node.body, depth), lower(node.orelse, depth)])


def _any_of(node: Any, depth: int) -> Expr:
    return one_of([lower(each, depth) for each in node.values])


def _inner(node: Any, depth: int) -> Expr:
    return lower(node.value, depth)


def _subscript(node: Any, depth: int) -> Expr:
    if last_name(node.value) in TRANSPARENT:
        return _alias(node, depth)
    base = lower(node.value, depth)
    return None if base is None else ["i", base]


def _alias(node: Any, depth: int) -> Expr:
    """Return the `Expr` of a name for a type: the types that it stands for, and what makes one of them."""
    made = [["f", ["c", each, [], {}]] for each in _dependencies(node)]
    return one_of([*made, *(lower(each, depth) for each in _arguments(node))])


def _elements(node: Any, depth: int) -> Expr:
    values = node.values if isinstance(node, ast.Dict) else node.elts
    known = [value for each in values[:_LONG] if (value := lower(each, depth)) is not None]
    return ["l", known] if known else None


def _joined(node: Any, depth: int) -> Expr:
    if not isinstance(node.op, ast.BitOr):
        return None
    known = [each for each in (lower(node.left, depth), lower(node.right, depth)) if each is not None]
    return ["p", known] if known else None


def _comprehension(node: Any, depth: int) -> Expr:
    value = lower(node.value if isinstance(node, ast.DictComp) else node.elt, depth)
    return None if value is None else ["l", [value]]


def _lambda(node: Any, depth: int) -> Expr:
    value = lower(node.body, depth)
    return None if value is None else ["f", value]


LOWERED: dict[type, Callable[[Any, int], Expr]] = {
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Call: _call,
    ast.Constant: _constant,
    ast.IfExp: _either,
    ast.BoolOp: _any_of,
    ast.Await: _inner,
    ast.NamedExpr: _inner,
    ast.Starred: _inner,
    ast.Subscript: _subscript,
    ast.List: _elements,
    ast.Tuple: _elements,
    ast.Set: _elements,
    ast.Dict: _elements,
    ast.BinOp: _joined,
    ast.ListComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _comprehension,
    ast.Lambda: _lambda,
}
"""What kinds of expressions can be a way to a client."""


def _declared(node: Any, depth: int) -> list[Expr]:
    """Return what an annotation says that there is: of a union all, of a generic type also what is in it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        node = _quoted(node.value)
    kind = type(node)
    if kind is ast.Name or kind is ast.Attribute:
        return [] if is_quiet(node) else [["t", lower(node)]]
    if kind is ast.BinOp and depth < _NESTED:
        return _declared(node.left, depth + 1) + _declared(node.right, depth + 1)
    return _generic(node, depth) if kind is ast.Subscript and depth < _NESTED else []


def _generic(node: Any, depth: int) -> list[Expr]:
    name, arguments = last_name(node.value), _arguments(node)
    if name in ("type", "Type"):
        return [lower(each) for each in arguments]
    parts = [found for each in arguments if name != "Literal" for found in _declared(each, depth + 1)]
    if name in TRANSPARENT:
        return parts
    if name == "Callable":
        return [["f", parts[-1]]] if parts else []
    return [*parts, *([["l", parts]] if parts else []), *_declared(node.value, depth + 1)]


def is_quiet(node: ast.expr) -> bool:
    """Return whether a name in an annotation is one of Python's own types."""
    if isinstance(node, ast.Attribute):
        return node.attr in QUIET and isinstance(node.value, ast.Name) and node.value.id in _TYPING
    return isinstance(node, ast.Name) and node.id in QUIET


def _arguments(node: ast.Subscript) -> list[ast.expr]:
    return node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]


def _quoted(text: str) -> ast.expr | None:
    """Return the expression of an annotation that stands in quotes."""
    if text.isidentifier():
        return ast.Name(text)
    try:
        return ast.parse(text.strip(), mode="eval").body if len(text) < _ANNOTATION else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _dependencies(node: ast.AST | None) -> list[Expr]:
    """Return the functions that `Annotated[…, Depends(function)]` names."""
    if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Tuple):
        return []
    calls = [each for each in node.slice.elts if isinstance(each, ast.Call) and each.args]
    return [
        lower(each.args[0])
        for each in calls
        if dotted(each.func).rpartition(".")[2] in {"Depends", "Security"}
    ]
