"""Which functions of a file call others of it, and the marks in functions that rules go by.

What belongs here are the walks below expressions, which are made for functions with calls of models only.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable, Set
from typing import Any

from tessen.crawl._lines import Lines

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_MARKERS = frozenset(
    [
        "tool_use",
        "tool_calls",
        "tool_result",
        "tool_call",
        "function_call",
        "function_calls",
        "stop_reason",
        "finish_reason",
        "toolUse",
        "functionCall",
        "call_tool",
        "execute_tool",
        "run_tool",
        "sleep",
        "retry",
        "gather",
        "as_completed",
        "TaskGroup",
        "submit",
        "map",
        "run_in_executor",
        "response_format",
        "response_model",
        "response_schema",
        "response_json_schema",
        "text_format",
        "output_format",
        "json_schema",
        "with_structured_output",
        "output_type",
        "bind_tools",
        "append",
    ]
)
_NO_NODES = frozenset(
    """arg asname attr conversion ctx id is_async kind kwd_attrs level module name op ops rest simple tag
    type_comment""".split()  # noqa: SIM905 - a list is read more easily so
)
_WITHOUT_NODES = (ast.Constant, ast.Global, ast.Nonlocal)
_FIELDS = {
    kind: tuple(field for field in kind._fields if field not in _NO_NODES and kind not in _WITHOUT_NODES)
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
}
"""The fields of each kind of node that hold nodes with names in them, or lists of such nodes."""
_WORDS = {ast.Name: "id", ast.Attribute: "attr", ast.keyword: "arg"}
_RETRYING = re.compile(r"attempt|retr(?:y|ies)|tries|backoff", re.IGNORECASE)


def children(node: ast.AST) -> list[ast.AST]:
    """Return a node's children; `ast.iter_child_nodes` takes several times as long."""
    found: list[ast.AST] = []
    for field in _FIELDS[type(node)]:
        value = getattr(node, field, None)
        if type(value) is list:
            found += [each for each in value if each is not None]
        elif value is not None:
            found.append(value)
    return found


def callers(tree: ast.Module, names: Set[str], lines: Lines) -> dict[str, set[str]]:
    """Return, for each name of a function, the functions that call something of that name.

    Args:
        tree: The file.
        names: The functions' names.
        lines: Where these names are called; what stands elsewhere is not walked.
    """
    found: dict[str, set[str]] = {}
    stack: list[tuple[ast.AST, str, str]] = [(tree, "<module>", "")]
    while stack:
        node, where, owner = stack.pop()
        if isinstance(node, ast.Call):
            name: Any = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
            if name in names:
                found.setdefault(name, set()).add(where)
        if isinstance(node, _Definition):
            is_class = isinstance(node, ast.ClassDef)
            inner = f"{owner}.{node.name}" if owner and not is_class else node.name
            stack += [(each, where, owner) for each in _header(node) if _is_at(each, lines)]
            below: Iterable[ast.AST] = node.body
            where, owner = inner, node.name if is_class else ""
        else:
            below = children(node)
        stack += [(each, where, owner) for each in below if _is_at(each, lines)]
    return found


def _header(node: _Definition) -> list[Any]:
    """Return what belongs to the scope around a definition."""
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases]
    return [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]


def _is_at(node: Any, lines: Lines) -> bool:
    first = getattr(node, "lineno", None)
    if first is None:
        return True
    if isinstance(node, _Definition) and node.decorator_list:
        first = node.decorator_list[0].lineno
    return lines.within(first, node.end_lineno)


def markers(function: ast.AST) -> list[str]:
    """Return which of the marks that rules go by occur in a function, in names and short strings."""
    found = set()
    nodes: list[Any] = [function]
    for node in nodes:  # grows meanwhile
        kind = type(node)
        if kind is ast.Constant:
            if node.value in _MARKERS:
                found.add(node.value)
            continue
        word = _WORDS.get(kind)
        if word is not None:
            found.add(_mark(getattr(node, word)))
        if kind is not ast.Name:
            nodes += children(node)
    return sorted(filter(None, found))


@functools.lru_cache(4096)
def _mark(word: str | None) -> str | None:
    if word is None or word in _MARKERS:
        return word
    return "retry" if _RETRYING.search(word) else None
