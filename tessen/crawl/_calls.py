"""The calls of a file that might be calls of a model, with what surrounds them.

What belongs here is finding them: lines that hold a method's name are found in the bytes, and only the
statements on such lines are looked into. What the calls are made on is worked out in `_resolve.py`.
"""

from __future__ import annotations

import ast
import bisect
import hashlib
import re
from collections.abc import Iterable, Iterator, Set
from typing import Any

from tessen.crawl import _expressions as expressions
from tessen.crawl._pruning import without_what_leads_nowhere
from tessen.crawl._source import Source
from tessen.crawl._statements import Place, Statements
from tessen.crawl._summary import IN_FOR, WITH_SYSTEM, WITH_TOOLS, Call, Scope, Summary
from tessen.crawl._vendors import METHOD_NAMES

_ATTRIBUTE = re.compile(rb"\.\s*([A-Za-z_]\w*)|:=")
_CALLED = re.compile(rb"\b([A-Za-z_]\w*)\s*\(")
_HOT = frozenset(name.encode() for name in METHOD_NAMES) | {b"", b"add_node"}
_TOOLS = frozenset({"tools", "functions", "toolConfig", "tool_config", "mcp_servers"})
_SYSTEM = frozenset({"system", "instructions", "system_instruction", "preamble", "system_prompt"})
_LOOPED = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
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
_RETRYING = re.compile(r"attempt|retr(?:y|ies)|tries|backoff", re.IGNORECASE)
_HANDED_ON = frozenset({"partial", "partialmethod"})
_PARTIAL = (["n", "partial"], ["a", ["n", "functools"], "partial"], ["n", "partialmethod"])
_NAMED = ("a", "m")
_MODEL_KEYWORDS = ("model", "modelId", "model_name", "model_id")


class Reader:
    """Reads one parsed file."""

    def __init__(self, source: Source, tree: ast.Module) -> None:
        self._source = source
        self._statements = Statements(tree)
        self._starts: list[int] = [0]
        self._starts += [match.end() for match in re.finditer(rb"\n", source.data)]
        self._places = sorted(self._statements.places, key=_first)
        self._firsts = [first for first, *_ in self._places]
        self._names: set[str] = set()
        self._found: list[tuple[ast.Call, Call]] = []
        self._graph_nodes: list[str] = []

    def summary(self) -> Summary:
        """Return what is known of the file by itself."""
        statements = self._statements
        self._names = self._other_names()
        lines = self._lines_of(_ATTRIBUTE, _HOT | {name.encode() for name in self._names})
        if self._names:
            lines |= self._lines_of(_CALLED, {name.encode() for name in self._names})
        for place in self._at(lines):
            self._look_into(place)
        text = self._source.lines() if self._found else []
        calls = [call._replace(comments=_comments_above(text, node)) for node, call in self._found]
        scopes = self._describe(text, {call.scope for call in calls})
        calls = [self._in_its_cell(call) for call in calls]
        return without_what_leads_nowhere(
            Summary(
                scopes,
                statements.bindings,
                statements.attributes,
                statements.returns,
                calls,
                statements.stars,
                sorted(set(self._graph_nodes)),
            )
        )

    def _in_its_cell(self, call: Call) -> Call:
        line, cell = self._source.place(call.line)
        return call._replace(line=line, cell=cell, line_in_file=call.line)

    def _other_names(self) -> set[str]:
        """Return names under which a method is called: imported, or given to a variable."""
        names = set()
        given = [(each.name, each.value) for each in self._statements.bindings]
        given += [(each.name, each.value) for each in self._statements.attributes]
        for name, value in given:
            if value is None:
                continue
            partial = value[0] == "c" and value[2] and value[1] in _PARTIAL
            method = value[2][0] if partial else value
            if method is not None and method[0] in _NAMED and method[2] in METHOD_NAMES:
                names.add(name)
        return names

    def _lines_of(self, pattern: re.Pattern[bytes], wanted: Set[bytes]) -> set[int]:
        starts = self._starts
        return {
            bisect.bisect_right(starts, match.start(match.lastindex or 0))
            for match in pattern.finditer(self._source.data)
            if (match[1] or b"") in wanted
        }

    def _at(self, lines: Iterable[int]) -> Iterator[Place]:
        """Return the places that stand on some lines, each once."""
        seen: set[int] = set()
        for line in sorted(lines):
            index = bisect.bisect_right(self._firsts, line) - 1
            while index >= 0 and self._places[index][1] >= line:
                if index not in seen:
                    seen.add(index)
                    yield self._places[index]
                index -= 1

    def _look_into(self, place: Place) -> None:
        first, _, start, scope, around, branch = place
        stack: list[tuple[ast.AST, int]] = [(start, around)]
        while stack:
            node, about = stack.pop()
            if isinstance(node, ast.Call):
                self._consider(node, place, about)
            elif isinstance(node, ast.NamedExpr):
                self._statements.bind(node.target, expressions.lower(node.value), first, scope, branch)
            elif isinstance(node, _LOOPED):
                about |= IN_FOR
                self._bind_comprehension(node, place)
            stack += [(child, about) for child in _children(node)]

    def _bind_comprehension(self, node: Any, place: Place) -> None:
        first, _, _, scope, _, branch = place
        for generator in node.generators:
            elements = expressions.lower(generator.iter)
            inner = (*branch, self._statements.new_branch())
            value = ["i", elements] if elements else None
            self._statements.bind(generator.target, value, first, scope, inner)

    def _consider(self, node: ast.Call, place: Place, about: int) -> None:
        function = node.func
        name = getattr(function, "attr", None) or getattr(function, "id", None)
        if name == "add_node":
            self._graph_nodes += [
                each.id if isinstance(each, ast.Name) else each.attr
                for each in node.args[:2]
                if isinstance(each, ast.Name | ast.Attribute)
            ]
        elif (name in METHOD_NAMES and isinstance(function, ast.Attribute)) or name in self._names:
            self._keep(node, function, place, about)
        elif name not in _HANDED_ON:
            for each in node.args[:3]:
                if isinstance(each, ast.Attribute) and each.attr in METHOD_NAMES:
                    self._keep(node, each, place, about)

    def _keep(self, node: ast.Call, function: ast.expr, place: Place, about: int) -> None:
        target = expressions.lower(function)
        if target is None:
            return
        keywords = {each.arg: each.value for each in node.keywords if each.arg}
        inner = {
            each.arg for value in keywords.values() if isinstance(value, ast.Call) for each in value.keywords
        }
        given = keywords.keys() | inner
        about |= WITH_TOOLS * bool(_TOOLS & given) | WITH_SYSTEM * bool(_SYSTEM & given)
        line, col = node.lineno, node.col_offset
        if isinstance(function, ast.Attribute) and function.end_lineno != line:
            line = function.end_lineno or line  # a traceback names the line of the method, in a chain of many
            col = (function.end_col_offset or 0) - len(function.attr)
        call = Call(
            place[3],
            target,
            line,
            col,
            expressions.dotted(function.value) if isinstance(function, ast.Attribute) else "",
            [each.arg or "**" for each in node.keywords],
            about,
            place[5],
            _constant(keywords.get("stream"), bool),
            next((_constant(keywords[name], str) for name in _MODEL_KEYWORDS if name in keywords), None),
            [],
        )
        self._found.append((node, call))

    def _describe(self, text: list[str], wanted: set[int]) -> list[Scope]:
        """Return the scopes, with what is told of those that hold calls."""
        scopes = list(self._statements.scopes)
        named = {number: scopes[number].name for number in wanted if scopes[number].kind == "function"}
        callers = self._callers(set(named.values())) if named else {}
        for number in named:
            node, scope = self._statements.nodes[number], scopes[number]
            scopes[number] = scope._replace(
                docstring=ast.get_docstring(node),
                body_hash=body_hash(text[scope.line - 1 : scope.last_line]),
                markers=_markers(node),
                callers=sorted(callers.get(scope.name, set()) - {_qualified(scopes, number)}),
            )
        return scopes

    def _callers(self, names: set[str]) -> dict[str, set[str]]:
        """Return, for each name of a function, the functions that call something of that name."""
        found: dict[str, set[str]] = {}
        for place in self._at(self._lines_of(_CALLED, {name.encode() for name in names})):
            for node in _walk(place[2]):
                if isinstance(node, ast.Call):
                    name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
                    if name in names:
                        found.setdefault(name, set()).add(_qualified(self._statements.scopes, place[3]))
        return found


def body_hash(lines: list[str]) -> str:
    """Return the SHA-256 of a function's lines, decorators included.

    Args:
        lines: The lines without their ends; an edit of any of them, white space included, changes the hash.
    """
    return hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()


def _first(place: Place) -> int:
    return place[0]


def _children(node: ast.AST) -> list[ast.AST]:
    """Return a node's children; `ast.iter_child_nodes` takes twice as long."""
    found: list[ast.AST] = []
    for field in node._fields:
        value = getattr(node, field, None)
        if isinstance(value, ast.AST):
            found.append(value)
        elif type(value) is list:
            found += [each for each in value if isinstance(each, ast.AST)]
    return found


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        stack += _children(node)


def _qualified(scopes: list[Scope], number: int) -> str:
    scope = scopes[number]
    owner = scopes[scope.parent]
    return f"{owner.name}.{scope.name}" if owner.kind == "class" else scope.name


def _comments_above(text: list[str], node: ast.Call) -> list[str]:
    comments: list[str] = []
    line = node.lineno - 2
    while line >= 0 and (comment := text[line].strip()).startswith("#"):
        comments.append(comment.lstrip("#").strip())
        line -= 1
    return comments[::-1]


def _constant(node: ast.AST | None, kind: type) -> Any:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, kind) else None


def _markers(function: ast.AST) -> list[str]:
    """Return which of the marks that rules go by occur in a function, in names and short strings."""
    found = set()
    for node in _walk(function):
        kind = type(node)
        if kind is ast.Name:
            word = node.id  # type: ignore[attr-defined]
        elif kind is ast.Attribute:
            word = node.attr  # type: ignore[attr-defined]
        elif kind is ast.keyword:
            word = node.arg  # type: ignore[attr-defined]
        elif kind is ast.Constant:
            word = node.value  # type: ignore[attr-defined]
        else:
            continue
        if isinstance(word, str):
            if word in _MARKERS:
                found.add(word)
            elif kind is not ast.Constant and _RETRYING.search(word):
                found.add("retry")
    return sorted(found)
